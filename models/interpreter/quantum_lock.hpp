#pragma once

// The lock of Ruby 2.6 to 3.2: a queue whose first thread is the clock.
//
//   take:   lock mutex
//           owned -> to the end of the queue; until it is free:
//               nobody is the timer -> be it: wait for my turn, at most to the
//                   deadline; then the owner, if any, shall yield at a check point
//               else wait for my turn
//           leave the queue; a yield waits for this -> signal it
//           own it; nobody is the timer -> signal the last of the queue to be it
//           unlock
//   drop:   lock mutex; owned by nobody; signal the head of the queue; unlock
//   yield:  the same; somebody waits -> wait until one of them has it; take
//
// The deadline is one `quantum` after the first timer began, or after the last
// deadline that passed; a timer that is woken before leaves it to the next.
//
// What follows from it: a yield is a switch, in order of arrival, but who drops
// the lock for a call and comes back before the head of the queue has woken up
// barges in; a waiter behind a thread that only computes waits for 100 ms.
//
// Source followed: the specification of the locks, section 6.1, which read Ruby
// 2.6 to 3.2, thread_pthread.c. Left out: priorities, the yields of two at once,
// which here wait side by side, and wake-ups for signals.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/interpreter/lock_parts.hpp"

namespace interlock::interpreter {

class QuantumLock final : public Lock {
public:
    QuantumLock(kernel::Duration quantum, os::CLibraryState& library);

    bool drop_requested(os::ThreadId holder) const override;
    LockCall::Kind when_asked() const override { return LockCall::Kind::yield; }
    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep yield(LockCall& call, os::Outcome last) override;
    LockStep wait(LockCall& call, Note note = Note::nothing, os::ThreadId asked = {});
    LockStep own(LockCall& call);
    os::Operation let_go(const LockCall& call);

    kernel::Duration quantum_;
    os::MutexId mutex_;
    os::ConditionId switched_;  ///< what a yield waits on
    Turns turns_;
    std::deque<os::ThreadId> queue_;
    std::optional<os::ThreadId> timer_;
    kernel::Time deadline_{};
    bool deadline_passed_ = true;
    std::uint64_t turns_taken_ = 0;    ///< grants to those who waited
    std::uint32_t yielding_ = 0;       ///< those who wait for such a grant
    std::vector<std::uint8_t> asked_;  ///< by thread: it shall yield
};

}  // namespace interlock::interpreter
