#pragma once

// Names become indices: a lock, a queue, an object exists by being named.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/config/node.hpp"
#include "sim/config/values.hpp"

namespace interlock::config {

/// Names in the order of their first use, each with the place of that.
class Names {
public:
    std::uint32_t id(const Node& node) {
        auto name = read_name(node);
        const auto next = static_cast<std::uint32_t>(list_.size());
        const auto [entry, is_new] = ids_.try_emplace(name, next);
        if (is_new) {
            list_.push_back(std::move(name));
            places_.push_back(node.place);
        }
        return entry->second;
    }
    std::optional<std::uint32_t> known(const std::string& name) const {
        const auto entry = ids_.find(name);
        if (entry == ids_.end()) return std::nullopt;
        return entry->second;
    }
    const std::vector<std::string>& list() const { return list_; }
    const Place& first_use(std::uint32_t id) const { return places_[id]; }

private:
    std::map<std::string, std::uint32_t> ids_;
    std::vector<std::string> list_;
    std::vector<Place> places_;
};

/// Every kind of name a workload has.
struct WorkloadNames {
    std::map<std::string, std::uint32_t> programs;  ///< all of them, known beforehand
    Names locks;
    Names queues;
    Names objects;
    Names barriers;
    Names conditions;
    Names blocks;
    Names marks;
    Names devices;
};

}  // namespace interlock::config
