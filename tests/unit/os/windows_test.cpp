#include <chrono>

#include "models/os/windows.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

constexpr Duration unit = 1250us;  // 25 of them are a quantum

Scheduling base(std::int32_t priority) { return {.priority = priority}; }

/// The driver is the policy's clock.
struct Fixture {
    Windows policy{{.now = [this] { return driver.now(); }}};
    support::PolicyDriver driver{policy};
};

TEST_CASE("windows: equal priorities in turn, the greater ones at once", "[os]") {
    Fixture it;
    it.driver.add(0ms, 75 * unit);
    it.driver.add(0ms, 25 * unit);
    it.driver.add(10 * unit, 5 * unit, base(9));  // 15 units of the quantum are left
    CHECK(it.driver.run(unit) == "0(10) 2(5) 0(15) 1(25) 0(50)");
}

TEST_CASE("windows: who has waited is one above its base for a quantum", "[os]") {
    constexpr RunqueueId queue{0};
    constexpr ThreadId waiter{0};
    constexpr ThreadId other{1};
    Windows policy({.now = [] { return kernel::Time{}; }});
    policy.enqueue(queue, waiter, Joining::started, {});
    REQUIRE(policy.pick(queue) == waiter);
    policy.dequeue(queue, waiter, Leaving::blocked);
    policy.enqueue(queue, other, Joining::started, {});
    REQUIRE(policy.pick(queue) == other);
    policy.enqueue(queue, waiter, Joining::woken, {});
    CHECK(policy.priority(waiter) == 9);
    CHECK(policy.preempts(queue, waiter, other));
    policy.enqueue(queue, other, Joining::preempted, {});
    REQUIRE(policy.pick(queue) == waiter);
    policy.charge(queue, waiter, 25 * unit);
    policy.enqueue(queue, waiter, Joining::expired, {});
    CHECK(policy.priority(waiter) == 8);
    CHECK(policy.pick(queue) == other);
}

TEST_CASE("windows: priorities from 16 on are not boosted", "[os]") {
    constexpr RunqueueId queue{0};
    constexpr ThreadId thread{0};
    Windows policy({.now = [] { return kernel::Time{}; }});
    const Facts facts{.scheduling = base(20)};
    policy.enqueue(queue, thread, Joining::started, facts);
    REQUIRE(policy.pick(queue) == thread);
    policy.dequeue(queue, thread, Leaving::blocked);
    policy.enqueue(queue, thread, Joining::woken, facts);
    CHECK(policy.priority(thread) == 20);
}

TEST_CASE("windows: who has starved for 4 s has two quanta, found at whole seconds", "[os]") {
    // It is found at 4 s and runs until 4.0625 s; so it is found again at 9 s.
    Fixture it;
    it.driver.add(0ms, {}, base(9));
    it.driver.add(0ms, {}, base(8));
    CHECK(it.driver.run(unit, 10s) == "0(3200) 1(50) 0(3950) 1(50) 0(750)");
}

}  // namespace
}  // namespace interlock::os
