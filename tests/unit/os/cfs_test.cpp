#include <chrono>

#include "models/os/cfs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

constexpr RunqueueId queue{0};
constexpr ThreadId a{0};
constexpr ThreadId b{1};

/// One CPU: latency 6 ms, min_granularity 0.75 ms, wakeup_granularity 1 ms.
PolicySetting one_cpu(std::optional<Duration> tick = {}) {
    return {.runqueues = 1, .cpus = 1, .tick = tick};
}

TEST_CASE("cfs: a period of 6 ms is shared by weight", "[os]") {
    Cfs policy(one_cpu());
    support::PolicyDriver driver(policy);
    driver.add(0ms, {}, 1024);
    driver.add(0ms, {}, 335);  // nice 5
    driver.run(1ms, 40s);
    const auto ratio = static_cast<double>(driver.job(0).ran.count()) /
                       static_cast<double>(driver.job(1).ran.count());
    CHECK(ratio == Approx(1024.0 / 335).epsilon(0.001));
}

TEST_CASE("cfs: equal threads have slices of latency / n, in ticks", "[os]") {
    // Two: 3 ms each, noticed at ticks of 1 ms when it was exceeded: 4 ms, or 3 where the other
    // is ahead by less. Three: 2 ms. Ten: 10 x 0.75 / 10.
    const auto longest = [](int threads, Duration tick) {
        Cfs policy(one_cpu(tick));
        support::PolicyDriver driver(policy, tick);
        for (int i = 0; i < threads; ++i) driver.add(0ms, {});
        driver.run(1ms, 1200ms);
        for (int i = 0; i < threads; ++i) {
            const auto share = 1200ms / threads;
            CHECK(driver.job(static_cast<std::size_t>(i)).ran >= share - 8ms);
            CHECK(driver.job(static_cast<std::size_t>(i)).ran <= share + 8ms);
        }
        return driver.lengths().rbegin()->first;
    };
    CHECK(longest(2, 1ms) == 4ms);
    CHECK(longest(3, 1ms) == 3ms);
    CHECK(longest(10, 1ms) == 1ms);
    CHECK(longest(2, 4ms) == 4ms);
}

TEST_CASE("cfs: who has slept long has half a latency of credit, and preempts", "[os]") {
    Cfs policy(one_cpu());
    policy.enqueue(queue, a, Joining::started, {});
    policy.enqueue(queue, b, Joining::started, {});
    REQUIRE(policy.pick(queue) == a);
    policy.dequeue(queue, a, Leaving::blocked);
    REQUIRE(policy.pick(queue) == b);
    policy.charge(queue, b, 100ms);
    const auto ahead = policy.vruntime(b);
    policy.enqueue(queue, a, Joining::woken, {});
    CHECK(policy.vruntime(a) == ahead - 3'000'000);  // less than it had before is never given
    CHECK(policy.preempts(queue, a, b));
    policy.enqueue(queue, b, Joining::preempted, {});
    REQUIRE(policy.pick(queue) == a);
    // Ahead by 3 - 2.5 ms only: the granularity of 1 ms is not reached.
    policy.charge(queue, a, 500us);
    policy.dequeue(queue, a, Leaving::blocked);
    REQUIRE(policy.pick(queue) == b);
    policy.enqueue(queue, a, Joining::woken, {});
    CHECK(policy.preempts(queue, a, b));
    policy.enqueue(queue, b, Joining::preempted, {});
    REQUIRE(policy.pick(queue) == a);
    policy.charge(queue, a, 1600us);
    policy.dequeue(queue, a, Leaving::blocked);
    REQUIRE(policy.pick(queue) == b);
    policy.enqueue(queue, a, Joining::woken, {});  // 3 - 0.5 - 1.6 = 0.9 ms behind
    CHECK_FALSE(policy.preempts(queue, a, b));
}

TEST_CASE("cfs: a new thread starts a slice behind the others", "[os]") {
    Cfs policy(one_cpu());
    policy.enqueue(queue, a, Joining::started, {});
    REQUIRE(policy.pick(queue) == a);
    policy.charge(queue, a, 10ms);
    policy.enqueue(queue, b, Joining::started, {});
    CHECK(policy.vruntime(b) == policy.vruntime(a) + 3'000'000);
    CHECK_FALSE(policy.preempts(queue, b, a));
}

TEST_CASE("cfs: whom a wake-up is to preempt is not in the queue yet", "[os]") {
    // Two CPUs of one queue; the second picks before the first has put its thread back.
    constexpr ThreadId c{2};
    Cfs policy({.runqueues = 1, .cpus = 2});
    for (const auto thread : {a, b, c}) policy.enqueue(queue, thread, Joining::started, {});
    REQUIRE(policy.pick(queue) == a);
    REQUIRE(policy.pick(queue) == c);  // it starts a third of a period behind a, b half of one
    policy.charge(queue, a, 100ms);
    policy.charge(queue, c, 50ms);
    REQUIRE(policy.preempts(queue, b, a));
    policy.dequeue(queue, c, Leaving::blocked);
    CHECK(policy.pick(queue) == b);
    CHECK_FALSE(policy.pick(queue));
    policy.enqueue(queue, a, Joining::preempted, {});
    CHECK(policy.pick(queue) == a);
}

}  // namespace
}  // namespace interlock::os
