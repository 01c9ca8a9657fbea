// Jobs of periodic tasks: what is known of them, and what becomes of those that are aborted.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Time;
using support::run;

TEST_CASE("periodic: an aborted job that waits for a lock does not lose it for others",
          "[models]") {
    // h holds L until 10 ms. p waits for it from 1 ms on and is aborted at 6 ms, but it is handed
    // the lock at 10 ms: it lets go of it, and w has it until 11 ms.
    const std::string text = R"(
machine: {cores: 2, costs: none}
interpreter: INTERPRETER
os: {policy: fifo}
programs:
  hold: [{acquire: L}, {nogil: 10ms}, {release: L}]
  p: [{acquire: L}, {nogil: 1ms}, {release: L}]
tasks:
  - {name: h, program: hold}
  - {name: p, program: p, period: 5ms, count: 1, on_miss: abort, offset: 1ms}
  - {name: w, program: p, arrive: 7ms}
strategies: [{direct: {}}]
)";
    for (const std::string lock :
         {"none", "{lock: none, parking_locks: true, task_dispatch: 0s}"}) {
        auto with = text;
        const auto result = run(with.replace(with.find("INTERPRETER"), 11, lock)).front();
        CAPTURE(lock, result.reason);
        REQUIRE(result.ended == Ended::done);
        CHECK(result.instances[2].finish == Time{11ms});
        CHECK(result.by_task[1].missed == 1);
        CHECK(result.by_task[1].count == 0);
    }
}

TEST_CASE("periodic: an aborted job lets go of what it holds, one after the other", "[models]") {
    // It has both locks from 0 on, and is aborted at 5 ms.
    const auto result = run(R"(
machine: {cores: 2, costs: none}
interpreter: none
os: {policy: fifo}
programs:
  p: [{acquire: K}, {acquire: L}, {compute: 50ms}, {release: L}, {release: K}]
  w: [{acquire: K}, {acquire: L}, {compute: 1ms}, {release: L}, {release: K}]
tasks:
  - {program: p, period: 5ms, count: 1, on_miss: abort}
  - {program: w, arrive: 1ms}
strategies: [{direct: {}}]
)")
                            .front();
    REQUIRE(result.ended == Ended::done);
    CHECK(result.instances[0].finish == Time{5ms});
    CHECK(result.instances[1].finish == Time{6ms});
}

TEST_CASE("periodic: a job that waits for a CPU is aborted at its deadline", "[models]") {
    //       ms 0        20        40        60        80  90
    // hog      hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh
    // low      aborted at 20, 40, 60, 80; the last runs from 90 to 95
    const auto result = run(R"(
machine: {cores: 1, costs: none}
interpreter: none
os: {policy: priority}
programs: {hog: [{compute: 90ms}], low: [{compute: 5ms}]}
tasks:
  - {program: hog, sched: {priority: 1}}
  - {program: low, period: 20ms, count: 5, on_miss: abort}
strategies: [{direct: {}}]
)")
                            .front();
    for (std::size_t job = 1; job <= 4; ++job) {
        CAPTURE(job);
        CHECK_FALSE(result.instances[job].first_run);
        CHECK(result.instances[job].finish == Time{20ms * job});
    }
    CHECK(result.instances[5].first_run == Time{90ms});
    CHECK(result.instances[5].finish == Time{95ms});
    CHECK(result.by_task[1].missed == 4);
    CHECK(result.by_task[1].count == 1);
    CHECK(result.by_task[1].turnaround.max() == (15ms).count() * 1'000'000);
}

TEST_CASE("periodic: bytecode that waits for the interpreter lock is aborted there", "[models]") {
    // hog is C code under the lock: p, aborted at 5 ms, does nothing when it gets it at 20 ms.
    const auto result = run(R"(
machine: {cores: 2, costs: none}
interpreter: {preset: cpython-3.11, task_dispatch: 0s}
os: {policy: fifo}
programs: {hog: [{native: 20ms}], p: [{compute: 4ms}]}
tasks: [{program: hog}, {program: p, period: 4ms, offset: 1ms, count: 1, on_miss: abort}]
strategies: [{direct: {}}]
)")
                            .front();
    CHECK(result.instances[1].finish == Time{5ms});
    CHECK(result.makespan < 21ms);
}

TEST_CASE("periodic: the shortest job first knows the burst of the next job", "[models]") {
    // At 6 ms b has 3 of 5 left, less than the 4 of a's second job.
    const auto first = run(R"(
machine: {cores: 1, costs: none}
interpreter: none
os: {policy: srtf}
programs: {a: [{compute: 4ms}], b: [{compute: 5ms}]}
tasks: [{program: a, period: 6ms, count: 2}, {program: b, period: 9ms, count: 1}]
strategies: [{direct: {}}]
)")
                           .front();
    CHECK(first.instances[2].finish == Time{9ms});
    CHECK(first.instances[1].finish == Time{13ms});
    // hog runs from 4.5 to 10.5 ms; then short, of 1 ms, before the second job of long, of 4.
    const auto second = run(R"(
machine: {cores: 1, costs: none}
interpreter: none
os: {policy: sjf}
programs: {hog: [{compute: 6ms}], long: [{compute: 4ms}], short: [{compute: 1ms}]}
tasks:
  - {program: long, period: 5ms, count: 2}
  - {program: hog, arrive: 4500us}
  - {program: short, arrive: 6ms}
strategies: [{direct: {}}]
)")
                            .front();
    CHECK(second.instances[3].finish == Time{11'500us});
    CHECK(second.instances[1].finish == Time{15'500us});
}

TEST_CASE("periodic: the jobs are no work of main or of workers", "[models]") {
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: none
os: {policy: fifo}
programs: {w: [{compute: 10ms}]}
tasks: [{name: a, program: w}, {name: p, program: w, period: 100ms, count: 1}]
strategies: [serial, {threads: 1}, {direct: {}}]
)");
    for (const auto& result : results) CHECK(result.bounds.makespan_lower == 10ms);
}

TEST_CASE("periodic: a job that ends at its deadline is in time, whatever its last step",
          "[models]") {
    for (const std::string last : {"compute: 3ms", "io: 3ms", "sleep: 3ms"}) {
        CAPTURE(last);
        const auto row = run("machine: {cores: 1, costs: none}\ninterpreter: none\nos: {policy: "
                             "fifo}\nprograms: {p: [compute: 2ms, " +
                             last +
                             "]}\ntasks: [{program: p, period: 5ms, count: 3, on_miss: abort}]\n"
                             "strategies: [direct: {}]\n")
                             .front();
        CHECK(row.by_task[0].missed == 0);
        CHECK(row.by_task[0].count == 3);
    }
}

}  // namespace
}  // namespace interlock::models
