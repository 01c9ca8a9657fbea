#pragma once

// The lock of one byte that CPython has from 3.13 on (PyMutex): of each object in
// a build without the interpreter lock, and of threading.Lock.
//
//   take:   free -> take it
//           nobody is parked -> yield the CPU and look again, at most `spins` times
//           park: to the end of the queue, and sleep until woken;
//               then it was handed over, or the same again
//   drop:   nobody is parked -> free
//           else the first leaves the queue: it has waited for 1 ms -> it is handed
//           the lock; else free. Wake it
//
// What follows from it: for up to a millisecond who comes along barges in, which
// is fast; after that the waiters have their turns, in order.
//
// Source followed: the specification of the locks, section 4 (Python/lock.c,
// Python/parking_lot.c). Left out: the buckets of the parking lot, which waiters of
// different locks may share; time-outs.

#include <cstdint>
#include <deque>
#include <vector>

#include "models/interpreter/lock.hpp"

namespace interlock::interpreter {

struct ParkingLockParameters {
    std::uint32_t spins = 40;              ///< 0 in builds with the interpreter lock
    kernel::Duration price{};              ///< of a compare-and-swap
    kernel::Duration patience{1'000'000};  ///< after which a waiter is handed the lock
};

class ParkingLock final : public Lock {
public:
    /// Needs nothing of `library` before add_thread().
    ParkingLock(ParkingLockParameters parameters, os::CLibraryState& library);

    bool drop_requested(os::ThreadId /*holder*/) const override { return false; }
    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    struct Parked {
        os::ThreadId thread;
        kernel::Time patient_until;
    };

    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep look(LockCall& call);
    os::Operation paid() const;

    ParkingLockParameters parameters_;
    std::vector<os::SemaphoreId> sleeps_on_;  // by thread
    std::deque<Parked> parked_;
};

}  // namespace interlock::interpreter
