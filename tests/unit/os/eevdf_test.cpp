#include <chrono>

#include "models/os/eevdf.hpp"
#include "models/os/weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eevdf_fixture.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

using Fixture = support::EevdfFixture;
using support::close;

constexpr auto queue = Fixture::queue;
constexpr auto other = Fixture::other;
constexpr ThreadId a{0};
constexpr ThreadId b{1};
constexpr ThreadId c{2};
constexpr ThreadId d{3};

TEST_CASE("eevdf: the slice grows with the logarithm of the CPUs, up to eight", "[os]") {
    const auto slice = [](std::uint32_t cpus) {
        return Eevdf({.runqueues = 1, .cpus = cpus, .tick = {}}).slice();
    };
    CHECK(slice(1) == 700us);
    CHECK(slice(2) == 1400us);
    CHECK(slice(3) == 1400us);
    CHECK(slice(4) == 2100us);
    CHECK(slice(8) == 2800us);
    CHECK(slice(128) == 2800us);
}

TEST_CASE("eevdf: slices end at ticks, so runs are whole ticks", "[os]") {
    SECTION("slice 1.4 ms, tick 4 ms: 4 ms each, in strict turn") {
        Eevdf policy({.runqueues = 1, .cpus = 2, .tick = 4ms});
        support::PolicyDriver driver(policy, 4ms);
        for (int i = 0; i < 3; ++i) driver.add(0ms, {});
        std::string expected = "0(4) 1(4) 2(4)";
        for (int i = 1; i < 20; ++i) expected += " 0(4) 1(4) 2(4)";
        CHECK(driver.run(1ms, 240ms) == expected);
        for (std::size_t i = 0; i < 3; ++i) CHECK(driver.job(i).ran == 80ms);
    }
    SECTION("slice 2.8 ms, tick 1 ms: 3 ms each; the first, of new threads, half a slice") {
        Eevdf policy({.runqueues = 1, .cpus = 8, .tick = 1ms});
        support::PolicyDriver driver(policy, 1ms);
        for (int i = 0; i < 3; ++i) driver.add(0ms, {});
        CHECK(driver.run(1ms, 24ms) == "0(2) 1(2) 2(2) 0(3) 1(3) 2(3) 0(3) 1(3) 2(3)");
    }
}

TEST_CASE("eevdf: a free CPU takes who is nearest to V where none that waits is eligible", "[os]") {
    // Three run from one queue: V = (0 + 4 + 3) / 3 ms, and of b and c, ahead of it, c is nearer.
    Fixture it;
    it.start(a);
    it.start(b);
    it.start(c);
    it.run(a, 0ms);
    it.run(b, 4ms);
    it.run(c, 3ms);
    it.put_back(c);
    it.put_back(b);
    CHECK(it.policy.pick(queue) == c);
}

TEST_CASE("eevdf: CPU time is shared by weight", "[os]") {
    // nice 0 and nice 5, slice 1.4 ms, tick 4 ms, 40 s: 30.14 s and 9.86 s, where
    // 1024 / 335 = 3.0567.
    Eevdf policy({.runqueues = 1, .cpus = 2, .tick = 4ms});
    support::PolicyDriver driver(policy, 4ms);
    driver.add(0ms, {}, weight_of_nice(0));
    driver.add(0ms, {}, weight_of_nice(5));
    driver.run(1ms, 40s);
    CHECK(driver.job(0).ran == 30140ms);
    CHECK(driver.job(1).ran == 9860ms);
}

TEST_CASE("eevdf: only who is owed something may run", "[os]") {
    // The example of LWN 925371: three equal threads, slices of 30 ms.
    PolicyParameters parameters;
    parameters.slice = 30ms;
    Fixture f({}, parameters);
    for (const auto thread : {a, b, c}) f.start(thread);
    f.run(a, 30ms);
    CHECK(f.lag(a) == -20ms);
    CHECK(f.lag(b) == 10ms);
    CHECK(f.lag(c) == 10ms);
    f.put_back(a);
    f.run(b, 30ms);
    CHECK(f.lag(a) == -10ms);
    CHECK(f.lag(b) == -10ms);
    CHECK(f.lag(c) == 20ms);
    f.put_back(b);
    CHECK(f.policy.pick(queue) == c);
    f.policy.charge(queue, c, 30ms);
    for (const auto thread : {a, b, c}) CHECK(f.lag(thread) == 0ms);
}

