#include <chrono>

#include "models/os/sched_deadline.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

Scheduling budget(Duration runtime, Duration period, std::optional<Duration> deadline = {}) {
    return {.kind = SchedulingClass::deadline,
            .runtime = runtime,
            .period = period,
            .deadline = deadline};
}

/// The driver is the policy's clock.
struct Fixture {
    LinuxDeadline policy{[this] { return driver.now(); }, 1};
    support::PolicyDriver driver{policy};
};

TEST_CASE("sched_deadline: the earliest deadline runs, and takes the CPU when it comes", "[os]") {
    Fixture it;
    it.driver.add(0ms, 10ms, budget(10ms, 60ms));  // by 60
    it.driver.add(5ms, 10ms, budget(10ms, 30ms));  // by 35
    it.driver.add(6ms, 5ms, budget(5ms, 29ms));    // by 35 too: an equal one waits
    CHECK(it.driver.run(1ms) == "0(5) 1(10) 2(5) 0(5)");
}

TEST_CASE("sched_deadline: who has used up its runtime waits for its period's end", "[os]") {
    // 20 of each 40 ms: from 0 to 20, 40 to 60, 80 to 90.
    Fixture it;
    it.driver.add(0ms, 50ms, budget(20ms, 40ms));
    it.driver.run(1ms);
    CHECK(it.driver.job(0).finished == 90ms);
}

TEST_CASE("sched_deadline: one that wants more than its bandwidth takes from nobody", "[os]") {
    // 0 wants 30 ms and has 10 of each 40: 0 to 10, 40 to 50, 80 to 90. 1 has its 20 by 50, as if
    // 0 had asked for 10 only.
    Fixture it;
    it.driver.add(0ms, 30ms, budget(10ms, 40ms));
    it.driver.add(0ms, 20ms, budget(20ms, 50ms));
    CHECK(it.driver.run(1ms) == "0(10) 1(20) 0(20)");
    CHECK(it.driver.job(0).finished == 90ms);
    CHECK(it.driver.job(1).finished == 30ms);
}

TEST_CASE("sched_deadline: runtime comes with the period, not with the deadline", "[os]") {
    // 5 ms by 10 in each 20: from 0 to 5, 20 to 25.
    Fixture it;
    it.driver.add(0ms, 10ms, budget(5ms, 20ms, 10ms));
    it.driver.run(1ms);
    CHECK(it.driver.job(0).finished == 25ms);
}

TEST_CASE("sched_deadline: at a wake-up the rest is kept if it is within the bandwidth", "[os]") {
    // Abeni and Buttazzo's rule: 10 of each 40 ms, and 6 left when it blocks at 4. Woken at 10 it
    // may use them by 40 (6 / 30 < 10 / 40); woken at 20 it could take 6 / 20 > 10 / 40, and
    // begins anew, with 10 ms by 60.
    const auto used_after = [](Duration wakes) {
        Duration now{};
        LinuxDeadline policy([&now] { return kernel::Time{now}; }, 1);
        constexpr RunqueueId queue{0};
        constexpr ThreadId thread{0};
        const Facts facts{.scheduling = budget(10ms, 40ms)};
        policy.enqueue(queue, thread, Joining::started, facts);
        REQUIRE(policy.pick(queue) == thread);
        now = 4ms;
        policy.charge(queue, thread, 4ms);
        policy.dequeue(queue, thread, Leaving::blocked);
        now = wakes;
        policy.enqueue(queue, thread, Joining::woken, facts);
        REQUIRE(policy.pick(queue) == thread);
        return *policy.due(queue, thread);
    };
    CHECK(used_after(10ms) == 6ms);
    CHECK(used_after(20ms) == 10ms);
}

}  // namespace
}  // namespace interlock::os
