// Who runs under a quota of CPU time, and who is stopped.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "tests/support/catch.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::one_cpu;
using support::run;
using support::two_cpus;

TEST_CASE("predict: run time that a CPU does not need goes to another", "[models]") {
    // 10 ms a period. The first draws 5 ms and so does the second, which ends after 1 ms, keeps
    // 1 ms and returns 3, of which the first needs 2.
    const auto results = run(two_cpus + R"(
os: {policy: round_robin, queues: per_cpu, quota: {cpus: 0.1}}
programs: {a: [{compute: 7ms}], b: [{compute: 1ms}]}
tasks: [{program: a, affinity: [0]}, {program: b, affinity: [1]}]
strategies:
  - {direct: {}}
  - {direct: {}, os: {policy: fifo, queues: global, quota: none}, set: {tasks.a.affinity: [0, 1], tasks.b.affinity: [0, 1]}}
)");
    CHECK(results[0].makespan == 7ms);
}

TEST_CASE("predict: who waits in a queue for all runs where there is run time", "[models]") {
    // Of 10 ms the first CPU uses 5 and is throttled; the second, which draws 5, is through with
    // its own after 1. It goes on with the first's, and has enough for what comes later.
    const auto row = run(two_cpus + R"(
os: {policy: fifo, quota: {cpus: 0.1}}
programs: {a: [{compute: 6ms}], b: [{compute: 1ms}], c: [{compute: 500us}]}
tasks: [{program: a}, {program: b}, {program: c, arrive: 20ms}]
strategies: [{direct: {}}]
)")
                         .at(0);
    CHECK(row.instances[0].finish == kernel::Time{6ms});
    CHECK(row.instances[2].finish == kernel::Time{20ms + 500us});
}

TEST_CASE("predict: throttled CPUs are paid in the order in which they were", "[models]") {
    // A tick is as long as a period: each CPU overdraws by more than the quota and waits for
    // many periods, in turn.
    const auto row = run(two_cpus + R"(
os: {policy: eevdf, hz: 100, quota: {cpus: 0.1, period: 10ms}}
programs: {p: [{compute: 100s}]}
tasks: [{program: p, name: a, affinity: [0]}, {program: p, name: b, affinity: [1]}]
strategies: [{direct: {}}]
until: 20s
)")
                         .at(0);
    const auto first = row.threads[0].spent.running;
    const auto second = row.threads[1].spent.running;
    CHECK(first + second >= 2s - 20ms);  // a tenth of 20 s
    CHECK(first + second <= 2s + 20ms);  // and a tick of each
    CHECK(std::max(first, second) - std::min(first, second) <= 20ms);
}

TEST_CASE("predict: a CPU without run time is given no thread", "[models]") {
    // With siblings a running thread is moved to an idle core; one that is throttled is none.
    const auto scenario = support::scenario(R"(
machine: {cores: 2, threads_per_core: 2, costs: none}
interpreter: none
os: {policy: round_robin, queues: per_cpu, hz: 1000, quota: {cpus: 1.3}}
programs: {p: [{compute: 500ms}]}
tasks: [{program: p, count: 6}]
strategies: [{direct: {}}]
)");
    for (std::uint32_t replication = 0; replication < 8; ++replication)
        CHECK(run(scenario, replication).at(0).ended == Ended::done);
}

TEST_CASE("predict: a quota stops the holder of a lock, and all who wait for it", "[models]") {
    const auto row = run(R"(
machine: {cores: 2, costs: none}
interpreter: {preset: cpython-3.11, thread_start: 0s, thread_join: 0s, speed: 1}
os: {hz: 0, quota: {cpus: 0.5, period: 100ms}}
programs: {work: [{compute: 60ms}]}
tasks: [{program: work, count: 2}]
strategies: [{threads: 2}]
)")
                         .at(0);
    // One at a time: 50 ms of each period; the lock's holder stands still for the other 50.
    REQUIRE(row.quota);
    CHECK(*row.makespan >= 220ms);  // 120 ms of work, and what handing over takes
    CHECK(*row.makespan < 221ms);
    CHECK(row.quota->periods == 2);
    CHECK(row.quota->throttled_periods == 2);
    CHECK(row.quota->holder_throttled == 100ms);
}

TEST_CASE("predict: the first slice after an idle time is of the period it falls into",
          "[models]") {
    // 5 ms in 100: each job of 10 ms runs for 5, is throttled, and has the rest at the next period.
    // The periods in which nothing ran leave nothing behind.
    const auto row = run(one_cpu + R"(
os: {policy: eevdf, hz: 0, quota: {cpus: 0.05, period: 100ms}}
programs: {a: [{compute: 10ms}]}
tasks: [{program: a, period: 300ms, count: 3}]
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.instances[0].finish == kernel::Time{105ms});
    CHECK(row.instances[1].finish == kernel::Time{405ms});
    CHECK(row.instances[2].finish == kernel::Time{705ms});
}

}  // namespace
}  // namespace interlock::models
