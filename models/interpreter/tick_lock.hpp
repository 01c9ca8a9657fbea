#pragma once

// The lock of CPython 2 and of 3.0 and 3.1: one POSIX semaphore, and a holder
// that decides by itself when to give others a chance.
//
//   take:   wait on the semaphore
//   drop:   post it
//   check, every `check_interval` counted opcodes: drop it, and take it again
//           at once, with nothing in between
//
// What follows from it: with a CPU for each, the post wakes a waiter, which
// needs some us to run; by then the holder has taken the semaphore back, and
// the waiter finds 0 and sleeps again: a failed wake-up, paid by both at each
// check. On one CPU the waiter only gets in when the os preempts the holder
// between its post and its wait, or at the end of a slice. Who comes back from
// a call that blocks is served at the next check, if its wake-up is quick.
//
// Only the main thread handles signals. Until it has the lock, whoever holds it sets
// the counter to 0 again at each check, so that each counted opcode is one.
//
// The counter is the process's. A check is not simulated while nobody waits: it
// costs two atomic operations then.
//
// Source followed: CPython 2.7.18 Python/ceval.c (PyEval_EvalFrameEx, the
// ticker; PyEval_SaveThread), Python/thread_pthread.h with USE_SEMAPHORES.
// Left out: the ticks that a burst shorter than a check interval leaves over;
// SETUP_FINALLY, which puts a check off by an opcode; other pending calls.

#include <cstdint>
#include <vector>

#include "models/interpreter/lock.hpp"

namespace interlock::interpreter {

struct TickLockParameters {
    os::Work interval;  ///< bytecode between two checks
    os::Work tick;      ///< between two counted opcodes
};

class TickLock final : public Lock {
public:
    TickLock(const TickLockParameters& parameters, os::CLibraryState& library);

    bool drop_requested(os::ThreadId /*holder*/) const override { return false; }
    os::Work slice() const override {
        return waiters_ == 0 ? os::Work{} : signalled_ ? parameters_.tick : parameters_.interval;
    }
    void signalled(bool pending) override { signalled_ = pending; }
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;

    TickLockParameters parameters_;
    os::SemaphoreId free_;
    std::uint32_t waiters_ = 0;
    bool signalled_ = false;
};

}  // namespace interlock::interpreter
