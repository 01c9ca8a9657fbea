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
// priority there: left out, as are M:N threads and the barrier of all ractors.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/interpreter/lock.hpp"

namespace interlock::interpreter {

struct FifoLockParameters {
    kernel::Duration quantum{100'000'000};
    kernel::Duration tick{10'000'000};
};

class FifoLock final : public Lock {
public:
    FifoLock(FifoLockParameters parameters, os::CLibraryState& library);

    LockStep next(LockCall& call, os::Outcome last) override;
    bool drop_requested(os::ThreadId holder) const override { return asked_ && holder_ == holder; }
    LockCall::Kind when_asked() const override { return LockCall::Kind::yield; }
    std::optional<os::SemaphoreId> helper() const override { return ticking_; }
    bool held() const override { return holder_.has_value(); }
    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call);
    LockStep drop(LockCall& call);
    LockStep yield(LockCall& call);
    LockStep help(LockCall& call);
    void hand_over(const LockCall& call);
    Note granted(const LockCall& call);
    os::ConditionId turn(os::ThreadId thread) const { return turns_.at(os::index(thread)); }

    FifoLockParameters parameters_;
    os::MutexId mutex_;
    os::SemaphoreId ticking_;             ///< what the timer thread sleeps on while nobody waits
    std::vector<os::ConditionId> turns_;  ///< by thread: what it waits on
    std::deque<os::ThreadId> queue_;
    std::optional<os::ThreadId> holder_;
    std::optional<os::ThreadId> last_holder_;
    kernel::Duration ran_{};  ///< of the holder, in ticks
    bool asked_ = false;
    bool helper_sleeps_ = false;
};

}  // namespace interlock::interpreter
