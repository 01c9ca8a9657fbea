// Event loops, by hand. Without costs only the work takes time, and a timer of the loop
// is rounded up to whole milliseconds.

#include <chrono>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::run;

const std::string no_costs = "machine: {cores: 4, costs: none}\ninterpreter: none\n";

TEST_CASE("event loop: waits for all in flight at once", "[interpreter]") {
    // ms   0   2   4   6       12  13  14  15  16  17
    // a    aaaa.................aaaa
    // b        bbbb.................  bbb
    // c            cccc.....................  ccc
    const auto results = run(no_costs + R"(
programs: {p: [{compute: 2ms}, {io: 10ms}, {compute: 1ms}]}
tasks: [{program: p, count: 3}]
strategies: [{asyncio: 3}, {asyncio: 1}]
)");
    CHECK(results[0].makespan == 17ms);
    CHECK(results[0].instances[0].finish == kernel::Time{13ms});
    CHECK(results[0].instances[1].finish == kernel::Time{15ms});
    CHECK(results[0].threads.size() == 1);
    for (const auto& one : results[0].instances) {
        CHECK(one.cpu == 3ms);
        CHECK(one.io == 10ms);
    }
    CHECK(results[1].makespan == 39ms);  // 3 x 13
}

TEST_CASE("event loop: timers are rounded up, events are not", "[interpreter]") {
    const auto results = run(no_costs + R"(
programs: {p: [{sleep: 200us}]}
tasks: [{program: p}]
strategies: [{asyncio: 1}, {asyncio: 1, name: event, set: {programs.p: [{io: 200us}]}},
             {asyncio: 1, name: exact, interpreter: {loop_resolution: 0us}}]
)");
    CHECK(results[0].makespan == 1ms);
    CHECK(results[1].makespan == 200us);
    CHECK(results[2].makespan == 200us);
}

TEST_CASE("event loop: who computes keeps the others waiting", "[interpreter]") {
    // a's event is there at 1 ms, when b has until 6 ms to compute
    const auto results = run(no_costs + R"(
programs: {a: [{io: 1ms}], b: [{native: 3ms}, {nogil: 3ms}]}
tasks: [{program: a}, {program: b}]
strategies: [{asyncio: 2}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{6ms});
    CHECK(results[0].instances[0].io == 1ms);
    CHECK(results[0].instances[1].cpu == 6ms);
}

TEST_CASE("event loop: a lock goes round in the order of asking", "[interpreter]") {
    // each holds it for 2 ms, awaiting: a 0-2, b 2-4, c 4-6, a again 6-8, ...
    const auto results = run(no_costs + R"(
programs: {p: [{repeat: 2, steps: [{acquire: l}, {io: 2ms}, {release: l}]}]}
tasks: [{program: p, count: 3}]
strategies: [{asyncio: 3}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{8ms});
    CHECK(results[0].instances[1].finish == kernel::Time{10ms});
    CHECK(results[0].instances[2].finish == kernel::Time{12ms});
}

TEST_CASE("event loop: queues, barriers and conditions are awaited", "[interpreter]") {
    const auto results = run(no_costs + R"(
programs:
  producer: [{repeat: 3, steps: [{io: 4ms}, {put: q, bytes: 1B}]}]
  consumer: [{each: q, steps: [{compute: 1ms}]}]
  late: [{wait: c, timeout: 2500us}, {barrier: b}]
  early: [{yield: {}}, {barrier: b}, {compute: 1ms}]
tasks: [{program: consumer}, {program: producer}, {program: late}, {program: early}]
strategies: [{asyncio: 4}]
)");
    CHECK(results[0].ended == Ended::done);
    CHECK(results[0].instances[0].finish == kernel::Time{13ms});  // its third item comes at 12
    CHECK(results[0].instances[2].finish == kernel::Time{3ms});   // 2.5 ms rounded up
    CHECK(results[0].instances[3].finish == kernel::Time{4ms});   // released at 3, and 1 ms
}

TEST_CASE("event loop: a thread beside it, started and awaited", "[interpreter]") {
    const auto results = run(no_costs + R"(
programs: {helper: [{nogil: 5ms}], p: [{spawn: helper}, {join: {}}], q: [{io: 2ms}]}
tasks: [{program: p}, {program: q}]
strategies: [{asyncio: 2}]
)");
    CHECK(results[0].makespan == 5ms);
    CHECK(results[0].instances[1].finish == kernel::Time{2ms});
    CHECK(results[0].threads.size() == 2);
}

TEST_CASE("event loop: a thread that computes delays each of its selects", "[interpreter]") {
    // The loop gives the lock up in select(); to get it back from a thread that computes it
    // waits one switch interval, 5 ms: after its two empty selects and after each event.
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: {preset: cpython-3.11, loop_start: 0us, loop_turn: 0us, loop_callback: 0us}
programs: {spin: [{compute: 300ms}], main: [{spawn: spin}, {repeat: 10, steps: [{io: 1ms}]}, {join: {}}]}
tasks: [{program: main}]
strategies: [{asyncio: 1}]
)");
    CHECK(results[0].lock->waits.quantile(0.5) > 4'900'000);
    CHECK(results[0].lock->waits.quantile(0.5) < 5'200'000);
}

TEST_CASE("event loop: its code is cold after it slept", "[interpreter]") {
    const auto results = run(R"(
machine: {cores: 1, costs: none}
interpreter: {preset: cpython-3.11, loop_start: 0us, loop_turn: 0us, loop_callback: 0us,
              loop_cold: 1ms, task_dispatch: 0us}
programs: {main: [{repeat: 3, steps: [{io: 10ms}]}]}
tasks: [{program: main}]
strategies: [{asyncio: 1}, {asyncio: 1, set: {programs.main.0.steps.0.io: 1ms}}]
)");
    CHECK(results[0].makespan == 33ms);         // 3 x (10 + 1)
    CHECK(results[1].makespan == 4ms + 500us);  // half of it after half of 2 ms
}

TEST_CASE("event loop: a deadlock is told by task", "[interpreter]") {
    const auto results = run(no_costs + R"(
programs:
  ab: [{acquire: a}, {io: 1ms}, {acquire: b}, {release: b}, {release: a}]
  ba: [{acquire: b}, {io: 1ms}, {acquire: a}, {release: a}, {release: b}]
tasks: [{program: ab}, {program: ba}]
strategies: [{asyncio: 2}]
)");
    CHECK(results[0].ended == Ended::deadlock);
    CHECK(*results[0].reason == "main, ab waits for lock 'b', held by main, ba; "
                                "main, ba waits for lock 'a', held by main, ab");
}

TEST_CASE("servers: workers in each of the processes take what comes", "[interpreter]") {
    // 8 tasks of 1 ms on a CPU and 9 ms of I/O by 2 x 2 threads: two rounds of 10 ms, in
    // each of which the two of a process compute at once where there is no lock; by 2
    // loops, one thread each, the second of a loop computes 1 ms later.
    const auto results = run(no_costs + R"(
programs: {p: [{nogil: 1ms}, {io: 9ms}]}
tasks: [{program: p, count: 8}]
strategies: [{processes: 2, threads: 2}, {asyncio: 2, processes: 2}, {processes: 2, threads: 4, ready: true}]
)");
    CHECK(results[0].makespan == 20ms);
    CHECK(results[0].threads.size() == 1 + 2 + 4);
    CHECK(results[1].makespan == 21ms);
    CHECK(results[1].threads.size() == 1 + 2);
    CHECK(results[1].threads.back().process == 2);
    CHECK(results[2].threads.size() == 1 + 2 + 8);
}

}  // namespace
}  // namespace interlock::models
