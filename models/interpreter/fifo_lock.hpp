#pragma once

// The lock of Ruby 3.3 and later within a ractor: a queue, handed on in order,
// and a timer thread that counts.
//
//   take:   lock mutex
//           nobody runs -> I run; else to the end of the queue, wait until I run
//           unlock
//   drop:   lock mutex; whom the head of the queue is runs from now on; signal it;
//           unlock
//   yield:  the same, and with the mutex still held to the end of the queue, wait
//   tick:   every `tick`, while somebody waits: who runs has run for one more;
//           once that is a `quantum`, it shall yield at its next check point
//
// What follows from it: nobody barges in, so a thread that comes back from I/O
// waits for each CPU-bound thread before it for a quantum, and the hand-over
// always waits for a wake-up.
//
// Source followed: the specification of the locks, section 6.2, which read Ruby
// 3.3 and 3.4, thread_pthread.c and thread.c. The quantum is shifted by the thread's
// priority there: left out, as is the barrier of all ractors. M:N threads are routines of
// one native thread (event_loop.hpp).

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/interpreter/lock_parts.hpp"

namespace interlock::interpreter {

struct FifoLockParameters {
    kernel::Duration quantum{100'000'000};
    kernel::Duration tick{10'000'000};
};

class FifoLock final : public Lock {
public:
    FifoLock(FifoLockParameters parameters, os::CLibraryState& library);

    bool drop_requested(os::ThreadId holder) const override { return asked_ && running_ == holder; }
    LockCall::Kind when_asked() const override { return LockCall::Kind::yield; }
    std::optional<os::SemaphoreId> helper() const override { return timer_.work(); }
    bool held() const override { return running_.has_value(); }
    void add_thread(os::ThreadId thread, os::CLibraryState& library) override {
        turns_.add(thread, library);
    }
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep yield(LockCall& call, os::Outcome last) override;
    LockStep help(LockCall& call) override;
    LockStep wait(LockCall& call, Note note = Note::nothing);
    void hand_over(const LockCall& call);

    FifoLockParameters parameters_;
    os::MutexId mutex_;
    Helper timer_;
    Turns turns_;
    std::deque<os::ThreadId> queue_;
    std::optional<os::ThreadId> running_;  ///< has the lock, though it may not have woken up yet
    kernel::Duration ran_{};               ///< of who runs, in ticks
    bool asked_ = false;
};

}  // namespace interlock::interpreter
