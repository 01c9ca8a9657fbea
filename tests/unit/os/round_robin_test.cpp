#include <chrono>

#include "models/os/round_robin.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

constexpr RunqueueId queue{0};
constexpr ThreadId a{0};
constexpr ThreadId b{1};

TEST_CASE("round robin: a quantum each, in turn", "[os]") {
    // OSTEP, cpu-sched/scheduler.py -p RR -l 10,2,3 -q 2: done 15, 4, 9; waits 5, 2, 6.
    RoundRobin policy(2ms, 1);
    support::PolicyDriver driver(policy);
    for (const auto work : {10ms, 2ms, 3ms}) driver.add(0ms, work);
    CHECK(driver.run(1ms) == "0(2) 1(2) 2(2) 0(2) 2(1) 0(6)");
    CHECK(driver.job(0).finished == 15ms);
    CHECK(driver.job(1).finished == 4ms);
    CHECK(driver.job(2).finished == 9ms);
    CHECK(driver.job(0).waited() == 5ms);
    CHECK(driver.job(1).waited() == 2ms);
    CHECK(driver.job(2).waited() == 6ms);
    CHECK(driver.job(2).response() == 4ms);
}

TEST_CASE("round robin: equal jobs end one quantum after the other", "[os]") {
    // OSTEP, -p RR -l 5,5,5 -q 1: done 13, 14, 15; responses 0, 1, 2.
    RoundRobin policy(1ms, 1);
    support::PolicyDriver driver(policy);
    for (int i = 0; i < 3; ++i) driver.add(0ms, 5ms);
    driver.run(1ms);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(driver.job(i).finished == 13ms + i * 1ms);
        CHECK(driver.job(i).response() == i * 1ms);
        CHECK(driver.job(i).waited() == 8ms + i * 1ms);
    }
}

TEST_CASE("round robin: the textbook's three processes", "[os]") {
    // Silberschatz, Galvin, Gagne: bursts 24, 3, 3, quantum 4: finishes 30, 7, 10.
    RoundRobin policy(4ms, 1);
    support::PolicyDriver driver(policy);
    for (const auto work : {24ms, 3ms, 3ms}) driver.add(0ms, work);
    CHECK(driver.run(1ms) == "0(4) 1(3) 2(3) 0(20)");
    CHECK(driver.job(0).waited() + driver.job(1).waited() + driver.job(2).waited() == 17ms);
}

TEST_CASE("round robin: nothing is due while nobody waits, then the rest of the quantum", "[os]") {
    RoundRobin policy(10ms, 1);
    policy.enqueue(queue, a, Joining::started, {});
    CHECK(policy.pick(queue) == a);
    CHECK_FALSE(policy.due(queue, a).has_value());
    policy.charge(queue, a, 24ms);  // two quanta and 4 ms of the third
    policy.enqueue(queue, b, Joining::started, {});
    CHECK_FALSE(policy.preempts(queue, b, a));
    CHECK(policy.due(queue, a) == 6ms);
    policy.charge(queue, a, 6ms);
    policy.enqueue(queue, a, Joining::expired, {});
    CHECK(policy.pick(queue) == b);
    CHECK(policy.due(queue, b) == 10ms);
}

TEST_CASE("round robin: who blocks gives the rest of its quantum away", "[os]") {
    RoundRobin policy(10ms, 1);
    policy.enqueue(queue, a, Joining::started, {});
    policy.enqueue(queue, b, Joining::started, {});
    CHECK(policy.pick(queue) == a);
    policy.charge(queue, a, 3ms);
    policy.dequeue(queue, a, Leaving::blocked);
    CHECK(policy.pick(queue) == b);
    policy.enqueue(queue, a, Joining::woken, {});
    policy.charge(queue, b, 10ms);
    policy.enqueue(queue, b, Joining::expired, {});
    CHECK(policy.pick(queue) == a);
    CHECK(policy.due(queue, a) == 10ms);
}

TEST_CASE("round robin: with a tick the quantum ends at the first tick after it", "[os]") {
    RoundRobin policy(5ms, 1);
    support::PolicyDriver driver(policy, 4ms);
    driver.add(0ms, {});
    driver.add(0ms, {});
    CHECK(driver.run(1ms, 32ms) == "0(8) 1(8) 0(8) 1(8)");
}

}  // namespace
}  // namespace interlock::os
