// What differs between the EEVDF of Linux 6.6, 6.12 and 6.17, and slices of a thread's own.

#include <chrono>
#include <string>

#include "models/os/eevdf.hpp"
#include "models/os/weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eevdf_fixture.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using support::close;

constexpr auto queue = support::EevdfFixture::queue;
constexpr auto other = support::EevdfFixture::other;
constexpr ThreadId a{0};
constexpr ThreadId b{1};
constexpr ThreadId c{2};

PolicyParameters of(LinuxRelease release) {
    PolicyParameters parameters;
    parameters.release = release;
    return parameters;
}

/// On eight CPUs: a base slice of 3 ms in 6.6, of 2.8 ms later.
struct Fixture : support::EevdfFixture {
    explicit Fixture(LinuxRelease release, std::optional<Duration> tick = {})
        : EevdfFixture(tick, of(release)) {}
};

TEST_CASE("eevdf releases: the base slice, which a parameter sets as it is", "[os]") {
    const auto slice = [](LinuxRelease release, std::uint32_t cpus) {
        return Eevdf({.cpus = cpus, .parameters = of(release)}).slice();
    };
    CHECK(slice(LinuxRelease::v6_6, 1) == 750us);
    CHECK(slice(LinuxRelease::v6_6, 2) == 1500us);
    CHECK(slice(LinuxRelease::v6_6, 4) == 2250us);
    CHECK(slice(LinuxRelease::v6_6, 8) == 3ms);
    CHECK(slice(LinuxRelease::v6_12, 8) == 2800us);
    CHECK(slice(LinuxRelease::v6_17, 8) == 2800us);
    auto parameters = of(LinuxRelease::v6_6);
    parameters.slice = 5ms;
    CHECK(Eevdf({.cpus = 8, .parameters = parameters}).slice() == 5ms);
}

TEST_CASE("eevdf releases: equal threads take strict turns of whole ticks", "[os]") {
    // New threads ask for half a slice, 1.5 or 1.4 ms: 2 ticks; then for 3 or 2.8 ms: 3 ticks.
    const auto release = GENERATE(LinuxRelease::v6_6, LinuxRelease::v6_12, LinuxRelease::v6_17);
    Eevdf policy({.cpus = 8, .tick = 1ms, .parameters = of(release)});
    support::PolicyDriver driver(policy, 1ms);
    for (int i = 0; i < 3; ++i) driver.add(0ms, {});
    CHECK(driver.run(1ms, 24ms) == "0(2) 1(2) 2(2) 0(3) 1(3) 2(3) 0(3) 1(3) 2(3)");
}

TEST_CASE("eevdf releases: chosen again, when a thread is compared again", "[os]") {
    // With 3 ms slices a is at 2 + 3 = 5 ms after its second run, its next deadline at 8 ms; b
    // at 2 ms * 1024 / 335 = 6.113432 ms. V lies between them, so a is eligible and goes on.
    const auto [release, due] = GENERATE(table<LinuxRelease, Duration>({
        {LinuxRelease::v6_6, 3ms},           // when its request is used up
        {LinuxRelease::v6_12, 1'113'433ns},  // when it is not eligible: it is ahead of b
        {LinuxRelease::v6_17, Duration{1}},  // at the next tick
    }));
    auto parameters = of(release);
    parameters.slice = 3ms;
    support::EevdfFixture f(1ms, parameters);
    f.start(a, weight_of_nice(0));
    f.start(b, weight_of_nice(5));
    f.run(a, 2ms);
    f.put_back(a);
    f.run(b, 2ms);
    f.put_back(b, Joining::preempted);
    f.run(a, 3ms);
    f.put_back(a);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.due(a) == due);
}

TEST_CASE("eevdf 6.6: who sleeps while it owes leaves, and owes it later", "[os]") {
    Fixture f(LinuxRelease::v6_6);
    f.start(a);
    f.start(b);
    f.run(a, 1ms);
    f.block(a);
    CHECK_FALSE(f.policy.delayed(a));
    f.run(b, 1ms);
    CHECK_FALSE(f.policy.due(queue, b).has_value());  // it is alone
    f.wake(a);
    // V is b's 1 ms; a enters at 1 + 0.5 * 2 = 2 ms, so that V = 1.5.
    CHECK(close(f.lag(a), -500us));
    CHECK(close(f.lag(b), 500us));
}

TEST_CASE("eevdf 6.6: a yield puts the deadline off by a slice, and costs no lag", "[os]") {
    Fixture f(LinuxRelease::v6_6);
    f.start(a);
    f.start(b);
    f.run(a, 500us);
    f.put_back(a, Joining::yielded);  // from 1.5 to 4.5 ms
    CHECK(close(f.lag(a), -250us));
    f.run(b, 1500us);
    f.put_back(b);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.due(a) == 4ms);
}

