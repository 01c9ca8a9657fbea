#include "models/os/eevdf.hpp"
#include "models/os/fifo.hpp"
#include "models/os/policy.hpp"
#include "models/os/round_robin.hpp"
#include "models/os/sjf.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

namespace {

/// Of the textbooks' usual range, 10 to 100 ms.
constexpr kernel::Duration default_quantum{10'000'000};

}  // namespace

const std::vector<PolicyEntry>& policies() {
    static const std::vector<PolicyEntry> entries{
        {"eevdf", "earliest eligible virtual deadline first, as Linux 6.17 (kernel/sched/fair.c)",
         false, true, true},
        {"fifo", "first come, first served, without preemption (textbook)", false, false, false},
        {"round_robin", "a fixed quantum each, in turn (textbook; quantum 10 ms)", true, false,
         true},
        {"sjf", "the shortest next CPU burst first, without preemption (textbook)", false, false,
         false},
    };
    return entries;
}

const PolicyEntry& policy_named(std::string_view name) {
    for (const auto& entry : policies())
        if (entry.name == name) return entry;
    kernel::broken("a policy is one of the table");
}

std::unique_ptr<Policy> make_policy(const std::string& name, const PolicySetting& setting) {
    if (name == "eevdf") return std::make_unique<Eevdf>(setting);
    if (name == "fifo") return std::make_unique<Fifo>(setting.runqueues);
    if (name == "round_robin")
        return std::make_unique<RoundRobin>(setting.quantum.value_or(default_quantum),
                                            setting.runqueues);
    if (name == "sjf") return std::make_unique<ShortestJobFirst>(setting.runqueues);
    kernel::broken("a policy is one of the table");
}

}  // namespace interlock::os
