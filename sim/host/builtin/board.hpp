#pragma once

// Which tasks are ready: they have arrived, and those that they come after
// have ended.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "sim/host/builtin/program.hpp"

namespace interlock::host::builtin {

class Board {
public:
    /// `now`: seconds since the start.
    Board(const Plan& plan, std::vector<std::uint32_t> instances, std::function<double()> now);

    /// The next in file order, waiting for it; none if none will come.
    std::optional<std::uint32_t> take();
    /// The same if one is ready now.
    std::optional<std::uint32_t> take_ready();
    void end(std::uint32_t instance);
    std::size_t left() const;
    /// Whether the next in file order is of this task.
    bool next_is_of(std::uint32_t task) const;

private:
    bool ready(std::uint32_t instance) const;
    /// One that is ready, or when the next of those arrives that wait for nothing else.
    std::optional<std::uint32_t> find(std::optional<double>& soonest) const;
    void remove(std::uint32_t instance);

    const Plan& plan_;
    std::function<double()> now_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::uint32_t> left_;
    std::set<std::uint32_t> ended_;
};

}  // namespace interlock::host::builtin
