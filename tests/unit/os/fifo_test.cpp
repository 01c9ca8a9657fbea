#include <chrono>

#include "models/os/fifo.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

constexpr RunqueueId queue{0};
constexpr ThreadId a{0};
constexpr ThreadId b{1};
constexpr ThreadId c{2};

TEST_CASE("fifo: who comes first runs to its end", "[os]") {
    // OSTEP, cpu-sched/scheduler.py -p FIFO -l 100,10,10: turnaround 100, 110, 120.
    Fifo policy(2);
    support::PolicyDriver driver(policy);
    for (const auto work : {100ms, 10ms, 10ms}) driver.add(0ms, work);
    CHECK(driver.run(1ms) == "0(100) 1(10) 2(10)");
    CHECK(driver.job(0).turnaround() == 100ms);
    CHECK(driver.job(1).turnaround() == 110ms);
    CHECK(driver.job(2).turnaround() == 120ms);
}

TEST_CASE("fifo: the mean wait depends on the order of arrival", "[os]") {
    // Silberschatz, Galvin, Gagne: 24, 3, 3 waits 17 on the average; 3, 3, 24 waits 3.
    const auto mean_wait = [](std::initializer_list<std::chrono::milliseconds> works) {
        Fifo policy(2);
        support::PolicyDriver driver(policy);
        for (const auto work : works) driver.add(0ms, work);
        driver.run(1ms);
        return (driver.job(0).waited() + driver.job(1).waited() + driver.job(2).waited()) / 3;
    };
    CHECK(mean_wait({24ms, 3ms, 3ms}) == 17ms);
    CHECK(mean_wait({3ms, 3ms, 24ms}) == 3ms);
}

TEST_CASE("fifo: nobody preempts and nothing is ever due", "[os]") {
    Fifo policy(2);
    policy.enqueue(queue, a, Joining::started, {});
    CHECK(policy.pick(queue) == a);
    policy.enqueue(queue, b, Joining::woken, {});
    CHECK_FALSE(policy.preempts(queue, b, a));
    CHECK_FALSE(policy.due(queue, a).has_value());
}

TEST_CASE("fifo: who yields goes to the tail, who migrates leaves its place", "[os]") {
    Fifo policy(2);
    for (const auto thread : {a, b, c}) policy.enqueue(queue, thread, Joining::started, {});
    CHECK(policy.pick(queue) == a);
    policy.enqueue(queue, a, Joining::yielded, {});
    CHECK(policy.queued(queue) == 3);
    CHECK(policy.queued_at(queue, 2) == a);
    policy.dequeue(queue, c, Leaving::migrated);
    policy.enqueue(RunqueueId{1}, c, Joining::migrated, {});
    CHECK(policy.pick(queue) == b);
    CHECK(policy.pick(queue) == a);
    CHECK_FALSE(policy.pick(queue).has_value());
    CHECK(policy.pick(RunqueueId{1}) == c);
}

}  // namespace
}  // namespace interlock::os
