#include <chrono>

#include "models/os/sjf.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

constexpr RunqueueId queue{0};
constexpr ThreadId a{0};
constexpr ThreadId b{1};

TEST_CASE("sjf: the shortest job is first", "[os]") {
    // OSTEP, cpu-sched/scheduler.py -p SJF -l 9,8,5,3,6: turnaround 31, 22, 8, 3, 14.
    ShortestJobFirst policy(1);
    support::PolicyDriver driver(policy);
    for (const auto work : {9ms, 8ms, 5ms, 3ms, 6ms}) driver.add(0ms, work);
    CHECK(driver.run(1ms) == "3(3) 2(5) 4(6) 1(8) 0(9)");
    CHECK(driver.job(0).turnaround() == 31ms);
    CHECK(driver.job(1).turnaround() == 22ms);
    CHECK(driver.job(4).turnaround() == 14ms);
}

TEST_CASE("sjf: the textbook's four processes wait 7 on the average", "[os]") {
    // Silberschatz, Galvin, Gagne: bursts 6, 8, 7, 3.
    ShortestJobFirst policy(1);
    support::PolicyDriver driver(policy);
    for (const auto work : {6ms, 8ms, 7ms, 3ms}) driver.add(0ms, work);
    CHECK(driver.run(1ms) == "3(3) 0(6) 2(7) 1(8)");
    CHECK((driver.job(0).waited() + driver.job(1).waited() + driver.job(2).waited() +
           driver.job(3).waited()) /
              4 ==
          7ms);
}

TEST_CASE("sjf: a shorter job that comes later waits for the running one", "[os]") {
    // The same book's preemptive example, run without preemption: arrivals 0, 1, 2, 3 and
    // bursts 8, 4, 9, 5 wait 0, 7, 15, 9, on the average 7.75.
    ShortestJobFirst policy(1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 8ms);
    driver.add(1ms, 4ms);
    driver.add(2ms, 9ms);
    driver.add(3ms, 5ms);
    CHECK(driver.run(1ms) == "0(8) 1(4) 3(5) 2(9)");
    CHECK(driver.job(1).waited() == 7ms);
    CHECK(driver.job(2).waited() == 15ms);
    CHECK(driver.job(3).waited() == 9ms);
}

TEST_CASE("sjf: equal bursts run in the order of entering", "[os]") {
    ShortestJobFirst policy(1);
    policy.enqueue(queue, b, Joining::started, {.weight = 1024, .burst = Work::of(5ms)});
    policy.enqueue(queue, a, Joining::started, {.weight = 1024, .burst = Work::of(5ms)});
    CHECK(policy.needs_burst());
    CHECK(policy.queued_at(queue, 0) == b);
    CHECK(policy.pick(queue) == b);
    CHECK(policy.pick(queue) == a);
    CHECK_FALSE(policy.pick(queue).has_value());
}

TEST_CASE("sjf: who migrates leaves its place", "[os]") {
    ShortestJobFirst policy(2);
    policy.enqueue(queue, a, Joining::started, {.weight = 1024, .burst = Work::of(1ms)});
    policy.enqueue(queue, b, Joining::started, {.weight = 1024, .burst = Work::of(5ms)});
    policy.dequeue(queue, a, Leaving::migrated);
    CHECK(policy.queued(queue) == 1);
    CHECK(policy.pick(queue) == b);
}

}  // namespace
}  // namespace interlock::os
