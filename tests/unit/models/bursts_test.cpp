// How long a thread computes until it blocks, as the shortest job first is told.

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using kernel::Time;
using support::one_cpu;
using support::run;

/// When the instances end, of tasks that are there alone on one CPU.
std::vector<Duration> ends(const std::string& os, const std::string& programs,
                           const std::string& tasks) {
    const auto row = run(one_cpu + "os: {policy: " + os + "}\nprograms: {" + programs +
                         "}\ntasks: [" + tasks + "]\nstrategies: [{direct: {}}]\n")
                         .front();
    std::vector<Duration> all;
    for (const auto& one : row.instances) all.push_back((*one.finish).time_since_epoch());
    return all;
}

TEST_CASE("burst: of a thread that is preempted it is what it has left, of all its steps",
          "[models]") {
    // Silberschatz, shortest remaining time first: 8, 4, 9 and 5 ms from 0, 1, 2 and 3 ms on end at
    // 17, 5, 26 and 10 ms.
    const std::vector<Duration> expected{17ms, 5ms, 26ms, 10ms};
    const std::string others = "p2: [compute: 4ms], p3: [compute: 9ms], p4: [compute: 5ms]";
    const std::string tasks =
        "{program: p1}, {program: p2, arrive: 1ms}, {program: p3, arrive: 2ms}, "
        "{program: p4, arrive: 3ms}";
    CHECK(ends("srtf", "p1: [compute: 8ms], " + others, tasks) == expected);
    CHECK(ends("srtf", "p1: [compute: 2ms, native: 6ms], " + others, tasks) == expected);
    CHECK(ends("srtf", "p1: [{repeat: 4, steps: [compute: 2ms]}], " + others, tasks) == expected);
    // At 1 ms the first has 7 ms left, less than the third's 7.5.
    CHECK(ends("srtf", "a: [compute: 8ms], b: [compute: 4ms], c: [compute: 7500us]",
               "{program: a}, {program: b, arrive: 1ms}, {program: c, arrive: 2ms}") ==
          std::vector<Duration>{12ms, 5ms, 19500us});
}

TEST_CASE("burst: a loop is as long as all its rounds until one blocks", "[models]") {
    const auto order = [](const std::string& loop) {
        return ends("sjf", "loop: [" + loop + "], b: [compute: 2ms]",
                    "{program: loop}, {program: b}");
    };
    const std::vector<Duration> after{102ms, 2ms};
    CHECK(order("{repeat: 100, steps: [compute: 1ms]}") == after);
    CHECK(order("{repeat: 10, steps: [{repeat: 5, steps: [nogil: 2ms]}]}") == after);
    CHECK(order("{repeat: 100, steps: [compute: {uniform: [1ms, 1ms]}]}") == after);
    CHECK(order("choose: [{weight: 1, steps: [compute: 100ms]}]") == after);
    // The first round of 1 ms ends in a sleep.
    CHECK(order("{repeat: 2, steps: [compute: 1ms, sleep: 50ms]}").at(1) == 3ms);
}

TEST_CASE("burst: that of a spawned thread is its program's", "[models]") {
    const auto results = run(one_cpu + R"(
os: {policy: sjf}
programs:
  main: [{spawn: long}, {spawn: short}, join]
  long: [{compute: 10ms}, {mark: long}]
  short: [{compute: 1ms}, {mark: short}]
tasks: [{program: main}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].makespan == 11ms);
    CHECK(results[0].totals.cpu_wait == 1ms);  // of the long one, for the short one
}

TEST_CASE("burst: other load that never blocks comes last", "[models]") {
    for (const auto* const arrive : {"500us", "5ms"}) {
        CAPTURE(arrive);
        const auto it = ends("{srtf: {}}, load: {busy: 3ms}", "p: [compute: 1ms]",
                             std::string("{program: p, arrive: ") + arrive + "}");
        CHECK(it.front() == (std::string(arrive) == "5ms" ? 6ms : 1500us));
    }
}

TEST_CASE("burst: after a step that did not block it is the next one", "[models]") {
    // a has the free lock at 1 ms and 100 ms to do; b comes at 10 ms with 5.
    for (const std::string step : {"acquire: l", "put: q"}) {
        CAPTURE(step);
        const auto rest = step == "put: q" ? "" : ", release: l";
        const auto text =
            one_cpu + "os: {policy: srtf}\n" + (step == "put: q" ? "queues: {q: {}}\n" : "") +
            "programs: {a: [compute: 1ms, " + step + ", compute: 100ms" + rest +
            "], b: [compute: 5ms], c: [get: q]}\n" +
            "tasks: [{program: a}, {program: b, arrive: 10ms}" +
            (step == "put: q" ? ", {program: c}" : "") + "]\nstrategies: [{direct: {}}]\n";
        auto used = text;
        if (step != "put: q") used.replace(used.find(", c: [get: q]"), 13, "");
        const auto row = run(used).front();
        CHECK(row.instances[1].finish == Time{15ms});
        CHECK(row.instances[0].finish == Time{106ms});
    }
}

TEST_CASE("burst: a job that is given up inside a loop lets go of its lock", "[models]") {
    // a's first job is aborted at 50 ms, and its release takes 10 ms, in which c comes.
    const auto row = run(R"(
machine: {cores: 1, costs: {futex_wake: 10ms, context_switch: 0ns, syscall: 0ns, futex_wait: 0ns,
    user_operation: 0ns, wake_interrupt: 0ns, wake_idle_brief: 0ns, wake_idle_short: 0ns,
    wake_idle_long: 0ns}}
interpreter: none
os: {policy: srtf}
programs:
  a: [{acquire: l}, {sleep: 1ms}, {compute: 100ms}, {repeat: 1, steps: [{release: l}]}, {compute: 1ms}]
  b: [{sleep: 2ms}, {acquire: l}, {compute: 1ms}, {release: l}]
  c: [{sleep: 55ms}, {compute: 1ms}]
tasks: [{program: a, period: 50ms, count: 2, on_miss: abort}, {program: b}, {program: c}]
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.ended == Ended::done);
    CHECK(row.by_task[0].missed == 2);
}

TEST_CASE("burst: who starts a thread may sleep until it has begun", "[models]") {
    // Of main, which comes first, 1 ms is told then, less than b's 5.
    const auto row = run(R"(
machine: {cores: 1, costs: none}
interpreter: {preset: none, start_waits: true}
os: {policy: sjf}
programs:
  main: [{compute: 1ms}, {spawn: child}, {compute: 100ms}, join]
  child: [{compute: 1ms}]
  b: [{compute: 5ms}]
tasks: [{program: b}, {program: main}]
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.instances[0].finish == Time{7ms});  // after main's 1 ms and the child's
}

TEST_CASE("burst: what a drop request cut off is still to come", "[models]") {
    // At 20 ms a has 980 ms left, 80 of them until it looks at the request that b made; d is
    // shorter, and in a process of its own.
    const auto row = run(R"(
machine: {cores: 1, costs: none}
interpreter: {lock: cpython-3.2, check_spacing: 100ms, thread_start: 0ns, thread_begin: 0ns,
    start_waits: false, task_dispatch: 0ns}
os: {policy: srtf}
programs: {a: [compute: 1000ms], b: [compute: 50ms], d: [compute: 200ms]}
tasks: [{program: a}, {program: b, arrive: 1ms}, {program: d, arrive: 20ms, process: other}]
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.instances[2].finish == Time{220ms});
}

}  // namespace
}  // namespace interlock::models