TEST_CASE("eevdf: lag stays within a slice and a tick, and adds up to nothing", "[os]") {
    const auto tick = GENERATE(1ms, 4ms);
    Fixture f(tick);
    constexpr std::uint32_t count = 10;
    const auto weight = [](std::uint32_t i) { return weight_of_nice(static_cast<int>(i) - 5); };
    kernel::SignedWide weights = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        f.start(ThreadId{i}, weight(i));
        weights += weight(i);
    }
    const auto limit = f.policy.slice() + tick;
    for (int round = 0; round < 20'000; ++round) {
        const auto thread = *f.policy.pick(queue);
        const auto due = *f.policy.due(queue, thread);
        f.policy.charge(queue, thread, (due + tick - 1ns) / tick * tick);
        f.put_back(thread);
        kernel::SignedWide sum = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto owed = f.lag(ThreadId{i}) * weight(i);
            sum += owed.count();
            if (owed / 1024 >= limit || owed / 1024 <= -limit) FAIL("lag of thread " << i);
        }
        REQUIRE(sum <= 0);  // V is rounded down
        REQUIRE(sum > -weights);
    }
}

TEST_CASE("eevdf: a new thread asks for half a slice, then for whole ones", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 1400us);
    f.put_back(a);
    CHECK(f.policy.pick(queue) == b);
    CHECK(f.policy.due(queue, b) == 1400us);
    f.policy.charge(queue, b, 1400us);
    f.put_back(b);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.policy.due(queue, a) == 2800us);
}

TEST_CASE("eevdf: nothing is due for a thread that is alone", "[os]") {
    Fixture f;
    f.start(a);
    f.run(a, 1ms);
    CHECK_FALSE(f.policy.due(queue, a).has_value());
    f.policy.charge(queue, a, std::chrono::hours(24 * 365 * 100));
    f.start(b);
    CHECK(f.policy.due(queue, a) == 1ns);  // its request is long used up
}

TEST_CASE("eevdf: chosen again, a thread is compared again at every tick", "[os]") {
    // a weighs three times as much as b and is still eligible after a request:
    // b at 2 ms * 1024 / 335 = 6.1 ms, a at 2 + 2.8 ms, V between them.
    const auto tick = GENERATE(std::optional<Duration>{}, std::optional<Duration>{1ms});
    Fixture f(tick);
    f.start(a, weight_of_nice(0));
    f.start(b, weight_of_nice(5));
    f.run(a, 2ms);
    f.put_back(a);
    f.run(b, 2ms);
    f.put_back(b, Joining::preempted);
    // b is protected until its half request is used up, but not eligible any more.
    f.run(a, 2800us);
    f.put_back(a);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.policy.due(queue, a) == (tick ? Duration{1ns} : 2800us));
}

