#pragma once

// The lock of PyPy: a word, and behind it two mutexes for those who wait.
//
//   take:   the word is 0 -> it is mine; else
//           one more waits; poll the word for a while
//           lock `stealer`, one waiter at a time
//           loop: the word is 0 -> it is mine
//                 lock `gil`, for 100 us at most -> it was handed to me
//           unlock `stealer`; one less waits
//   drop:   the word is 0 from now on: no call, nobody is woken
//   yield, every `check_interval` bytecodes, if somebody waits:
//           unlock `gil`, which hands the lock to who steals; take
//
// What follows from it: a lock that is dropped for a call is only seen when the
// one who steals looks, up to 100 us later, so a thread that makes many short
// calls keeps it; the others sleep on a mutex and see nothing; a yield is a true
// hand-over, and who yields goes to the end of those.
//
// Source followed: the specification of the locks, section 5, which read PyPy of
// August 2026, rpython/translator/c/src/thread_gil.c. Left out: the polling ends
// when others come to wait; a compiled loop counts its turns, not its bytecodes, which
// `check_spacing` has to say.

#include <cstdint>
#include <vector>

#include "models/interpreter/lock.hpp"

namespace interlock::interpreter {

class PolledLock final : public Lock {
public:
    /// `interval`: bytecode between two yields.
    PolledLock(os::Work interval, os::CLibraryState& library);

    bool drop_requested(os::ThreadId /*holder*/) const override { return false; }
    os::Work slice() const override { return waiters_ > 0 ? interval_ : os::Work{}; }
    LockCall::Kind when_asked() const override { return LockCall::Kind::yield; }
    bool held() const override { return locked_; }
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep yield(LockCall& call, os::Outcome last) override;
    kernel::Duration poll();
    Note lock(const LockCall& call);

    os::Work interval_;
    os::MutexId stealer_;
    os::SemaphoreId gil_;  ///< a mutex that is locked by one and unlocked by another
    bool locked_ = false;  ///< the word; without a holder while it is handed over
    std::uint32_t waiters_ = 0;
    std::uint32_t drawn_ = 1;  ///< not part of the state that is explored: it moves times only
};

}  // namespace interlock::interpreter
