// What the proposals for CPython change, stepped by hand.

#include <chrono>

#include "models/interpreter/deadline_lock.hpp"
#include "models/interpreter/priority_lock.hpp"
#include "models/interpreter/requests_lock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/lock_stepper.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;
using support::LockStepper;

constexpr os::ThreadId a{0};
constexpr os::ThreadId b{1};
constexpr os::ThreadId c{2};

/// b takes the lock once a has been made to drop it, and drops it by itself.
template <typename Lock>
void force_a_and_let_b_go(LockStepper<Lock>& step) {
    step.take(a);
    step.take(b);
    step.time_out(b);
    step.drop(a);
    step.wake(b);
    step.wake(a);  // from its wait for the switch
    step.drop(b);
}

TEST_CASE("priority lock: who does I/O takes the lock from who computes at once", "[locks]") {
    LockStepper<PriorityLock> step(IntervalLockParameters{.interval = 5ms});
    SECTION("all begin as I/O-bound, and wait for the interval") {
        step.take(a);
        step.take(b);
        CHECK_FALSE(step.lock.drop_requested(a));
    }
    SECTION("a was made to drop it and is CPU-bound") {
        force_a_and_let_b_go(step);
        step.take(a);
        step.take(b);
        CHECK(step.lock.drop_requested(a));
        CHECK(step.waits(b));
    }
    SECTION("a CPU-bound thread waits for the interval, whoever holds it") {
        force_a_and_let_b_go(step);
        step.take(b);
        step.take(a);
        CHECK_FALSE(step.lock.drop_requested(b));
        step.time_out(a);
        CHECK(step.lock.drop_requested(b));
    }
    SECTION("a drops it by itself and is I/O-bound again") {
        force_a_and_let_b_go(step);
        step.take(a);
        step.drop(a);
        step.take(a);
        step.take(b);
        CHECK_FALSE(step.lock.drop_requested(a));
    }
}

TEST_CASE("requests lock: who dropped it by itself asks at once when it comes back", "[locks]") {
    LockStepper<RequestsLock> step(IntervalLockParameters{.interval = 5ms});
    force_a_and_let_b_go(step);
    SECTION("b comes back") {
        step.take(a);
        step.take(b);
        CHECK(step.lock.drop_requested(a));
    }
    SECTION("a was made to drop it") {
        step.take(b);
        step.take(a);
        CHECK_FALSE(step.lock.drop_requested(b));
    }
    SECTION("c comes for the first time") {
        step.take(a);
        step.take(c);
        CHECK_FALSE(step.lock.drop_requested(a));
    }
}

TEST_CASE("deadline lock: the earliest deadline runs, and a used slice sets a new one", "[locks]") {
    //  ms  0             2             3            9           12
    //  a   takes it: 10                comes: 10                asked: it used 10, now 22
    //  b                 comes: 12
    //      a holds       a holds
    LockStepper<DeadlineLock> step(kernel::Duration(10ms));
    step.take(a);
    step.at(2ms);
    step.take(b);
    CHECK_FALSE(step.lock.drop_requested(a));  // 12 is later than 10
    CHECK(step.timeout(b) == kernel::Duration(8ms));
    SECTION("a used its slice: b asks, and has an earlier deadline then") {
        step.at(10ms);
        step.time_out(b);
        CHECK(step.lock.drop_requested(a));
        step.let_go(a);
        CHECK(step.waits(a));
        step.wake(b);
        CHECK_FALSE(step.waits(b));
    }
    SECTION("a comes back from I/O with its old deadline: it asks at once") {
        step.at(3ms);
        step.drop(a);
        step.wake(b);
        step.at(9ms);
        step.take(a);
        CHECK(step.lock.drop_requested(b));
        CHECK(step.notes().back() == Note::drop_requested);
    }
    SECTION("asked in error it goes on") {
        step.at(3ms);
        step.let_go(a);
        CHECK_FALSE(step.waits(a));
        CHECK(step.lock.held());
    }
}

}  // namespace
}  // namespace interlock::interpreter
