#pragma once

// What a task says of how its threads are to be scheduled, as plain data.

#include <cstdint>
#include <optional>

#include "sim/kernel/time.hpp"

namespace interlock::os {

struct Scheduling {
    std::int32_t priority = 0;    ///< greater is more urgent
    std::uint32_t tickets = 100;  ///< of lottery and stride scheduling, by which CPU time is shared
    std::optional<kernel::Duration> period{};    ///< of its jobs; none: it has no jobs
    std::optional<kernel::Duration> deadline{};  ///< of a job, after its release; none: the period

    friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

}  // namespace interlock::os
