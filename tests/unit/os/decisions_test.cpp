// When decisions of policies fall that meet other events.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Time;
using support::run;

TEST_CASE("decision: one that meets an arrival is not put off", "[os]") {
    // c arrives as a's quantum of 10 ms ends: b's begins then.
    for (const std::string policy :
         {"{round_robin: {quantum: 10ms}}", "{stride: {quantum: 10ms}}",
          "{priority: {quantum: 10ms}}", "{mlfq: {levels: 2, quantum: 10ms}}"}) {
        const auto result = run("os: {policy: " + policy + R"(}
machine: {cores: 1, costs: none}
interpreter: none
programs: {p: [{compute: 15ms}]}
tasks: [{name: a, program: p}, {name: b, program: p}, {name: c, program: p, arrive: 10ms}]
strategies: [{direct: {}}]
)")
                                .front();
        CAPTURE(policy);
        CHECK(result.instances[0].first_run == Time{0ms});
        CHECK(result.instances[1].first_run == Time{10ms});
    }
}

TEST_CASE("decision: a timer that ends at a tick does not put off the end of a slice", "[os]") {
    // Two hogs of which each has slices of 3 ms, so 4 ms at 250 ticks/s; a thread of SCHED_IDLE
    // whose timers end at ticks, and which never has its turn, must not stretch them to 8.
    const auto switches = [](const std::string& slack) {
        return run(R"(
machine: {cores: 1, costs: {timer_slack: )" +
                   slack + R"(, context_switch: 0us, syscall: 0us}}
interpreter: none
os: {policy: cfs, hz: 250}
programs: {hog: [{compute: 1s}], s: [{repeat: 1000000, steps: [{sleep: 1ms}, {compute: 1us}]}]}
tasks:
  - {program: hog, count: 2}
  - {program: s, background: true, sched: {policy: sched_idle}}
strategies: [{direct: {}}]
)")
            .front()
            .cpu.context_switches;
    };
    const auto apart = switches("0us");
    const auto together = switches("4ms");
    CHECK(apart > 450);  // 2 s / 4 ms, but for the sleeper's
    CHECK(together > 450);
}

TEST_CASE("placement: a thread alone on a slow core moves to the idle fast one", "[os]") {
    // The short one has the fast core for 50 ms; the long one has done 25 of 1000 ms by then, and
    // goes on there soon after.
    const auto result = run(R"(
machine: {cores: 2, speed: [1, 0.5], costs: none}
interpreter: none
os: {policy: eevdf}
programs: {short: [{compute: 50ms}], long: [{compute: 1s}]}
tasks: [{program: short}, {program: long}]
strategies: [{direct: {}}]
)")
                            .front();
    CHECK(*result.makespan >= 1025ms);
    CHECK(*result.makespan < 1050ms);
    CHECK(result.cpu.migrations == 1);
}

TEST_CASE("placement: a CPU with threads of SCHED_IDLE only counts as idle for others", "[os]") {
    // hog has CPU 0. The sleeper starts on CPU 1, takes it from the idle class at once, and comes
    // back there. It is no CPU to be searched for: both are in use all the time.
    const auto result = run(R"(
machine: {cores: 2, costs: none}
interpreter: none
os: {policy: eevdf}
programs: {hog: [{compute: 5s}], s: [{repeat: 100, steps: [{compute: 1ms}, {io: 9ms}]}]}
tasks:
  - {name: hog, program: hog, affinity: [0], background: true}
  - {name: idle, program: hog, affinity: [1], background: true, sched: {policy: sched_idle}}
  - {program: s, affinity: [0, 1]}
strategies: [{direct: {}}]
)")
                            .front();
    CHECK(*result.makespan < 1005ms);
}

TEST_CASE("quota: without ticks no CPU is starved by who draws first", "[os]") {
    // 5 ms in 5 ms for two CPUs that want 5 each: they draw it in turn, so both have done half of
    // their 100 ms when 100 ms are over.
    const auto result = run(R"(
machine: {cores: 2, costs: none}
interpreter: none
os: {policy: eevdf, hz: 0, quota: {cpus: 1, period: 5ms}}
programs: {w: [{compute: 100ms}]}
tasks: [{name: a, program: w, affinity: [0]}, {name: b, program: w, affinity: [1]}]
strategies: [{direct: {}}]
)")
                            .front();
    for (const auto& one : result.instances) {
        CHECK(*one.finish >= Time{190ms});
        CHECK(*one.finish <= Time{205ms});
    }
}

}  // namespace
}  // namespace interlock::os
