#include <chrono>

#include "models/os/sched_rt.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

Scheduling fifo(std::int32_t priority) {
    return {.kind = SchedulingClass::fifo, .priority = priority};
}
Scheduling in_turn(std::int32_t priority) {
    return {.kind = SchedulingClass::rr, .priority = priority};
}

// By the rules of sched(7): "A SCHED_FIFO thread runs until either it is blocked by an I/O
// request, it is preempted by a higher priority thread, or it calls sched_yield(2)."

TEST_CASE("sched_fifo: the greatest priority until it blocks", "[os]") {
    LinuxRealTime policy(1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 5ms, fifo(1));
    driver.add(1ms, 3ms, fifo(3));
    driver.add(2ms, 2ms, fifo(2));
    driver.add(2ms, 1ms, fifo(3));  // an equal one waits
    driver.add(3ms, 1ms, fifo(1));  // behind the first, which goes on where it was preempted
    CHECK(driver.run(1ms) == "0(1) 1(3) 3(1) 2(2) 0(4) 4(1)");
}

TEST_CASE("sched_rr: equal priorities in turn, for 100 ms each", "[os]") {
    LinuxRealTime policy(1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 250ms, in_turn(1));
    driver.add(0ms, 250ms, in_turn(1));
    driver.add(30ms, 20ms, in_turn(2));  // preempts; 70 ms of the slice are left
    CHECK(driver.run(10ms) == "0(3) 2(2) 0(7) 1(10) 0(10) 1(10) 0(5) 1(5)");
}

TEST_CASE("sched_rr: slices follow one another while nobody else wants to run", "[os]") {
    LinuxRealTime policy(1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 400ms, in_turn(1));
    driver.add(250ms, 50ms, in_turn(1));  // the third slice of the first has 50 ms left
    CHECK(driver.run(10ms) == "0(30) 1(5) 0(10)");
}

TEST_CASE("sched_rr: a slice that ends between ticks is over, whoever runs meanwhile", "[os]") {
    // The slice of 0 is used up at 101 ms, which the tick at 104 ms would notice; 2 comes before.
    LinuxRealTime policy(1);
    support::PolicyDriver driver(policy, 4ms);
    driver.add(1ms, 300ms, in_turn(1));
    driver.add(1ms, 8ms, in_turn(1));
    driver.add(102ms, 1ms, in_turn(2));
    CHECK(driver.run(1ms) == "0(101) 2(1) 0(1) 1(8) 0(198)");
}

TEST_CASE("sched_rr: beside it one of sched_fifo keeps the CPU", "[os]") {
    LinuxRealTime policy(1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 150ms, in_turn(1));
    driver.add(0ms, 300ms, fifo(1));
    CHECK(driver.run(10ms) == "0(10) 1(30) 0(5)");
}

}  // namespace
}  // namespace interlock::os