TEST_CASE("eevdf 6.6: a migrating thread begins a new request", "[os]") {
    const auto [release, request] = GENERATE(table<LinuxRelease, Duration>(
        {{LinuxRelease::v6_6, 3ms}, {LinuxRelease::v6_12, 1400us}, {LinuxRelease::v6_17, 1400us}}));
    Fixture f(release);
    f.start(a);
    f.policy.dequeue(queue, a, Leaving::migrated);
    f.start(b, 1024, other);
    f.policy.enqueue(other, a, Joining::migrated, {});
    REQUIRE(f.policy.pick(other) == (request == 3ms ? b : a));
    if (request == 3ms) REQUIRE(f.policy.pick(other) == a);
    f.start(c, 1024, other);
    CHECK(f.policy.due(other, a) == request);
}

TEST_CASE("eevdf: a task's own slice is its request, from 6.12 on, within bounds", "[os]") {
    const auto request = [](LinuxRelease release, Duration slice) {
        Fixture f(release);
        f.wake(a, slice);
        REQUIRE(f.policy.pick(queue) == a);
        f.start(b);
        return *f.due(a);
    };
    CHECK(request(LinuxRelease::v6_6, 1ms) == 3ms);
    CHECK(request(LinuxRelease::v6_12, 1ms) == 1ms);
    CHECK(request(LinuxRelease::v6_17, 1ms) == 1ms);
    CHECK(request(LinuxRelease::v6_17, 1us) == 100us);
    CHECK(request(LinuxRelease::v6_12, 1s) == 100ms);
}

TEST_CASE("eevdf: a shorter slice takes the CPU, though the running one is protected", "[os]") {
    const auto release = GENERATE(LinuxRelease::v6_6, LinuxRelease::v6_12, LinuxRelease::v6_17);
    Fixture f(release);
    f.start(a);
    f.run(a, 100us);
    f.wake(b, 500us);  // at V = 0.1 ms; due at 0.6, before a's 1.4 or 1.5 ms
    const bool short_ones_preempt = release >= LinuxRelease::v6_12;
    CHECK(f.policy.preempts(queue, b, a) == short_ones_preempt);
    f.put_back(a, Joining::preempted);
    CHECK(f.policy.pick(queue) == (short_ones_preempt ? b : a));
}

TEST_CASE("eevdf: a shorter slice that is not the next to run", "[os]") {
    // a is at 0.9 ms of a request that ends at 1.4; b enters there, due at 0.9 + 1 ms.
    Fixture f(GENERATE(LinuxRelease::v6_12, LinuxRelease::v6_17));
    f.start(a);
    f.run(a, 900us);
    f.wake(b, 1ms);
    CHECK_FALSE(f.policy.preempts(queue, b, a));
    CHECK(f.due(a) == 500us);  // as before
    f.wake(c, 200us);          // due at 1.1 ms
    CHECK(f.policy.preempts(queue, c, a));
}

TEST_CASE("eevdf 6.17: nobody is protected for longer than the shortest slice waiting", "[os]") {
    const auto [release, due] = GENERATE(
        table<LinuxRelease, Duration>({{LinuxRelease::v6_12, 2800us}, {LinuxRelease::v6_17, 1ms}}));
    Fixture f(release, 1ms);
    f.wake(a);
    f.wake(b, 1ms);
    f.run(b, 1ms);  // due at 1 ms, before a's 2.8
    f.put_back(b);
    CHECK(f.policy.pick(queue) == a);
    CHECK(f.due(a) == due);
}

/// Stoica and Abdel-Wahab's two clients of equal weight with requests of 2 and 1 units, of which
/// the second joins at 1: who runs in each unit.
std::string two_clients(ThreadId first, ThreadId second) {
    Fixture f(LinuxRelease::v6_17, 1ms);
    f.wake(first, 2ms);
    std::string order;
    auto running = *f.policy.pick(queue);
    for (int unit = 0; unit < 9; ++unit) {
        const auto due = f.due(running);
        f.policy.charge(queue, running, 1ms);
        order += running == first ? '1' : '2';
        bool again = due && *due <= 1ms;
        if (unit == 0) {
            f.wake(second, 1ms);
            again = f.policy.preempts(queue, second, running);
        }
        if (!again) continue;
        f.put_back(running);
        running = *f.policy.pick(queue);
    }
    return order;
}

TEST_CASE("eevdf: Stoica's two clients, a tie going to the lower number", "[os]") {
    // At 1 both are due at 2. In favour of the second they alternate from there; in favour of
    // the first each runs twice: (v, d) at 2 is (2, 4) and (1, 2), at 3 (2, 4) and (2, 3), at 4
    // (2, 4) and (3, 4), at 5 (3, 4) and (3, 4), a tie again.
    CHECK(two_clients(b, a) == "121212121");
    CHECK(two_clients(a, b) == "112211221");
}

}  // namespace
}  // namespace interlock::os
