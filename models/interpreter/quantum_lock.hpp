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
//   yield:  the same; another yields -> wait until it is through
//           else somebody waits -> wait until one of them has it
//           else unlock, give the CPU away, lock
//           then take, with the mutex locked
//
// The deadline is one `quantum` after the first timer began, or after the last
// deadline that passed; a timer that is woken before leaves it to the next.
//
// What follows from it: a yield is a switch, in order of arrival, but who drops
// the lock for a call and comes back before the head of the queue has woken up
// barges in; a waiter behind a thread that only computes waits for 100 ms.
//
// Source followed: Ruby 2.6, thread_pthread.c, gvl_acquire_common() to gvl_yield();
// the specification of the locks, section 6.1. Left out: priorities, and wake-ups for
// signals.

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
    os::ConditionId others_;    ///< what further yields wait on
    Turns turns_;
    std::deque<os::ThreadId> queue_;
    std::optional<os::ThreadId> timer_;
    kernel::Time deadline_{};
    bool deadline_passed_ = true;
    bool need_yield_ = false;          ///< a yield waits until one that waited has the lock
    bool wait_yield_ = false;          ///< a yield goes on: others wait until it is through
    std::vector<std::uint8_t> asked_;  ///< by thread: it shall yield
};

}  // namespace interlock::interpreter
