#pragma once

// What a task says of how its threads are to be scheduled, as plain data.

#include <cstdint>
#include <optional>

#include "sim/kernel/time.hpp"

namespace interlock::workload {

/// Of Linux: sched(7). `normal` is SCHED_OTHER.
enum class SchedulingClass : std::uint8_t { normal, batch, idle, fifo, rr, deadline };

struct Scheduling {
    std::optional<SchedulingClass> kind{};  ///< none: the operating system's
    std::int32_t priority = 0;              ///< greater is more urgent
    std::uint32_t tickets = 100;  ///< of lottery and stride scheduling, by which CPU time is shared
    std::optional<kernel::Duration> runtime{};   ///< of SCHED_DEADLINE, in each period; of
                                                 ///< eevdf: its slice; none: the base slice
    std::optional<kernel::Duration> period{};    ///< of its jobs; none: it has no jobs
    std::optional<kernel::Duration> deadline{};  ///< of a job, after its release; none: the period

    friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

}  // namespace interlock::workload
