// Shares by tickets: lottery and stride scheduling.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "models/os/lottery.hpp"
#include "models/os/stride.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

Scheduling tickets(std::uint32_t count) { return {.priority = 0, .tickets = count}; }

TEST_CASE("lottery: the winners of the book's simulator, by its own draws", "[os]") {
    // Operating Systems: Three Easy Pieces, cpu-sched-lottery/lottery.py -j 3 -s 0 (commit
    // 6c6cfc7e): jobs of 8, 4, 5 with 75, 25, 40 tickets. The last to run draws no more here.
    const std::vector<std::uint64_t> drawn{79, 73, 37,  2,  73, 127, 18, 84, 129,
                                           46, 27, 126, 38, 31, 32,  7,  14};
    std::size_t next = 0;
    Lottery policy(
        1ms, [&] { return drawn.at(next++); }, 1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 8ms, tickets(75));
    driver.add(0ms, 4ms, tickets(25));
    driver.add(0ms, 5ms, tickets(40));
    CHECK(driver.run(1ms) == "1(1) 0(4) 2(1) 0(1) 1(1) 2(1) 0(2) 2(1) 0(1) 2(2) 1(2)");
    CHECK(driver.job(0).finished == 13ms);
    CHECK(driver.job(2).finished == 15ms);
    CHECK(driver.job(1).finished == 17ms);
}

TEST_CASE("stride: shares by tickets, each within a quantum at any time", "[os]") {
    // 100, 50 and 250 tickets: passes grow by 10, 20 and 4 units a quantum.
    Stride policy(1ms, 1);
    support::PolicyDriver driver(policy);
    for (const auto count : {100U, 50U, 250U}) driver.add(0ms, {}, tickets(count));
    // 0 0 0 -> a 10 -> b 20 -> c 4, 8, 12 -> a 20 -> c 16, 20 -> of 20, 20, 20 the first
    CHECK(driver.run(1ms, 8ms) == "0(1) 1(1) 2(3) 0(1) 2(2)");
    driver.run(1ms, 800ms);
    CHECK(driver.job(0).ran == 200ms);
    CHECK(driver.job(1).ran == 100ms);
    CHECK(driver.job(2).ran == 500ms);
}

TEST_CASE("stride: who comes late is not owed what it missed", "[os]") {
    Stride policy(1ms, 1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, {}, tickets(100));
    driver.add(100ms, {}, tickets(100));
    driver.run(1ms, 200ms);
    CHECK(driver.job(0).ran == 150ms);
    CHECK(driver.job(1).ran == 50ms);
}

TEST_CASE("stride: who moves to another queue keeps its distance to the least", "[os]") {
    constexpr RunqueueId here{0};
    constexpr RunqueueId there{1};
    constexpr ThreadId a{0};
    constexpr ThreadId b{1};
    Stride policy(1ms, 2);
    const Facts facts{.scheduling = tickets(100)};
    policy.enqueue(here, a, Joining::started, facts);
    REQUIRE(policy.pick(here) == a);
    policy.charge(here, a, 10s);
    policy.enqueue(here, a, Joining::expired, facts);
    policy.dequeue(here, a, Leaving::migrated);
    policy.enqueue(there, b, Joining::started, facts);
    policy.enqueue(there, a, Joining::migrated, facts);
    // Both are at the least of their queue, and a has the lower number.
    CHECK(policy.pick(there) == a);
}

}  // namespace
}  // namespace interlock::os
