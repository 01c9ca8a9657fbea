#pragma once

// How often a thread may reach each step that is drawn, at most: so many draws
// a plan must bring. A consumer of a queue may get all that is ever put into it.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "models/workload/program.hpp"

namespace interlock::host {

class Visits {
public:
    Visits(const workload::Workload& work, const std::vector<workload::Instance>& instances);

    struct Of {
        std::map<std::uint32_t, std::uint64_t> places;  ///< of steps that are drawn
        std::vector<std::uint32_t> spawned;             ///< programs, in order
        std::map<std::uint32_t, std::uint64_t> puts;    ///< by queue, those it spawns included
    };

    /// Of one thread that runs the program. Throws Unplannable for more than a
    /// million in all, or for programs and queues that feed each other.
    const Of& of(std::uint32_t program);

private:
    std::uint64_t puts(std::uint32_t queue);
    void add(std::uint64_t& to, std::uint64_t count);
    void walk(const std::vector<workload::Step>& steps, std::uint64_t times, Of& found);
    void spawn(const workload::Spawn& it, std::uint64_t times, Of& found);

    const workload::Workload& work_;
    const std::vector<workload::Instance>& instances_;
    std::vector<std::vector<bool>> putting_;          // by program and queue
    std::vector<std::optional<std::uint64_t>> puts_;  // by queue
    std::map<std::uint32_t, Of> known_;
    std::set<std::uint32_t> open_;  // being walked, or known
    std::uint64_t all_ = 0;
};

}  // namespace interlock::host
