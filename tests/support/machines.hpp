#pragma once

// Beginnings of scenarios: machines of which only what is named costs anything.

#include <string>

namespace interlock::support {

/// Without costs nothing but the work takes time.
inline const std::string one_cpu = "machine: {cores: 1, costs: none}\ninterpreter: none\n";
inline const std::string two_cpus = "machine: {cores: 2, costs: none}\ninterpreter: none\n";

/// A machine of two CPUs on which only these things cost anything.
inline std::string two_cpus_with(const std::string& costs) {
    std::string all;
    for (const auto* const field :
         {"user_operation", "line_transfer", "syscall", "timed_wait", "futex_wait", "futex_wake",
          "wake_interrupt", "cold_timed_wait", "cold_wait", "cold_wake", "cold_send",
          "cold_receive", "context_switch", "migration", "wake_idle_brief", "wake_idle_short",
          "wake_idle_long", "timer_slack", "thread_exit"})
        if (costs.find(field) == std::string::npos) all += std::string(field) + ": 0ns, ";
    return "machine: {cores: 2, costs: {" + all + "wake_spread: 0%, " + costs +
           "}}\ninterpreter: none\n";
}

inline std::string one_cpu_with(const std::string& costs) {
    auto machine = two_cpus_with(costs);
    return machine.replace(machine.find("cores: 2"), 8, "cores: 1");
}

}  // namespace interlock::support
