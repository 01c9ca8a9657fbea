// Whole scenarios that are small enough to be worked out by hand.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using support::run;

/// Without costs nothing but the work takes time.
const std::string one_cpu = "machine: {cores: 1, costs: none}\ninterpreter: none\n";
const std::string two_cpus = "machine: {cores: 2, costs: none}\ninterpreter: none\n";

TEST_CASE("predict: serial takes the sum of the tasks", "[models]") {
    const auto results = run(one_cpu + R"(
os: {policy: fifo}
programs: {work: [{compute: 7ms}, {sleep: 2ms}], more: [{native: 3ms}]}
tasks: [{program: work, count: 2}, {program: more}]
strategies: [serial]
)");
    CHECK(results[0].makespan == 21ms);  // 2 x (7 + 2) + 3
    CHECK(results[0].totals.running == 17ms);
    CHECK(results[0].totals.io == 4ms);
}

TEST_CASE("predict: round robin by hand", "[models]") {
    // Silberschatz: bursts 24, 3, 3 with quantum 4
    //   ms  0    4   7   10
    //   a   aaaa          aaaaaaaaaaaaaaaaaaaa   30
    //   b       bbb                               7
    //   c          ccc                           10
    const auto results = run(one_cpu + R"(
os: {policy: {round_robin: {quantum: 4ms}}}
programs: {long: [{compute: 24ms}], short: [{compute: 3ms}]}
tasks: [{name: a, program: long}, {name: b, program: short}, {name: c, program: short}]
strategies: [{direct: {}}]
)");
    REQUIRE(results[0].instances.size() == 3);
    CHECK(results[0].instances[0].finish == kernel::Time{30ms});
    CHECK(results[0].instances[1].finish == kernel::Time{7ms});
    CHECK(results[0].instances[2].finish == kernel::Time{10ms});
}

