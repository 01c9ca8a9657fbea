// Threads of an interpreter that share a native one.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::run;

/// Threads of Ruby on one native thread, each step at no cost but its own.
const std::string mn_threads = R"(
machine: {cores: 4, costs: none}
interpreter: {preset: ruby-3.4, speed: 1, thread_start: 0s, thread_join: 0s, thread_switch: 0s,
              task_dispatch: 0s, message: 0s}
os: {policy: fifo}
)";

TEST_CASE("predict: threads that share a native one take turns of a quantum", "[models]") {
    const auto row = run(mn_threads + R"(
programs: {work: [{compute: 130ms}, {compute: 120ms}]}
tasks: [{program: work, count: 2}]
strategies: [{threads: 2, mn_threads: true}]
)")
                         .at(0);
    // 100 of a, 100 of b, 100 of a, 100 of b, 50 of a, 50 of b
    CHECK(row.instances[0].finish == kernel::Time{450ms});
    CHECK(row.instances[1].finish == kernel::Time{500ms});
}

TEST_CASE("predict: a thread outside the interpreter leaves its native one to others", "[models]") {
    const auto results = run(mn_threads + R"(
programs: {outside: [{nogil: 50ms}], inside: [{compute: 60ms}], waits: [{io: 10ms}, {sleep: 200us}]}
tasks: [{name: a, program: outside, count: 3}, {name: b, program: inside}]
strategies:
  - {threads: 4, mn_threads: true}
  - {threads: 9, mn_threads: true, set: {tasks.a.program: waits, tasks.a.count: 8}}
  - {threads: 4, mn_threads: true, ready: true}
)");
    CHECK(results[0].makespan == 60ms);  // four native threads on four cores
    CHECK(results[2].makespan == 60ms);
    // All wait at once, and a sleep ends at a whole millisecond. They come back at 10 ms to a
    // thread that computes, and sleep when it is through.
    CHECK(results[1].makespan == 61ms);
}

TEST_CASE("predict: threads that share a native one go on without a wake-up", "[models]") {
    const auto results = run(R"(
machine: {cores: 2, costs: {wake_idle_brief: 1ms, wake_idle_short: 1ms, wake_idle_long: 1ms}}
interpreter: ruby-3.4
programs:
  a: [{repeat: 100, steps: [{put: there}, {get: back}]}]
  b: [{repeat: 100, steps: [{get: there}, {put: back}]}]
queues: {there: {}, back: {}}
tasks: [{program: a}, {program: b}]
strategies: [{threads: 2}, {threads: 2, mn_threads: true}]
)");
    CHECK(results[0].makespan > 100 * 1ms);  // a wake-up at least each time
    CHECK(results[1].makespan < 10ms);
}

TEST_CASE("predict: work outside the interpreter is its task's, however short", "[models]") {
    // Two are made, and the one that is done first does the third's.
    const auto results = run(R"(
machine: {cores: 4}
interpreter: ruby-3.4
programs: {p: [{nogil: 5us}]}
tasks: [{program: p, count: 3}]
strategies: [{threads: 3, mn_threads: true}, {threads: 3, mn_threads: true, set: {programs.p.0.nogil: 30ms}}]
)");
    CHECK(results[0].ended == Ended::done);
    REQUIRE(results[1].ended == Ended::done);
    for (const auto& instance : results[1].instances) {
        CHECK(instance.cpu >= 30ms);
        CHECK(instance.cpu < 31ms);
    }
}

TEST_CASE("predict: whatever keeps the lock counts for the quantum", "[models]") {
    const auto row = run(mn_threads + R"(
programs: {long: [{repeat: 300, steps: [{native: 1ms}]}], short: [{compute: 1ms}]}
tasks: [{program: long}, {program: short}]
strategies: [{threads: 2, mn_threads: true}]
)")
                         .at(0);
    CHECK(row.instances[1].finish == kernel::Time{101ms});
}

TEST_CASE("predict: threads of one native thread that wait for each other are told", "[models]") {
    const auto row = run(mn_threads + R"(
programs:
  one: [{acquire: x}, {yield: {}}, {acquire: y}, {release: y}, {release: x}]
  two: [{acquire: y}, {yield: {}}, {acquire: x}, {release: x}, {release: y}]
tasks: [{program: one}, {program: two}]
strategies: [{threads: 2, mn_threads: true}]
)")
                         .at(0);
    CHECK(row.ended == Ended::deadlock);
}

TEST_CASE("predict: only some interpreters have threads that share a native one", "[models]") {
    const auto row = run(R"(
machine: {cores: 2}
interpreter: cpython-3.13
programs: {work: [{compute: 1ms}]}
tasks: [{program: work, count: 2}]
strategies: [{threads: 2, mn_threads: true}]
)")
                         .at(0);
    CHECK(row.ended == Ended::unavailable);
    CHECK(row.reason == "cpython-3.13 has no threads that share a native one");
}

}  // namespace
}  // namespace interlock::models
