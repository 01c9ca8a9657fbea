#include <chrono>

#include "models/os/o1.hpp"
#include "models/os/weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

constexpr RunqueueId queue{0};
constexpr ThreadId first{0};
constexpr ThreadId second{1};

/// The driver is the policy's clock.
struct Fixture {
    LinuxO1 policy{{.now = [this] { return driver.now(); }}};
    support::PolicyDriver driver{policy};
};

TEST_CASE("o1: slices of 800, 100 and 5 ms for nice -20, 0 and 19", "[os]") {
    for (const auto& [nice, slice] : {std::pair{-20, 800ms}, {0, 100ms}, {1, 95ms}, {19, 5ms}}) {
        LinuxO1 policy({.now = [] { return kernel::Time{}; }});
        const Facts facts{.weight = weight_of_nice(nice)};
        policy.enqueue(queue, first, Joining::started, facts);
        policy.enqueue(queue, second, Joining::started, facts);
        REQUIRE(policy.pick(queue) == first);
        CHECK(*policy.due(queue, first) == slice);
    }
}

TEST_CASE("o1: each its slice, then the arrays are exchanged", "[os]") {
    Fixture it;
    it.driver.add(0ms, {}, weight_of_nice(0));
    it.driver.add(0ms, {}, weight_of_nice(19));
    it.driver.add(0ms, {}, weight_of_nice(0));
    CHECK(it.driver.run(5ms, 410ms) == "0(20) 2(20) 1(1) 0(20) 2(20) 1(1)");
}

TEST_CASE("o1: the smaller priority preempts, and the other goes on before its equals", "[os]") {
    Fixture it;
    it.driver.add(0ms, 30ms, weight_of_nice(0));
    it.driver.add(0ms, 30ms, weight_of_nice(0));
    it.driver.add(10ms, 20ms, weight_of_nice(-5));
    CHECK(it.driver.run(10ms) == "0(1) 2(2) 0(2) 1(3)");
}

TEST_CASE("o1: who sleeps gains priority, and stays active when its slice is over", "[os]") {
    // After 1 s of sleep the average is at its limit: bonus 5, 120 - 5. A hog has -5. 100 ms at a
    // tenth of the rate leave 990 ms: bonus 4.
    Duration now{};
    LinuxO1 policy({.now = [&now] { return kernel::Time{now}; }});
    policy.enqueue(queue, first, Joining::started, {});
    CHECK(policy.priority(first) == 125);
    REQUIRE(policy.pick(queue) == first);
    policy.dequeue(queue, first, Leaving::blocked);
    policy.enqueue(queue, second, Joining::started, {});
    REQUIRE(policy.pick(queue) == second);
    now = 1s;
    policy.enqueue(queue, first, Joining::woken, {});
    CHECK(policy.priority(first) == 115);
    CHECK(policy.preempts(queue, first, second));
    policy.enqueue(queue, second, Joining::preempted, {});
    REQUIRE(policy.pick(queue) == first);
    now += 100ms;
    policy.charge(queue, first, 100ms);
    policy.enqueue(queue, first, Joining::expired, {});
    CHECK(policy.priority(first) == 116);
    CHECK(policy.pick(queue) == first);
}

}  // namespace
}  // namespace interlock::os
