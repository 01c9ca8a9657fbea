#pragma once

// A proposal of 2010 for CPython 3.2: two classes of threads.
//
//   a thread begins as I/O-bound; when it drops the lock because it was asked to, it
//   becomes CPU-bound; when it drops it by itself, I/O-bound again
//
//   take:  as the lock of CPython 3.2, but an I/O-bound thread that finds a CPU-bound
//          holder asks it to drop the lock at once
//   drop:  signals an I/O-bound waiter if there is one, else a CPU-bound one
//
// What follows from it: the convoy is gone, for who comes back from I/O waits for the
// next check point and two wake-ups; among threads of one class all is as before. A
// thread that computes and now and then drops the lock by itself passes for I/O-bound.
//
// Source followed: the specification of the locks, section 8 (David Beazley's priority
// lock, as described in "Python behind the scenes" #13). Left out: nothing that it says.

#include <array>
#include <cstdint>
#include <vector>

#include "models/interpreter/interval_lock.hpp"

namespace interlock::interpreter {

class PriorityLock final : public IntervalLock {
public:
    PriorityLock(IntervalLockParameters parameters, os::CLibraryState& library);

    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    enum Class : std::uint8_t { io_bound, cpu_bound };

    bool asks_at_once(const LockCall& call) const override;
    void waits(const LockCall& call, bool begins) override;
    os::ConditionId waits_on(const LockCall& call) const override;
    os::ConditionId served_first() const override;
    void dropped(const LockCall& call) override;
    Class class_of(os::ThreadId thread) const { return classes_.at(os::index(thread)); }

    std::array<os::ConditionId, 2> freed_;  ///< by class
    std::array<std::uint32_t, 2> waiters_{};
    std::vector<Class> classes_;  ///< by thread
};

}  // namespace interlock::interpreter
