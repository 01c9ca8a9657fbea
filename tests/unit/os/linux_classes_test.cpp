#include <chrono>
#include <memory>
#include <type_traits>

#include "models/os/cfs.hpp"
#include "models/os/eevdf.hpp"
#include "models/os/linux_classes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

const Scheduling ordinary{};
const Scheduling real_time{.kind = SchedulingClass::fifo, .priority = 10};
const Scheduling by_deadline{
    .kind = SchedulingClass::deadline, .runtime = 10ms, .period = 100ms, .deadline = 100ms};

/// One CPU without ticks; the driver is the policy's clock.
template <typename Fair>
struct Fixture {
    PolicySetting setting{.now = [this] { return driver.now(); }};
    LinuxClasses policy{std::make_unique<Fair>(setting), SchedulingClass::normal, setting};
    support::PolicyDriver driver{policy};
};

TEST_CASE("linux: the classes in their order", "[os]") {
    Fixture<Eevdf> it;
    it.driver.add(0ms, 5ms, ordinary);
    it.driver.add(1ms, 5ms, real_time);
    it.driver.add(2ms, 5ms, by_deadline);
    CHECK(it.driver.run(1ms) == "0(1) 1(1) 2(5) 1(4) 0(4)");
}

TEST_CASE("linux: the fair server keeps 50 ms of a second from real-time threads", "[os]") {
    // The latest time for 50 ms by 1 s is 950 ms; from then on at each second's begin.
    Fixture<Eevdf> it;
    it.driver.add(0ms, {}, real_time);
    it.driver.add(0ms, {}, ordinary);
    CHECK(it.driver.run(50ms, 3s) == "0(19) 1(2) 0(19) 1(1) 0(19)");
}

TEST_CASE("linux: fair threads that had their 50 ms need no server", "[os]") {
    // The ordinary thread ran for 60 ms before the other came: it had its 50 ms, and 10 of the next
    // second, from 50 ms on. The latest time for the other 40 is 1010 ms; then it is a new second.
    Fixture<Eevdf> it;
    it.driver.add(0ms, {}, ordinary);
    it.driver.add(60ms, {}, real_time);
    CHECK(it.driver.run(10ms, 2s) == "0(6) 1(95) 0(9) 1(90)");
}

TEMPLATE_TEST_CASE("linux: whom threads of sched_batch and sched_idle preempt", "[os]", Cfs,
                   Eevdf) {
    // Of CFS, the woken thread is 3 ms behind the running one, and an ordinary one preempts from
    // 1 ms on.
    using enum SchedulingClass;
    const auto preempts = [](SchedulingClass woken, SchedulingClass running) {
        Fixture<TestType> it;
        constexpr RunqueueId queue{0};
        constexpr ThreadId first{0};
        constexpr ThreadId second{1};
        const Facts of_second{.scheduling = {.kind = woken}};
        it.policy.enqueue(queue, second, Joining::started, of_second);
        REQUIRE(it.policy.pick(queue) == second);
        it.policy.dequeue(queue, second, Leaving::blocked);
        it.policy.enqueue(queue, first, Joining::started, {.scheduling = {.kind = running}});
        REQUIRE(it.policy.pick(queue) == first);
        it.policy.charge(queue, first, 100ms);
        it.policy.enqueue(queue, second, Joining::woken, of_second);
        return it.policy.preempts(queue, second, first);
    };
    if (std::is_same_v<TestType, Cfs>) {
        CHECK(preempts(normal, normal));
        CHECK(preempts(normal, batch));
    }
    CHECK(preempts(normal, idle));
    CHECK(preempts(batch, idle));
    CHECK_FALSE(preempts(batch, normal));
    CHECK_FALSE(preempts(batch, batch));
    CHECK_FALSE(preempts(idle, normal));
    CHECK_FALSE(preempts(idle, idle));
}

}  // namespace
}  // namespace interlock::os