TEST_CASE("eevdf: lag outlives sleep", "[os]") {
    Fixture f;
    for (const auto thread : {a, b, c}) f.start(thread);
    f.run(a, 2800us);
    f.put_back(a);
    f.run(b, 400us);
    // V = (2.8 + 0.4 + 0) / 3
    CHECK(close(f.lag(b), 666'667ns));
    f.block(b);
    CHECK_FALSE(f.policy.delayed(b));
    f.run(c, 600us);
    f.wake(b);
    // V was (2.8 + 0.6) / 2 = 1.7; b enters at 1.7 - 0.667 * 3 / 2 = 0.7; V = 4.1 / 3
    CHECK(close(f.lag(b), 666'667ns));
}

TEST_CASE("eevdf: a sleeper that is owed much takes the CPU when it wakes", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 2800us);
    f.put_back(a);
    f.run(b, 200us);
    f.block(b);  // owed (2.8 + 0.2) / 2 - 0.2 = 1.3 ms
    f.run(a, 1ms);
    f.wake(b);
    // a is at 3.8 ms, b enters at 3.8 - 1.3 * 2 = 1.2; V = 2.5: a is not eligible.
    CHECK(close(f.lag(b), 1300us));
    CHECK(f.policy.preempts(queue, b, a));
}

TEST_CASE("eevdf: who is eligible and within its request keeps the CPU", "[os]") {
    Fixture f;
    f.start(a);
    f.run(a, 100us);
    f.start(b);  // at V, which is a's own time as long as it is alone
    CHECK_FALSE(f.policy.preempts(queue, b, a));
    CHECK(f.policy.due(queue, a) == 1300us);
    f.put_back(a, Joining::preempted);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.policy.due(queue, a) == 1300us);
}

TEST_CASE("eevdf: a wake-up sees that the running thread's request is used up", "[os]") {
    Fixture f(4ms);
    f.start(a);
    f.start(b);
    f.run(a, 2ms);
    f.start(c);  // b, which waits for longer, has the earlier deadline
    CHECK(f.policy.preempts(queue, c, a));
    f.put_back(a, Joining::preempted);
    CHECK(f.policy.pick(queue) == b);
}

TEST_CASE("eevdf: who sleeps while it owes stays in the queue", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 1ms);
    f.block(a);  // at 1 ms, where V is 0.5 ms
    CHECK(f.policy.delayed(a));
    CHECK(f.policy.queued(queue) == 1);
    CHECK(f.policy.queued_at(queue, 0) == b);
    SECTION("woken while it still owes, it owes what is left") {
        f.run(b, 400us);
        f.wake(a);
        CHECK_FALSE(f.policy.delayed(a));
        CHECK(f.policy.queued(queue) == 1);
        CHECK(close(f.lag(a), -300us));
    }
    SECTION("woken later, it is owed nothing") {
        f.run(b, 1300us);
        CHECK(close(f.lag(a), 150us));
        f.wake(a);
        CHECK_FALSE(f.policy.delayed(a));
        CHECK(close(f.lag(a), 0ns));
    }
    SECTION("it counts for the running thread's slice, and leaves when its turn comes") {
        REQUIRE(f.policy.pick(queue) == b);
        CHECK(f.policy.due(queue, b) == 1400us);
        f.policy.charge(queue, b, 1400us);
        f.put_back(b);
        CHECK(f.policy.pick(queue) == b);
        CHECK_FALSE(f.policy.delayed(a));
        CHECK_FALSE(f.policy.due(queue, b).has_value());
        f.wake(a);
        CHECK(close(f.lag(a), 0ns));
    }
    SECTION("with nobody else it leaves at once") {
        f.run(b, 1ms);
        f.policy.dequeue(queue, b, Leaving::exited);
        CHECK_FALSE(f.policy.pick(queue).has_value());
        CHECK_FALSE(f.policy.delayed(a));
    }
}

TEST_CASE("eevdf: a yield gives the rest of the request away, if any is owed", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 500us);
    f.put_back(a, Joining::yielded);  // not eligible: only lets b run
    CHECK(close(f.lag(a), -250us));
    f.run(b, 100us);
    f.put_back(b, Joining::yielded);  // from 0.1 to its deadline, 1.4 ms
    CHECK(close(f.lag(b), -450us));   // V = (0.5 + 1.4) / 2
    CHECK(f.policy.pick(queue) == a);
}

TEST_CASE("eevdf: a migrating thread keeps its lag and the distance to its deadline", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 500us);
    f.policy.dequeue(queue, b, Leaving::migrated);
    f.start(c, 1024, other);
    REQUIRE(f.policy.pick(other) == c);
    f.policy.charge(other, c, 10ms);
    f.policy.enqueue(other, b, Joining::migrated, {});
    CHECK(close(f.lag(b, other), 250us));
    f.policy.enqueue(other, c, Joining::expired, {});
    REQUIRE(f.policy.pick(other) == b);
    CHECK(f.policy.due(other, b) == 1400us);
}

TEST_CASE("eevdf: lag is clamped to two slices", "[os]") {
    Fixture f;
    f.start(a);
    f.start(b);
    f.run(a, 100ms);
    f.put_back(a);
    f.run(b, 1ms);
    CHECK(close(f.lag(b), 49'500us));
    f.block(b);
    f.run(a, 1ms);
    f.wake(b);
    CHECK(close(f.lag(b), 5600us));
}

TEST_CASE("eevdf: equal deadlines are settled by the number of the thread", "[os]") {
    Fixture f;
    for (const auto thread : {d, c, b, a}) f.start(thread);
    for (const auto thread : {a, b, c, d}) CHECK(f.policy.pick(queue) == thread);
}

TEST_CASE("policies: the table names what can be made", "[os]") {
    for (const auto& entry : policies()) {
        INFO(entry.name);
        CHECK(make_policy(std::string(entry.name), {}) != nullptr);
    }
    CHECK_THROWS(make_policy("earliest", {}));
}

}  // namespace
}  // namespace interlock::os