TEST_CASE("predict: the shortest job first by hand", "[models]") {
    // Silberschatz: bursts 6, 8, 7, 3: order d, a, c, b
    const auto results = run(one_cpu + R"(
os: {policy: sjf}
programs: {six: [{compute: 6ms}], eight: [{compute: 8ms}], seven: [{compute: 7ms}], three: [{compute: 3ms}]}
tasks: [{name: a, program: six}, {name: b, program: eight}, {name: c, program: seven}, {name: d, program: three}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{9ms});
    CHECK(results[0].instances[1].finish == kernel::Time{24ms});
    CHECK(results[0].instances[2].finish == kernel::Time{16ms});
    CHECK(results[0].instances[3].finish == kernel::Time{3ms});
}

TEST_CASE("predict: work is re-timed whenever a sibling starts or stops", "[models]") {
    // Both run at 0.62 until b is done after 310 / 0.62 = 500 ms; a then has
    // 1000 - 310 = 690 ms left at full speed.
    const auto results = run(R"(
machine: {cores: 1, threads_per_core: 2, smt_speed: 0.62, costs: none}
interpreter: none
os: {policy: fifo}
programs: {a: [{nogil: 1000ms}], b: [{nogil: 310ms}]}
tasks: [{program: a}, {program: b}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[1].finish == kernel::Time{500ms});
    CHECK(results[0].instances[0].finish == kernel::Time{1190ms});
    CHECK(results[0].totals.slowed == 380ms);  // 0.38 x 500 ms x 2
}

TEST_CASE("predict: an idle performance core takes the work of an efficiency core", "[models]") {
    const auto results = run(R"(
machine: {cores: 2, speed: [0.5, 1.0], costs: none}
interpreter: none
os: {policy: fifo}
programs: {work: [{nogil: 100ms}]}
tasks: [{program: work}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].makespan == 100ms);
}

TEST_CASE("predict: a slow core slows all that runs on it", "[models]") {
    const auto results = run(R"(
machine: {cores: 1, speed: 0.5, costs: none}
interpreter: none
os: {policy: fifo}
programs: {work: [{nogil: 100ms}]}
tasks: [{program: work}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].makespan == 200ms);
    CHECK(results[0].totals.slowed == 100ms);
}

/// A machine of two CPUs on which only these things cost anything.
std::string two_cpus_with(const std::string& costs) {
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

std::string one_cpu_with(const std::string& costs) {
    auto machine = two_cpus_with(costs);
    return machine.replace(machine.find("cores: 2"), 8, "cores: 1");
}

/// When both end: one holds the lock for 2 ms and computes for another after it; one that arrives
/// at `arrival` on the other CPU comes for the lock, sleeps, and works for 1 ms behind it. A CPU
/// polls for 100 us before it halts, and answers in 10 us then, in 50 us after.
std::pair<Duration, Duration> hand_over(const std::string& arrival, const std::string& more = "") {
    const auto results =
        run(two_cpus_with("wake_interrupt: 7us, wake_idle_brief: 10us, idle_short_after: 100us, "
                          "wake_idle_short: 50us, idle_long_after: 1s" +
                          more) +
            R"(
os: {policy: eevdf, hz: 0}
programs:
  hold: [{acquire: m}, {compute: 2ms}, {release: m}, {compute: 1ms}]
  come: [{acquire: m}, {compute: 1ms}, {release: m}]
tasks: [{name: a, program: hold}, {name: b, program: come, arrive: )" +
            arrival +
            R"(}]
strategies: [{direct: {}}]
)");
    return {(*results[0].instances[0].finish).time_since_epoch(),
            (*results[0].instances[1].finish).time_since_epoch()};
}

TEST_CASE("predict: a CPU that has just gone idle needs no interrupt", "[models]") {
    // Both CPUs have just gone idle at 0, so all begins at 10 us, and the lock is held until 2.01
    // ms. Idle since about 1.95 ms: 2.01 ms + 10 us + 1 ms, and the waker goes on at once.
    const auto brief = hand_over("1950us");
    CHECK(brief.first == 3'010us);
    CHECK(brief.second == 3'020us);
    // Idle since 1 ms: halted.
    const auto halted = hand_over("1ms");
    CHECK(halted.first == 3'017us);
    CHECK(halted.second == 3'060us);
}

TEST_CASE("predict: a CPU that is leaving its thread has to be interrupted", "[models]") {
    // The first CPU is taken for one that leaves a thread at 0: it halts, wakes up for 50 us and
    // switches for 20 us, so that the lock is held until 2.07 ms. The second has halted when its
    // thread arrives, which sleeps 70 us later.
    const std::string switches = ", context_switch: 20us";
    // Asleep since 2 ms, 70 us: the CPU polls, and answers in 10 us.
    const auto polls = hand_over("1930us", switches);
    CHECK(polls.first == 3'070us);
    CHECK(polls.second == 3'100us);
    // Asleep since 2.06 ms, 10 us: it still switches, which costs the waker 7 us, and halts first.
    const auto leaves = hand_over("1990us", switches);
    CHECK(leaves.first == 3'077us);
    CHECK(leaves.second == 3'140us);
}

TEST_CASE("predict: to preempt on another CPU takes an interrupt", "[models]") {
    // All begins 10 us late. The first holds the lock until 10.01 ms. The second came for it at 1
    // ms and sleeps; the third has run on its CPU for 8 ms then, which is more than it is due.
    const auto results = run(two_cpus_with("wake_interrupt: 7us, wake_idle_brief: 10us, "
                                           "idle_short_after: 1s, wake_idle_short: 10us") +
                             R"(
os: {policy: eevdf, hz: 100}
programs:
  hold: [{acquire: m}, {compute: 10ms}, {release: m}, {compute: 1ms}]
  come: [{acquire: m}, {compute: 1ms}, {release: m}]
  busy: [{compute: 20ms}]
tasks:
  - {name: a, program: hold}
  - {name: b, program: come, arrive: 1ms}
  - {name: c, program: busy, arrive: 2ms}
strategies: [{direct: {}}]
)");
    const auto finish = [&](std::size_t i) {
        return (*results[0].instances[i].finish).time_since_epoch().count();
    };
    CHECK(finish(0) == 11'017'000);  // it paid the interrupt
    CHECK(finish(1) == 11'020'000);  // 10 us under way
}

/// Two threads, each on a CPU of its own, pass an item back and forth 20 times, 2 ms apart.
Duration passing_items(const std::string& queue, const std::string& costs) {
    return run(two_cpus_with(costs) + "queues: {there: " + queue + ", back: " + queue + R"(}
programs:
  ping: [{repeat: 20, steps: [{put: there}, {get: back}, {nogil: 2ms}]}]
  pong: [{repeat: 20, steps: [{get: there}, {put: back}]}]
tasks: [{program: ping}, {program: pong}]
strategies: [{direct: {}}]
)")[0]
        .makespan.value();
}

TEST_CASE("predict: a call that was not made for long is cold", "[models]") {
    const auto makespan = [](const std::string& cold_after) {
        return passing_items("{}",
                             "cold_wake: 100us, cold_wake_busy: 100us, cold_after: " + cold_after);
    };
    // ping wakes 20 times and pong 20 times, 2 ms and a little apart, each by 100 us on average.
    // What is even over 0 to 200 us has a deviation of 200 us / sqrt(12) = 58 us, the sum of 19 of
    // them 252 us, of 39 of them 360 us; two of those each way, for the seed is fixed. Where pong's
    // CPU is awaited: a part of them only is on the way, at least ping's.
    CHECK(makespan("1ms") > 40ms + 19 * 100us - 2 * 252us);
    CHECK(makespan("1ms") < 40ms + 40 * 100us + 2 * 360us);
    // A tenth of the way to cold: a tenth of that.
    CHECK(makespan("20ms") > 40ms + 19 * 10us - 2 * 26us);
    CHECK(makespan("20ms") < 40ms + 40 * 11us + 2 * 40us);
}

TEST_CASE("predict: a CPU that idles cools more than one that computes", "[models]") {
    // One thread pauses for 10 ms and wakes another, ten times, on one CPU.
    const auto makespan = [](const std::string& pause, const std::string& costs) {
        return run(one_cpu_with("cold_after: 10ms, " + costs) +
                   "os: {policy: fifo}\nqueues: {q: {}}\nprograms:\n  get: [{repeat: 10, "
                   "steps: [{get: q}]}]\n  put: [{repeat: 10, steps: [{" +
                   pause + R"(: 10ms}, {put: q}, {sleep: 1us}]}]
tasks: [{program: get}, {program: put}]
strategies: [{direct: {}}]
)")[0]
            .makespan.value();
    };
    // Ten wakes of 0 to 200 us each: a deviation of sqrt(10 / 12) * 200 us = 183 us.
    CHECK(makespan("sleep", "cold_wake: 100us") > 100ms + 10 * 100us - 4 * 183us);
    CHECK(makespan("sleep", "cold_wake: 100us") < 100ms + 11 * 100us + 4 * 183us);
    CHECK(makespan("sleep", "cold_wake_busy: 100us") < 100ms + 20us);
    CHECK(makespan("compute", "cold_wake_busy: 100us") > 100ms + 10 * 100us - 4 * 183us);
    CHECK(makespan("compute", "cold_wake_busy: 100us") < 100ms + 11 * 100us + 4 * 183us);
    CHECK(makespan("compute", "cold_wake: 100us") < 100ms + 20us);
}

TEST_CASE("predict: a message that no CPU has sent for long is cold", "[models]") {
    const auto makespan = [](const std::string& cold_after) {
        return passing_items(
            "{over: socket}",
            "socket_call: 0ns, cold_send: 100us, cold_receive: 40us, cold_after: " + cold_after);
    };
    // Each round's four calls follow each other; in the first they are not cold. They vary evenly
    // over 0 to 200 us and 0 to 80 us: their sum over 20 rounds has a deviation of
    // sqrt(40 / 12) * sqrt(200^2 + 80^2) us = 394 us; two of those each way.
    CHECK(makespan("1ms") > 40ms + 19 * 280us - 2 * 394us);
    CHECK(makespan("1ms") < 40ms + 20 * 280us + 2 * 394us);
    CHECK(makespan("20ms") > 40ms + 19 * 28us - 2 * 40us);
    CHECK(makespan("20ms") < 40ms + 20 * 31us + 2 * 44us);
}

TEST_CASE("predict: a timer interrupts who runs on the CPU where it was set", "[models]") {
    // It takes the price of a wake-up from the computing thread, behind which the sleeper waits.
    const auto makespan = [](const std::string& costs) {
        return run(one_cpu_with(costs) + R"(
os: {policy: fifo}
programs: {rest: [{sleep: 1ms}], work: [{compute: 10ms}]}
tasks: [{program: rest}, {program: work}]
strategies: [{direct: {}}]
)")[0]
            .makespan.value();
    };
    CHECK(makespan("futex_wake: 0us") == 10ms);
    CHECK(makespan("futex_wake: 7us") == 10ms + 7us);
}

TEST_CASE("predict: CPU-bound threads pass the lock on at every interval", "[models]") {
    // a and b hold the lock for an interval of 5 ms in turn; what is beyond it,
    // here, is only the way to the next check point, below 50 ns a switch.
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: {preset: cpython-3.11, thread_start: 0us, thread_join: 0us}
os: {policy: fifo}
programs: {work: [{compute: 20ms}]}
tasks: [{program: work, count: 2}]
strategies: [{direct: {}}]
)");
    const auto& lock = results[0].lock;
    REQUIRE(lock.has_value());
    // a: 0-5, 10-15, 20-25, 30-35, where it ends; b is then alone until 40 ms.
    CHECK(lock->counts.forced_switches == 6);  // at 5, 10, 15, 20, 25 and 30 ms
    CHECK(results[0].makespan >= 40ms);
    CHECK(results[0].makespan <= 40ms + 6 * 50ns);
    CHECK(lock->held_share > 0.999);
}

TEST_CASE("predict: C code that holds the lock is not interrupted", "[models]") {
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: cpython-3.11
os: {policy: fifo}
programs: {held: [{native: 60ms}], short: [{compute: 1ms}]}
tasks: [{program: held}, {program: short}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{60ms});
    CHECK(results[0].instances[1].finish == kernel::Time{61ms});
}

TEST_CASE("predict: a strategy's own interpreter scales bytecode by its speed, C code not",
          "[models]") {
    const auto results = run(R"(
machine: {cores: 1, costs: none}
interpreter: {speed: 1.0}
os: {policy: fifo}
programs: {work: [{compute: 8ms}, {native: 1ms}]}
tasks: [{program: work}]
strategies: [{direct: {}}, {direct: {}, interpreter: {speed: 0.8}}]
)");
    CHECK(results[0].makespan == 9ms);
    CHECK(results[1].makespan == 11ms);  // 8 / 0.8 + 1
}

TEST_CASE("predict: a deadlock is a result that says who waits for whom", "[models]") {
    const auto results = run(two_cpus + R"(
os: {policy: fifo}
programs:
  ab: [{acquire: a}, {io: 1ms}, {acquire: b}, {release: b}, {release: a}]
  ba: [{acquire: b}, {io: 1ms}, {acquire: a}, {release: a}, {release: b}]
tasks: [{program: ab}, {program: ba}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].ended == Ended::deadlock);
    CHECK(results[0].reason ==
          "ab waits for lock 'b', held by ba; ba waits for lock 'a', held by ab");
    CHECK_FALSE(results[0].makespan.has_value());
}

TEST_CASE("predict: processes run at the same time, each with its own lock", "[models]") {
    const auto results = run(R"(
machine: {cores: 3, costs: none}
interpreter: {preset: cpython-3.11, fork_start: 0us, process_join: 0us, task_dispatch: 0us}
os: {policy: fifo}
programs: {work: [{compute: 50ms}]}
tasks: [{program: work, count: 2}]
strategies: [{processes: 2}]
)");
    CHECK(results[0].makespan == 50ms);
}

TEST_CASE("predict: interpreters of one process have a lock each, and start at once", "[models]") {
    const auto results = run(R"(
machine: {cores: 3, costs: none}
interpreter: {preset: cpython-3.13, thread_start: 0us, thread_join: 0us, task_dispatch: 0us,
              message: 0us, interpreter_start: 7ms, interpreter_end: 2ms}
os: {policy: fifo}
programs: {work: [{compute: 50ms}]}
tasks: [{program: work, count: 2}]
strategies: [{interpreters: 2}, {interpreters: 1}, {interpreters: 2, ready: true}]
)");
    CHECK(results[0].makespan == 59ms);   // 7 + 50 + 2, both at the same time
    CHECK(results[1].makespan == 109ms);  // 7 + 2 x 50 + 2
    CHECK(results[2].makespan == 52ms);   // made before; 50 + 2
}

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

TEST_CASE("predict: threads run on the CPUs that their task names", "[models]") {
    const auto results = run(two_cpus + R"(
os: {policy: eevdf, hz: 0}
programs: {work: [{compute: 10ms}]}
tasks: [{name: a, program: work, count: 2, affinity: [0]}, {name: b, program: work, affinity: [1]}]
strategies:
  - {direct: {}}
  - {direct: {}, set: {tasks.b.affinity: [0, 1]}}
  - {direct: {}, set: {tasks.b.affinity: [2]}}
  - {direct: {}, os: {policy: fifo}}
)");
    CHECK(results[0].makespan == 20ms);  // b's CPU idles for half of it
    CHECK(results[0].instances[2].finish == kernel::Time{10ms});
    CHECK(results[0].cpu.utilization == std::vector{1.0, 0.5});
    CHECK(results[1].makespan == 20ms);
    CHECK(results[2].reason == "task b may run on CPU 2 of a machine that has 2");
    CHECK(results[3].reason == "affinity needs a queue for each CPU: os: {queues: per_cpu}");
}

TEST_CASE("predict: of several CPUs of one queue the least urgent thread gives way", "[models]") {
    // Deadlines at 120, 900 and 10 + 65 ms: by global EDF the second waits from 10 to 60 ms.
    const auto row = run(two_cpus + R"(
os: {policy: edf}
programs: {a: [{compute: 100ms}], u: [{compute: 50ms}]}
tasks:
  - {program: a, name: middle, deadline: 120ms}
  - {program: a, name: late, deadline: 900ms}
  - {program: u, name: urgent, deadline: 65ms, arrive: 10ms}
strategies: [{direct: {}}]
)")
                         .at(0);
    CHECK(row.instances[0].finish == kernel::Time{100ms});
    CHECK(row.instances[1].finish == kernel::Time{150ms});
    CHECK(row.instances[2].finish == kernel::Time{60ms});
}

TEST_CASE("predict: what a task spawns runs where the task may", "[models]") {
    const auto row = run(two_cpus + R"(
os: {policy: eevdf, hz: 0}
programs: {child: [{compute: 50ms}], parent: [{spawn: child, count: 2}, {compute: 50ms}, join]}
tasks: [{program: parent, affinity: [0]}]
strategies: [{direct: {}}]
)")
                         .at(0);
    CHECK(row.makespan == 150ms);
}

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

TEST_CASE("predict: an interpreter with one lock a process runs no others", "[models]") {
    const auto row = run(R"(
machine: {cores: 2}
interpreter: cpython-3.11
programs: {work: [{compute: 1ms}]}
tasks: [{program: work, count: 2}]
strategies: [{interpreters: 2}]
)")
                         .at(0);
    CHECK(row.ended == Ended::unavailable);
    CHECK(row.reason == "cpython-3.11 has no interpreters with a lock of their own");
}

TEST_CASE("predict: a task waits for all it comes after, or for its partner only", "[models]") {
    const auto results = run(two_cpus + R"(
os: {policy: fifo}
programs: {make: [{nogil: 10ms}], use: [{nogil: 5ms}]}
tasks:
  - {name: make, program: make, count: 2}
  - {name: all, program: use, after: make}
  - {name: each, program: use, count: 2, after: {each: make}}
strategies: [{direct: {}}]
)");
    for (std::size_t i = 2; i < 5; ++i)
        CHECK(results[0].instances[i].first_run >= kernel::Time{10ms});
    CHECK(results[0].makespan == 20ms);  // 3 x 5 ms on two CPUs after 10 ms
}

TEST_CASE("predict: copies of memory that do not fit end the run and say what fitted", "[models]") {
    const auto results = run(R"(
machine: {cores: 4, memory: 10GiB, costs: none}
interpreter: {preset: cpython-3.11, memory: 0B}
os: {policy: fifo}
data: [{name: rows, bytes: 4GiB}]
programs: {work: [{compute: 5ms}]}
tasks: [{program: work, count: 3}]
strategies: [{processes: 3}]
)");
    CHECK(results[0].ended == Ended::out_of_memory);
    CHECK(results[0].memory_peak == 8ULL << 30U);  // the parent's 4 GiB and one child's
}

TEST_CASE("predict: no tasks at all are done at once, by any strategy", "[models]") {
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: cpython-3.11
os: {policy: fifo}
programs: {work: [{compute: 5ms}]}
tasks: [{program: work, arrive: {poisson: 0.001/s}, for: 1ms}]
strategies: [serial, {direct: {}}, {threads: 2}, {threads: 2, pool: true}, {processes: 2}]
)");
    for (const auto& result : results) {
        CHECK(result.ended == Ended::done);
        CHECK(result.makespan == 0ms);
    }
}

TEST_CASE("predict: results keep a pool's worker handler busy until they are read", "[models]") {
    const auto worker_handler = [](const std::string& watch, const std::string& policy) {
        const auto results = run(R"(
machine: {cores: 2}
interpreter: {preset: cpython-3.11, pool_watch: )" +
                                 watch +
                                 R"(}
os: {policy: )" + policy + R"(}
programs: {work: [{compute: 10ms}]}
tasks: [{program: work, count: 8}]
strategies: [{processes: 2, chunksize: 1}]
)");
        CHECK(results[0].ended == Ended::done);
        for (const auto& thread : results[0].threads)
            if (thread.name == "worker handler") return thread.spent.running;
        return Duration::zero();
    };
    // A result is unread for two system calls at least, so each wakes it for a round and lets it
    // begin another: 8 times half of 30 us, or more.
    const auto more = worker_handler("30us", "eevdf") - worker_handler("0us", "eevdf");
    CHECK(more > 8 * 15us);
    // Without preemption it would never end.
    CHECK(worker_handler("30us", "fifo") == worker_handler("0us", "fifo"));
}

TEST_CASE("predict: a reader beside two spinners waits many intervals, with a tail", "[models]") {
    // Specification 0, fact 2: beside one spinner it waits the interval and the
    // wake-ups; beside two the mean grows to 20 to 300 ms and the deviation is
    // of the order of the mean. The seed is fixed.
    const auto results = run(R"(
machine: {preset: cloud-2vcpu, cores: 8}
interpreter: cpython-3.11
programs:
  spin: [{compute: 40s}]
  read: [{repeat: 200, steps: [{io: 3ms}, {compute: 10us}]}]
tasks: [{program: read}, {name: spin, program: spin, count: 1, background: true}]
strategies: [{threads: 10}, {threads: 10, set: {tasks.spin.count: 2}, name: two}]
)");
    const auto& one = results[0].threads[1].lock_waits;
    const auto& two = results[1].threads[1].lock_waits;
    CHECK(one.mean() == Approx(5.1e6).epsilon(0.05));
    CHECK(two.mean() > 20e6);
    CHECK(two.mean() < 300e6);
    CHECK(two.sd() > two.mean() / 2);
    CHECK(two.sd() < two.mean() * 2);
}

TEST_CASE("predict: without a lock two increments collide, with a named lock none is lost",
          "[models]") {
    const auto results = run(two_cpus + R"(
os: {policy: fifo}
programs:
  bare: [{repeat: 10, steps: [{update: x}]}]
  guarded: [{repeat: 10, steps: [{acquire: g}, {update: x}, {release: g}]}]
tasks: [{name: inc, program: bare, count: 2}]
strategies: [{direct: {}}, {direct: {}, set: {tasks.inc.program: guarded}, name: guarded}]
)");
    // In step: both read, both write, ten times; the later write of each pair is lost.
    CHECK(results[0].objects[0].writes == 20);
    CHECK(results[0].objects[0].lost == 10);
    CHECK(results[1].objects[0].lost == 0);
}

TEST_CASE(
    "predict: a bounded queue makes the producer wait, and a consumer ends with its producers",
    "[models]") {
    // Room for one: the producer puts at 0, then at 10, 20, … when the consumer
    // takes; four items take the consumer 4 x 10 ms.
    const auto results = run(two_cpus + R"(
os: {policy: fifo}
programs:
  produce: [{repeat: 4, steps: [{put: q}]}]
  consume: [{each: q, steps: [{nogil: 10ms}]}]
tasks: [{program: produce}, {program: consume}]
queues: {q: {capacity: 1}}
strategies: [{direct: {}}]
)");
    CHECK(results[0].ended == Ended::done);
    CHECK(results[0].makespan == 40ms);
    CHECK(results[0].queues[0].length_max == 1);
    CHECK(results[0].queues[0].put_wait == 20ms);  // for the third and the fourth item
}

TEST_CASE("predict: the same seed gives the same bytes, another seed other work", "[models]") {
    auto scenario = support::scenario(R"(
machine: i7-8700k
interpreter: cpython-3.11
programs: {work: [{compute: {exponential: 2ms}}, {io: {uniform: [1ms, 3ms]}}]}
tasks: [{program: work, count: 20}]
strategies: [serial, {threads: 4}, {processes: 4}]
)");
    const auto first = run(scenario);
    const auto second = run(scenario);
    for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(first[i].fingerprint == second[i].fingerprint);
    const auto other = support::run(scenario, 1);
    for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(first[i].fingerprint != other[i].fingerprint);
}

TEST_CASE("predict: until Python 2 has handled a signal, each opcode is a check", "[models]") {
    // Only to wake a sleeper costs anything, which each check does while somebody waits. The main
    // thread joins the first hog, and can handle nothing before a hog ends: by then both have run,
    // or one has run and the other has waited, for 20 ms with a check in each microsecond.
    const auto run_with = [](const std::string& steps) {
        return run(two_cpus_with("futex_wake: 1us") + R"(
os: {policy: eevdf, hz: 0}
programs: {hog: [{sleep: 1ms}, )" +
                   steps +
                   R"({compute: 20ms}]}
tasks: [{program: hog, count: 2}]
strategies:
  - threads: 2
    interpreter: {lock: cpython-2.7, check_spacing: 1us, thread_start: 0ns, thread_join: 0ns}
)")[0];
    };
    const auto quiet = run_with("");
    const auto signalled = run_with("{signal: 100us}, ");
    CHECK(*quiet.makespan >= 41ms);
    CHECK(*quiet.makespan < 42ms);  // 400 checks at most
    CHECK(*signalled.makespan > 59ms);
    CHECK(*signalled.makespan < 83ms);
}

TEST_CASE("predict: the main thread handles a signal between two of its opcodes", "[models]") {
    // It computes for 10 ms from 0 on. The signal comes at 4 ms, from a thread of the same process.
    const auto results = run(two_cpus_with("wake_idle_brief: 0ns") + R"(
os: {policy: eevdf, hz: 0}
programs:
  main: [{compute: 10ms}]
  kill: [{sleep: 4ms}, {signal: 3ms}]
tasks: [{name: a, program: main}, {name: b, program: kill}]
strategies: [{direct: {}}]
)");
    CHECK((*results[0].instances[0].finish).time_since_epoch() == 13ms);
    CHECK((*results[0].instances[1].finish).time_since_epoch() == 4ms);
}

TEST_CASE("predict: a signal's handler is bytecode of the main thread, and runs once", "[models]") {
    const auto seconds = [](const std::string& steps, const std::string& strategy) {
        return *run(two_cpus_with("") + "os: {policy: eevdf, hz: 0}\nprograms: {a: [" + steps +
                    "]}\ntasks: [{program: a}]\nstrategies:\n  - " + strategy)[0]
                    .makespan;
    };
    const std::string no_starts =
        "{threads: 1, interpreter: {lock: cpython-3.2, thread_start: 0ns, thread_join: 0ns}}";
    // Sent last, it is still handled; sent twice before it is handled, it is handled once.
    CHECK(seconds("{compute: 10ms}, {signal: 100ms}", "{direct: {}}") == 110ms);
    const auto call = 12us;  // of the C library, to start the thread
    CHECK(seconds("{compute: 10ms}, {signal: 100ms}", no_starts) == 110ms + call);
    CHECK(seconds("{repeat: 2, steps: [{signal: 7ms}]}, {compute: 1ms}", no_starts) == 8ms + call);
    // Other threads get the lock at its check points.
    const auto beside = run(two_cpus_with("") + R"(
os: {policy: eevdf, hz: 0}
programs:
  long: [{signal: 100ms}, {compute: 1us}]
  short: [{sleep: 1ms}, {compute: 1ms}]
tasks: [{program: long}, {program: short}]
strategies: [{direct: {}, interpreter: cpython-3.11}]
)")[0];
    CHECK((*beside.instances[1].finish).time_since_epoch() < 10ms);
    CHECK(*beside.makespan > 100ms);
}

TEST_CASE("predict: the interpreter's data follows its lock to another CPU", "[models]") {
    // One computes from 0 on; the other comes at 1 ms and has the lock at 6 ms. It fetches the data
    // for 1 ms, computes for 1 ms; then the first fetches it back and has 4 ms left.
    const auto results = run(two_cpus_with("") + R"(
os: {policy: eevdf, hz: 0}
programs:
  long: [{compute: 10ms}]
  short: [{compute: 1ms}]
tasks: [{program: long}, {program: short, arrive: 1ms}]
strategies: [{direct: {}, interpreter: {lock: cpython-3.2, cold_holder: 1ms}}]
)");
    CHECK((*results[0].instances[1].finish).time_since_epoch() >= 8ms);
    CHECK((*results[0].instances[1].finish).time_since_epoch() < 8ms + 1us);
    CHECK(*results[0].makespan >= 13ms);
    CHECK(*results[0].makespan < 13ms + 1us);
}

TEST_CASE("other sockets are balanced beside one in which some thread always moves", "[models]") {
    // Three threads on two CPUs of a socket never rest. The eight tasks of 3 s have four CPUs in
    // two sockets; four of them may run in the first of these only.
    const auto result =
        run("machine: {cores: 8, sockets: 4, costs: none}\nos: {load: [{name: m, busy: 100s, "
            "count: "
            "3, affinity: [0, 1]}, {name: n, busy: 100s, count: 2, affinity: [2, "
            "3]}]}\ninterpreter: "
            "none\nprograms: {x: [compute: 3s], y: [compute: 3s]}\ntasks: [{program: x, count: 4, "
            "affinity: [4, 5, 6, 7]}, {program: y, count: 4, affinity: [4, 5]}]\nstrategies: "
            "[direct: {}]\n")
            .front();
    // 24 s of work on four CPUs take 6 s; without a move from socket to socket 9 s.
    CHECK(*result.makespan >= 6s);
    CHECK(*result.makespan < 7s);
}

}  // namespace
}  // namespace interlock::models
