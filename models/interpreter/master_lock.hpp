#pragma once

// The master lock of OCaml's systhreads: a flag, a mutex, a condition variable,
// and a thread that ticks.
//
//   take:   lock mutex; while busy: wait on free; busy = true; unlock
//   drop:   lock mutex; busy = false; unlock; signal free
//   tick:   every `quantum`: if somebody waits, the holder shall yield at its next
//           check point
//   yield:  up to 4.08: drop, take
//           from 4.09: lock mutex; nobody waits -> unlock, go on
//                      busy = false; signal free; wait on free until not busy;
//                      busy = true; unlock
//
// What follows from it: the old yield races the waiter that it woke and mostly
// wins, so a waiter may starve; the new one sleeps on the condition variable that
// it signals, and since the signal wakes one that slept before, it is a switch.
// Who comes back from a blocking section waits for the tick, 25 ms on average.
//
// Source followed: the specification of the locks, section 7, which read OCaml
// 4.08 to 5.2, otherlibs/systhreads/st_posix.h (st_pthreads.h) and st_stubs.c.
// OCaml 5 has this lock once for each domain. Left out: the CPU time that the tick
// thread takes while nobody waits, signals, the pauses of a minor collection.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/interpreter/lock_parts.hpp"

namespace interlock::interpreter {

struct MasterLockParameters {
    kernel::Duration quantum{50'000'000};
    bool yield_waits = true;  ///< from OCaml 4.09 on
};

class MasterLock final : public Lock {
public:
    MasterLock(MasterLockParameters parameters, os::CLibraryState& library);

    bool drop_requested(os::ThreadId holder) const override {
        return asked_ && this->holder() == holder;
    }
    LockCall::Kind when_asked() const override;
    std::optional<os::SemaphoreId> helper() const override { return ticker_.work(); }
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep drop(LockCall& call) override;
    LockStep yield(LockCall& call, os::Outcome last) override;
    LockStep help(LockCall& call) override;
    LockStep wait(LockCall& call, Note note = Note::nothing);
    void let_go(const LockCall& call);

    MasterLockParameters parameters_;
    os::MutexId mutex_;
    os::ConditionId free_;
    Helper ticker_;
    bool asked_ = false;
    std::uint32_t waiters_ = 0;
};

}  // namespace interlock::interpreter
