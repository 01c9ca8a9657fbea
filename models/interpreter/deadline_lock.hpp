#pragma once

// A proposal of 2010 for CPython 3.2: a scheduler inside the lock, after the BFS
// scheduler of Linux patches.
//
//   a thread's virtual deadline: one slice after it began, or after it last used up a
//   slice of holding the lock; who comes back from I/O keeps what it had
//
//   take:   lock mutex
//           nobody runs -> I run; else to the waiters:
//               my deadline is before the runner's -> ask it to yield at once
//               wait for my turn, at most until the runner has used up its slice;
//               timed out, and it has -> ask it to yield
//           unlock
//   drop:   lock mutex; the waiter with the earliest deadline runs from now on; signal it
//   yield:  my slice is used up -> the next one, with its deadline
//           a waiter's deadline is not after mine -> hand over, and wait among them
//
// What follows from it: a thread that holds the lock for little has an early deadline and
// is served at the next check point; threads that compute take turns of a slice.
//
// Source followed: the specification of the locks, section 8 (Nir Aides' patch to issue
// 7946, of which it gives the idea and, from memory, the slice of 10 ms). Left out: the
// patch's own clocks and its balance with the os.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/interpreter/lock_parts.hpp"

namespace interlock::interpreter {

class DeadlineLock final : public Lock {
public:
    DeadlineLock(kernel::Duration slice, os::CLibraryState& library);

    bool drop_requested(os::ThreadId holder) const override { return asked_ && running_ == holder; }
    LockCall::Kind when_asked() const override { return LockCall::Kind::yield; }
    bool held() const override { return running_.has_value(); }
    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    struct Turn {
        bool begun = false;
        kernel::Time deadline{};
        kernel::Duration used{};  ///< of its slice
    };

    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep yield(LockCall& call, os::Outcome last) override;
    LockStep wait(LockCall& call, Note note = Note::nothing);
    LockStep run(LockCall& call);
    void settle(const LockCall& call);
    void hand_over(const LockCall& call);
    std::vector<os::ThreadId>::iterator earliest();
    kernel::Duration left(kernel::Time now) const;
    Turn& turn(os::ThreadId thread) { return turn_of_.at(os::index(thread)); }
    const Turn& turn(os::ThreadId thread) const { return turn_of_.at(os::index(thread)); }

    kernel::Duration slice_;
    os::MutexId mutex_;
    Turns turns_;
    std::vector<Turn> turn_of_;  ///< by thread
    std::vector<os::ThreadId> waiters_;
    std::optional<os::ThreadId> running_;  ///< has the lock, though it may not have woken up yet
    kernel::Time since_{};                 ///< it runs
    bool asked_ = false;
};

}  // namespace interlock::interpreter
