// What wake-ups, interrupts and cold calls cost, one at a time.

#include <chrono>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using support::one_cpu_with;
using support::run;
using support::two_cpus_with;

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
  - {name: b, program: come, arrive: 1ms, affinity: [1]}
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

}  // namespace
}  // namespace interlock::models
