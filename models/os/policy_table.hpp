#pragma once

// The scheduling policies a scenario can name, in sight.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/os/settings.hpp"
#include "models/workload/scheduling.hpp"

namespace interlock::os {

struct PolicyEntry {
    std::string_view name;
    std::string_view sentence;
    std::vector<std::string_view> parameters{};  ///< `{round_robin: {quantum: 1ms}}`
    std::uint32_t hz = 0;         ///< ticks on which decisions fall, a second; 0: they fall exactly
    bool preempts = false;        ///< a thread that never blocks does not keep its CPU for ever
    bool draws = false;           ///< lots
    bool fluid = false;           ///< all run at once: hardware/fluid.hpp
    std::int32_t priorities = 0;  ///< from 1 to this; 0: any number is one
    std::optional<workload::SchedulingClass> otherwise{};  ///< Linux: of threads that say none
};

const std::vector<PolicyEntry>& policies();

/// Whether it has the scheduling classes of Linux.
bool of_linux(std::string_view policy);

/// Whether all CPUs serve one queue.
bool global_queue(const Settings& settings);

/// That of the name, which is one of the table.
const PolicyEntry& policy_named(std::string_view name);

}  // namespace interlock::os
