#include "models/os/cfs.hpp"
#include "models/os/eevdf.hpp"
#include "models/os/fifo.hpp"
#include "models/os/linux_classes.hpp"
#include "models/os/lottery.hpp"
#include "models/os/mlfq.hpp"
#include "models/os/o1.hpp"
#include "models/os/policy.hpp"
#include "models/os/priority.hpp"
#include "models/os/real_time.hpp"
#include "models/os/round_robin.hpp"
#include "models/os/sjf.hpp"
#include "models/os/srtf.hpp"
#include "models/os/stride.hpp"
#include "models/os/windows.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

const std::vector<PolicyEntry>& policies() {
    static const std::vector<PolicyEntry> entries{
        {.name = "eevdf",
         .sentence =
             "earliest eligible virtual deadline first, as Linux from 6.6 on (kernel/sched/fair.c)",
         .parameters = {"linux", "slice", "preempt"},
         .hz = 250,
         .preempts = true,
         .otherwise = SchedulingClass::normal},
        {.name = "cfs",
         .sentence = "the least virtual run time first, as Linux 2.6.23 to 6.5 "
                     "(kernel/sched/fair.c)",
         .hz = 250,
         .preempts = true,
         .otherwise = SchedulingClass::normal},
        {.name = "sched_fifo",
         .sentence = "Linux's SCHED_FIFO: the greatest priority, until it blocks "
                     "(kernel/sched/rt.c)",
         .hz = 250,
         .priorities = 99,
         .otherwise = SchedulingClass::fifo},
        {.name = "sched_rr",
         .sentence = "Linux's SCHED_RR: the greatest priority, equal ones in turn for 100 ms "
                     "(kernel/sched/rt.c)",
         .hz = 250,
         .preempts = true,
         .priorities = 99,
         .otherwise = SchedulingClass::rr},
        {.name = "sched_batch",
         .sentence = "Linux's SCHED_BATCH: eevdf, without preemption at wake-ups "
                     "(kernel/sched/fair.c)",
         .hz = 250,
         .preempts = true,
         .otherwise = SchedulingClass::batch},
        {.name = "sched_idle",
         .sentence = "Linux's SCHED_IDLE: eevdf with the least weight (kernel/sched/fair.c)",
         .hz = 250,
         .preempts = true,
         .otherwise = SchedulingClass::idle},
        {.name = "sched_deadline",
         .sentence = "Linux's SCHED_DEADLINE of tasks with a runtime: constant bandwidth servers, "
                     "the earliest deadline first (kernel/sched/deadline.c); others as eevdf",
         .hz = 250,
         .preempts = true,
         .otherwise = SchedulingClass::deadline},
        {.name = "o1",
         .sentence = "the O(1) scheduler of Linux 2.6.0 to 2.6.22 (kernel/sched.c)",
         .hz = 250,
         .preempts = true},
        {.name = "windows",
         .sentence = "Windows: 32 priorities, with boosts (Windows Internals; quantum 31.25 ms)",
         .parameters = {"quantum"},
         .hz = 64,
         .preempts = true,
         .priorities = 31},
        {.name = "fifo",
         .sentence = "first come, first served, without preemption (Silberschatz, Galvin, Gagne)"},
        {.name = "round_robin",
         .sentence = "a fixed quantum each, in turn (Silberschatz, Galvin, Gagne; quantum 10 ms)",
         .parameters = {"quantum"},
         .preempts = true},
        {.name = "processor_sharing",
         .sentence = "all at once, each as fast as an even share of the machine: the fluid ideal "
                     "(Kleinrock 1976)",
         .preempts = true,
         .fluid = true},
        {.name = "sjf",
         .sentence =
             "the shortest next CPU burst first, without preemption (Silberschatz, Galvin, Gagne)"},
        {.name = "srtf",
         .sentence = "the shortest remaining CPU burst first (Silberschatz, Galvin, Gagne)"},
        {.name = "priority",
         .sentence = "the greatest priority first, preemptive; aging (Silberschatz, Galvin, Gagne)",
         .parameters = {"quantum", "aging"}},
        {.name = "mlfq",
         .sentence = "multi-level feedback queue (Arpaci-Dusseau; 3 levels, quantum 10 ms)",
         .parameters = {"quantum", "levels", "quanta", "allotment", "boost", "stay", "front"},
         .preempts = true},
        {.name = "lottery",
         .sentence = "each quantum to a ticket that is drawn (Waldspurger and Weihl 1994)",
         .parameters = {"quantum"},
         .preempts = true,
         .draws = true},
        {.name = "stride",
         .sentence = "each quantum to the least pass, by tickets (Waldspurger and Weihl 1995)",
         .parameters = {"quantum"},
         .preempts = true},
        {.name = "edf", .sentence = "the earliest deadline first (Liu and Layland 1973)"},
        {.name = "rate_monotonic", .sentence = "the shortest period first (Liu and Layland 1973)"},
        {.name = "deadline_monotonic",
         .sentence = "the shortest deadline after release first (Leung and Whitehead 1982)"},
    };
    return entries;
}

