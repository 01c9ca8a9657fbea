#pragma once

// How a thread of rt-app is scheduled: what a thread or phase object says of
// policy, priority, deadlines and CPUs, and how a task of a scenario says it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/workload/scheduling.hpp"
#include "sim/config/node.hpp"

namespace interlock::exchange {

struct Scheduling {
    std::string policy = "SCHED_OTHER";
    std::optional<std::int64_t> priority;  ///< nice, or of the real-time policies their own
    std::optional<std::int64_t> runtime;   ///< µs, as the following
    std::optional<std::int64_t> period;
    std::optional<std::int64_t> deadline;
    std::vector<std::uint32_t> cpus;  ///< none: all

    /// Takes over what a thread or phase object says, and refuses what a scenario cannot say.
    /// Without a prefix, `runtime` is of the deadline only where it is no event.
    void read(const config::Node& object, bool has_no_events);

    /// ", nice: -5, affinity: [0]": fields of a task.
    std::string fields() const;
    /// The same without the CPUs.
    std::string rules() const;

    /// Whether an object says anything of it but the CPUs.
    static bool says(const config::Node& object);
    static bool known(const std::string& key);
    /// Of everything that may stand in a thread or phase object and is no event.
    static std::vector<std::string> names();
};

/// "SCHED_FIFO".
std::string_view policy_name(workload::SchedulingClass kind);
/// As a scenario calls it: "sched_fifo"; none: it is no class of Linux that must be said.
std::optional<workload::SchedulingClass> class_named(std::string_view name);
/// Likewise; refuses others.
std::string read_policy(const config::Node& node);

}  // namespace interlock::exchange
