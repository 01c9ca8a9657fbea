#include <chrono>

#include "models/os/priority.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

Scheduling urgency(std::int32_t priority) { return {.priority = priority}; }

/// The driver is the policy's clock.
struct Fixture {
    Fixture(std::optional<Duration> quantum, std::optional<Duration> aging)
        : policy(
              quantum, aging, [this] { return driver.now(); }, 1),
          driver(policy) {}

    StaticPriority policy;
    support::PolicyDriver driver;
};

TEST_CASE("priority: the greatest runs, and takes the CPU when it comes", "[os]") {
    Fixture it({}, {});
    it.driver.add(0ms, 5ms, urgency(1));
    it.driver.add(1ms, 3ms, urgency(3));
    it.driver.add(2ms, 2ms, urgency(2));
    it.driver.add(2ms, 1ms, urgency(3));  // an equal one waits
    CHECK(it.driver.run(1ms) == "0(1) 1(3) 3(1) 2(2) 0(4)");
}

TEST_CASE("priority: who is preempted stays first, and keeps its quantum", "[os]") {
    Fixture it(4ms, {});
    it.driver.add(0ms, 8ms, urgency(1));
    it.driver.add(0ms, 8ms, urgency(1));
    it.driver.add(3ms, 2ms, urgency(2));
    CHECK(it.driver.run(1ms) == "0(3) 2(2) 0(1) 1(4) 0(4) 1(4)");
}

TEST_CASE("priority: without aging the least starve, with it they have turns", "[os]") {
    // b waits from 0 and has 1 + 4 > 4 after 40 ms of waiting. It runs with 5 until its quantum is
    // over; then it begins anew with 1, and a is preferred for another 40 ms.
    Fixture it(10ms, 10ms);
    it.driver.add(0ms, {}, urgency(4));
    it.driver.add(0ms, {}, urgency(1));
    CHECK(it.driver.run(1ms, 100ms) == "0(40) 1(10) 0(40) 1(10)");

    Fixture without(10ms, {});
    without.driver.add(0ms, {}, urgency(4));
    without.driver.add(0ms, {}, urgency(1));
    CHECK(without.driver.run(1ms, 100ms) == "0(100)");
}

TEST_CASE("priority: what waiting has gained outlasts a preemption", "[os]") {
    // The second has 0 + 3 after 30 ms, and goes on when the third is through; at 66 ms the first
    // has 2 + 3 > 3 + 1, of the second's 30 ms of waiting.
    Fixture it({}, 10ms);
    it.driver.add(0ms, 100ms, urgency(2));
    it.driver.add(0ms, 100ms, urgency(0));
    it.driver.add(35ms, 1ms, urgency(9));
    CHECK(it.driver.run(1ms, 50ms) == "0(30) 1(5) 2(1) 1(14)");
}

}  // namespace
}  // namespace interlock::os
