#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/interpreter/interval_lock.hpp"
#include "models/interpreter/runtime.hpp"
#include "models/os/c_library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/explore.hpp"
#include "tests/support/holders.hpp"
#include "tests/support/lock_stepper.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;
using os::Outcome;
using os::Verb;

constexpr os::ThreadId a{0};
constexpr os::ThreadId b{1};
constexpr os::ThreadId c{2};

using Stepper = support::LockStepper<IntervalLock>;

TEST_CASE("interval lock: a drop is asked for only if one thread held it for the whole interval",
          "[locks]") {
    Stepper step(IntervalLockParameters{.interval = 5ms});
    step.take(a);
    step.take(b);  // b waits from 0 to 5 ms
    REQUIRE(step.waits(b));
    SECTION("the same holder throughout") {
        step.time_out(b);
        CHECK(step.lock.drop_requested(a));
    }
    SECTION("a switch in between") {
        step.drop(a);
        step.take(c);
        step.time_out(b);
        CHECK_FALSE(step.lock.drop_requested(c));
        CHECK(step.waits(b));
    }
    SECTION("dropped and taken again by the same thread: no switch") {
        step.drop(a);
        step.take(a);
        step.time_out(b);
        CHECK(step.lock.drop_requested(a));
    }
    SECTION("free by then: it is taken instead") {
        step.drop(a);
        step.time_out(b);
        CHECK_FALSE(step.waits(b));
        CHECK_FALSE(step.lock.drop_requested(b));
    }
    SECTION("woken before the end of the interval") {
        step.wake(b);
        CHECK_FALSE(step.lock.drop_requested(a));
        CHECK(step.waits(b));
    }
}

TEST_CASE("interval lock: every wait is a whole interval again", "[locks]") {
    Stepper step(IntervalLockParameters{.interval = 5ms});
    step.take(a);
    step.take(b);
    CHECK(step.timeout(b) == kernel::Duration(5ms));
    step.wake(b);
    CHECK(step.timeout(b) == kernel::Duration(5ms));
    step.time_out(b);
    CHECK(step.timeout(b) == kernel::Duration(5ms));
}

TEST_CASE("interval lock: an interval is a microsecond at least", "[locks]") {
    Stepper step(IntervalLockParameters{.interval = 0ns});
    step.take(a);
    step.take(b);
    CHECK(step.timeout(b) == kernel::Duration(1us));
}

TEST_CASE("interval lock: a lock found free is taken, whoever was signalled", "[locks]") {
    Stepper step(IntervalLockParameters{.interval = 5ms});
    step.take(a);
    step.take(b);
    step.drop(a);  // signals b
    step.take(c);
    CHECK_FALSE(step.waits(c));
    step.wake(b);
    CHECK(step.waits(b));
}

TEST_CASE("interval lock: a drop that was asked for waits until another thread has it", "[locks]") {
    Stepper step(IntervalLockParameters{.interval = 5ms});
    step.take(a);
    step.take(b);
    SECTION("nobody asked: it does not wait") {
        step.drop(a);
        CHECK_FALSE(step.waits(a));
    }
    SECTION("b asked") {
        step.time_out(b);
        step.drop(a);
        CHECK(step.waits(a));
        CHECK(step.timeout(a) == std::nullopt);
        CHECK_FALSE(step.lock.drop_requested(a));
        step.wake(b);
        CHECK_FALSE(step.waits(b));
        step.wake(a);
        CHECK_FALSE(step.waits(a));
    }
    SECTION("b asked, and took it before a looked") {
        step.time_out(b);
        step.begin_to_drop(a);
        step.wake(b);
        CHECK_FALSE(step.waits(b));
        step.wake(a);
        CHECK_FALSE(step.waits(a));
    }
}

TEST_CASE("interval lock: who takes it clears the request, of the lock or his own", "[locks]") {
    const auto scope = GENERATE(RequestScope::lock, RequestScope::thread);
    Stepper step(IntervalLockParameters{.interval = 5ms, .request_scope = scope});
    step.take(a);
    step.take(b);
    step.time_out(b);
    step.begin_to_drop(a);
    step.wake(b);  // b has it, before a looked at its request
    CHECK_FALSE(step.lock.drop_requested(b));
    CHECK(step.lock.drop_requested(a) == (scope == RequestScope::thread));
    step.wake(a);
    step.drop(b);
    step.take(a);
    CHECK_FALSE(step.lock.drop_requested(a));
}

TEST_CASE("interval lock: others are told of grants, switches, drops and requests", "[locks]") {
    using Notes = std::vector<Note>;
    Stepper step(IntervalLockParameters{.interval = 5ms});
    step.take(a);
    CHECK(step.notes() == Notes{Note::granted_by_switch});
    step.drop(a);
    step.take(a);
    CHECK(step.notes() == Notes{Note::released, Note::granted});
    step.take(b);
    step.time_out(b);
    CHECK(step.notes() == Notes{Note::drop_requested});
    step.drop(a);
    step.wake(b);
    CHECK(step.notes() == Notes{Note::released_by_force, Note::granted_by_switch});
    CHECK(step.lock.switches() == 2);
}

struct Case {
    RequestScope scope;
    std::uint32_t threads;
    std::uint8_t times_each;
    std::uint8_t timers_each;
    std::size_t states_least;  ///< about as many as there were when this was written
};

void explore_all(const std::vector<Case>& cases) {
    for (const auto& [scope, threads, times, timers, states_least] : cases) {
        CAPTURE(scope == RequestScope::thread, threads, +times, +timers);
        os::CLibraryState library{os::CLibrary::glibc_2_25, 1ns};
        const IntervalLock lock({.interval = 5ms, .request_scope = scope}, library);
        const auto all = support::explore(
            support::Holders<IntervalLock>(lock, std::move(library), threads, times), timers);
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= states_least);
    }
}

TEST_CASE("interval lock: in every order one thread holds it, and all get it",
          "[locks][exhaustive]") {
    explore_all({
        {RequestScope::lock, 2, 2, 0, 5'000},
        {RequestScope::lock, 2, 1, 2, 8'000},
        {RequestScope::thread, 2, 1, 2, 8'000},
        {RequestScope::lock, 3, 1, 0, 25'000},
    });
}

TEST_CASE("interval lock: in every order one thread holds it, and all get it, larger",
          "[.][locks][exhaustive][slow]") {
    explore_all({
        {RequestScope::lock, 2, 2, 1, 100'000},
        {RequestScope::thread, 2, 2, 1, 100'000},
        {RequestScope::lock, 3, 1, 1, 1'700'000},
        {RequestScope::thread, 3, 1, 1, 1'600'000},
    });
}

}  // namespace
}  // namespace interlock::interpreter
