// Every lock, in every order in which few threads can go on: never two holders, no
// wake-up is lost, and all get it.

#include <chrono>
#include <cstdint>
#include <utility>

#include "models/interpreter/deadline_lock.hpp"
#include "models/interpreter/fifo_lock.hpp"
#include "models/interpreter/master_lock.hpp"
#include "models/interpreter/parking_lock.hpp"
#include "models/interpreter/polled_lock.hpp"
#include "models/interpreter/priority_lock.hpp"
#include "models/interpreter/quantum_lock.hpp"
#include "models/interpreter/requests_lock.hpp"
#include "models/interpreter/tick_lock.hpp"
#include "models/os/c_library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/explore.hpp"
#include "tests/support/holders.hpp"
#include "tests/support/lock_stepper.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;

/// `timers`: how often each thread's timed waits may run out; once nothing else can
/// happen they do, if the lock is `patient`: it counts on it.
template <typename Lock, typename Parameters>
void explore(Parameters parameters, std::uint32_t threads, std::uint8_t times_each,
             std::uint8_t timers = 0, bool patient = false) {
    CAPTURE(threads, +times_each, +timers);
    os::CLibraryState library{os::CLibrary::glibc_2_25, 1ns};
    const Lock lock(parameters, library);
    const auto all = support::explore(
        support::Holders<Lock>(lock, std::move(library), threads, times_each), timers, patient);
    CAPTURE(all.broken, all.states);
    CHECK(all.broken.empty());
    CHECK(all.all_can_end);
}

TEST_CASE("locks: in every order one thread holds it, and all get it",
          "[locks][exhaustive][large]") {
    SECTION("CPython 2.7") {
        const TickLockParameters parameters{.interval = os::Work::of(4us),
                                            .tick = os::Work::of(40ns)};
        explore<TickLock>(parameters, 2, 2);
        explore<TickLock>(parameters, 3, 1);
    }
    SECTION("objects of CPython 3.14t: the woken compete") {
        explore<ParkingLock>(ParkingLockParameters{.spins = 1}, 2, 2);
        explore<ParkingLock>(ParkingLockParameters{.spins = 1}, 3, 1);
    }
    SECTION("objects of CPython 3.14t: handed over") {
        // The time stands still: all have waited for longer than that.
        explore<ParkingLock>(ParkingLockParameters{.spins = 0, .patience = -1ns}, 2, 2);
        explore<ParkingLock>(ParkingLockParameters{.spins = 1, .patience = -1ns}, 3, 1);
    }
    SECTION("PyPy") {
        explore<PolledLock>(os::Work::of(200us), 2, 2, 1, true);
        explore<PolledLock>(os::Work::of(200us), 3, 1, 1, true);
    }
    SECTION("Ruby 3.1") {
        explore<QuantumLock>(kernel::Duration(100ms), 2, 2, 1);
        explore<QuantumLock>(kernel::Duration(100ms), 3, 1);
    }
    SECTION("Ruby 3.4") {
        explore<FifoLock>(FifoLockParameters{.quantum = 20ms, .tick = 10ms}, 2, 2);
        explore<FifoLock>(FifoLockParameters{.quantum = 10ms, .tick = 10ms}, 3, 1);
    }
    SECTION("a proposal: priority") {
        explore<PriorityLock>(IntervalLockParameters{}, 2, 2, 1);
        explore<PriorityLock>(IntervalLockParameters{}, 3, 1);
    }
    SECTION("a proposal: requests") {
        explore<RequestsLock>(IntervalLockParameters{}, 2, 2, 1);
        explore<RequestsLock>(IntervalLockParameters{}, 3, 1);
    }
    SECTION("a proposal: deadlines") {
        explore<DeadlineLock>(kernel::Duration(0ns), 2, 2, 1);
        explore<DeadlineLock>(kernel::Duration(0ns), 3, 1, 1);
        explore<DeadlineLock>(kernel::Duration(10ms), 3, 1, 1);
    }
    SECTION("OCaml") {
        const bool yield_waits = GENERATE(false, true);
        CAPTURE(yield_waits);
        explore<MasterLock>(MasterLockParameters{.yield_waits = yield_waits}, 2, 2);
        explore<MasterLock>(MasterLockParameters{.yield_waits = yield_waits}, 3, 1);
    }
}

TEST_CASE("quantum lock: one yield waits for the switch, the other until it is through",
          "[locks]") {
    constexpr os::ThreadId a{0};
    constexpr os::ThreadId b{1};
    constexpr os::ThreadId c{2};
    support::LockStepper<QuantumLock> step(kernel::Duration(100ms));
    step.take(a);
    step.take(b);  // the timer
    step.take(c);
    step.time_out(b);
    REQUIRE(step.lock.drop_requested(a));
    step.let_go(a);
    CHECK(step.waits(a));
    step.wake(b);
    CHECK_FALSE(step.waits(b));  // it has the lock, and c shall be the timer
    step.wake(c);
    step.time_out(c);
    REQUIRE(step.lock.drop_requested(b));
    step.let_go(b);  // a has not come back yet
    CHECK(step.waits(b));
    step.wake(c);
    CHECK_FALSE(step.waits(c));
    step.wake(a);  // its yield is through: both queue
    step.wake(b);
    step.drop(c);
    step.wake(a);
    CHECK_FALSE(step.waits(a));
    step.drop(a);
    step.wake(b);
    CHECK_FALSE(step.waits(b));
}

}  // namespace
}  // namespace interlock::interpreter
