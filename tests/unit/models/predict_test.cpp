// Whole scenarios that are small enough to be worked out by hand.

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
using support::one_cpu;
using support::run;
using support::two_cpus;

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

TEST_CASE("predict: a real-time thread runs where it was just woken", "[models]") {
    // a is on CPU 0, b on the idle CPU 1: CPU 0, which chooses first, does not take b.
    const auto row = run(two_cpus + R"(
os: {policy: eevdf}
programs: {a: [{compute: 10ms}], b: [{compute: 100ms}]}
tasks:
  - {program: a, affinity: [0]}
  - {program: b, sched: {policy: sched_fifo, priority: 10}}
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.instances[0].finish == kernel::Time{10ms});
    CHECK(row.instances[1].finish == kernel::Time{100ms});
}

TEST_CASE("predict: aging may be as slow as can be said", "[models]") {
    // lo would have to wait for 2 million days to overtake hi.
    const auto row = run(one_cpu + R"(
os: {policy: {priority: {aging: 86400s}}}
programs: {a: [{compute: 1ms}]}
tasks:
  - {program: a, name: lo, sched: {priority: -1000000}}
  - {program: a, name: hi, sched: {priority: 1000000}, arrive: 100us}
events_max: 1000
strategies: [{direct: {}}]
)")
                         .front();
    CHECK(row.instances[0].finish == kernel::Time{2ms});
    CHECK(row.instances[1].finish == kernel::Time{1100us});
}

/// Three tasks of these steps on one CPU, first come, first served: why the run was given up.
std::string bound(const std::string& machine, const std::string& steps) {
    const auto row = run("machine: {cores: 1, costs: none" + machine +
                         "}\ninterpreter: none\nos: {policy: fifo}\nprograms: {p: [" + steps +
                         "]}\ntasks: [{program: p, count: 3}]\nstrategies: [direct: {}]\n")
                         .front();
    CHECK(row.ended == Ended::bound);
    return row.reason.value_or("");
}

TEST_CASE("predict: where time does not pass is a bound", "[models][large]") {
    CHECK(bound("", "{repeat: 1000000000, steps: [compute: 0ns]}") ==
          "time does not pass: 50 million steps that take none");
}

TEST_CASE("predict: what does not end is a bound", "[models]") {
    // 10^10 s each; 292 years are 9.2 x 10^9.
    CHECK(bound(", speed: 0.001", "compute: 10000000s") == "not all tasks finish within 292 years");
    // Three steps of 143 years each.
    for (const auto* const step : {"compute", "native", "sleep", "io"}) {
        CAPTURE(step);
        const auto one = std::string(step) + ": 4500000000s";
        CHECK(bound(", memory: 1GiB", one + ", " + one + ", " + one) ==
              "not all tasks finish within 292 years");
    }
    // Each sleeps for 143 years.
    CHECK(bound("", "sleep: 4500000000s") ==
          "all threads together lived for more than 292 years, which is more than the books hold");
}

TEST_CASE("predict: how many CPUs are busy is told of the time after the warm-up", "[models]") {
    // 2 ms of every 4, of which the first 300 are left out.
    const auto load = [](const std::string& warmup) {
        return run(one_cpu +
                   "os: {policy: fifo}\nprograms: {p: [compute: 2ms]}\ntasks: [{program: p, "
                   "arrive: {every: 4ms}, count: 100}]\nstrategies: [direct: {}]\nwarmup: " +
                   warmup + "\n")
            .front()
            .why;
    };
    CHECK(load("300ms") == "0.51 of 1 CPUs is busy on average");  // 25 x 2 of 98 ms
    CHECK(load("10s") == "the warm-up leaves nothing of it to look at");
}

}  // namespace
}  // namespace interlock::models
