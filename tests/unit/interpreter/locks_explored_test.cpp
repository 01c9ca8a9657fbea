// Every lock, in every order in which few threads can go on: never two holders, no
// wake-up is lost, and all get it.

#include <chrono>
#include <cstdint>
#include <utility>

#include "models/interpreter/fifo_lock.hpp"
#include "models/interpreter/master_lock.hpp"
#include "models/interpreter/polled_lock.hpp"
#include "models/interpreter/quantum_lock.hpp"
#include "models/interpreter/tick_lock.hpp"
#include "models/os/c_library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/explore.hpp"
#include "tests/support/holders.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;

/// `timers`: how often each thread's timed waits may run out.
template <typename Lock, typename Parameters>
void explore(Parameters parameters, std::uint32_t threads, std::uint8_t times_each,
             std::uint8_t timers = 0) {
    CAPTURE(threads, +times_each, +timers);
    os::CLibraryState library{os::CLibrary::glibc_2_25, 1ns};
    const Lock lock(parameters, library);
    const auto all = support::explore(
        support::Holders<Lock>(lock, std::move(library), threads, times_each), timers);
    CAPTURE(all.broken, all.states);
    CHECK(all.broken.empty());
    CHECK(all.all_can_end);
}

TEST_CASE("locks: in every order one thread holds it, and all get it", "[locks][exhaustive]") {
    SECTION("CPython 2.7") {
        explore<TickLock>(os::Work::of(4us), 2, 2);
        explore<TickLock>(os::Work::of(4us), 3, 1);
    }
    SECTION("PyPy") {
        explore<PolledLock>(os::Work::of(200us), 2, 2, 1);
        explore<PolledLock>(os::Work::of(200us), 3, 1, 1);
    }
    SECTION("Ruby 3.1") {
        explore<QuantumLock>(kernel::Duration(100ms), 2, 2, 1);
        explore<QuantumLock>(kernel::Duration(100ms), 3, 1, 1);
    }
    SECTION("Ruby 3.4") {
        explore<FifoLock>(FifoLockParameters{.quantum = 20ms, .tick = 10ms}, 2, 2);
        explore<FifoLock>(FifoLockParameters{.quantum = 10ms, .tick = 10ms}, 3, 1);
    }
    SECTION("OCaml") {
        const bool yield_waits = GENERATE(false, true);
        CAPTURE(yield_waits);
        explore<MasterLock>(MasterLockParameters{.yield_waits = yield_waits}, 2, 2);
        explore<MasterLock>(MasterLockParameters{.yield_waits = yield_waits}, 3, 1);
    }
}

}  // namespace
}  // namespace interlock::interpreter