bool of_linux(std::string_view policy) { return policy_named(policy).otherwise.has_value(); }

bool global_queue(const Settings& settings) {
    if (policy_named(settings.policy).fluid) return true;
    if (settings.queues) return *settings.queues == Queues::global;
    return policy_named(settings.policy).hz == 0;
}

const PolicyEntry& policy_named(std::string_view name) {
    for (const auto& entry : policies())
        if (entry.name == name) return entry;
    kernel::broken("a policy is one of the table");
}

namespace {

/// Threads of the fair classes need no others beside them.
std::unique_ptr<Policy> make_linux(std::string_view name, const PolicySetting& setting) {
    std::unique_ptr<Policy> fair;
    if (name == "cfs")
        fair = std::make_unique<Cfs>(setting);
    else
        fair = std::make_unique<Eevdf>(setting);
    const auto otherwise = *policy_named(name).otherwise;
    if (otherwise == SchedulingClass::normal && !setting.classes) return fair;
    return std::make_unique<LinuxClasses>(std::move(fair), otherwise, setting);
}

}  // namespace

std::unique_ptr<Policy> make_policy(const std::string& name, const PolicySetting& setting) {
    const auto quantum = setting.parameters.quantum.value_or(default_quantum);
    const auto queues = setting.runqueues;
    if (of_linux(name)) return make_linux(name, setting);
    if (name == "o1") return std::make_unique<LinuxO1>(setting);
    if (name == "windows") return std::make_unique<Windows>(setting);
    if (policy_named(name).fluid) return std::make_unique<Fifo>(queues);  // nobody waits
    if (name == "fifo") return std::make_unique<Fifo>(queues);
    if (name == "round_robin") return std::make_unique<RoundRobin>(quantum, queues);
    if (name == "sjf") return std::make_unique<ShortestJobFirst>(queues);
    if (name == "srtf") return std::make_unique<ShortestRemainingTimeFirst>(queues);
    if (name == "priority")
        return std::make_unique<StaticPriority>(setting.parameters.quantum,
                                                setting.parameters.aging, setting.now, queues);
    if (name == "mlfq") return std::make_unique<Mlfq>(setting);
    if (name == "lottery") return std::make_unique<Lottery>(quantum, setting.draw, queues);
    if (name == "stride") return std::make_unique<Stride>(quantum, queues);
    if (name == "edf") return std::make_unique<RealTime>(Urgency::deadline, queues);
    if (name == "rate_monotonic") return std::make_unique<RealTime>(Urgency::period, queues);
    if (name == "deadline_monotonic")
        return std::make_unique<RealTime>(Urgency::relative_deadline, queues);
    kernel::broken("a policy is one of the table");
}

}  // namespace interlock::os
