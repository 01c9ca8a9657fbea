#pragma once

// The lock of CPython 3.2 to 3.14, as the program a thread runs to take it and
// to drop it.
//
//   take:  lock mutex
//          while held:
//              seen = switches; wait on freed, at most the interval
//              timed out, still held, switches == seen -> ask the holder to drop
//          lock switch_mutex
//          held = true; if last_holder != me: last_holder = me, ++switches
//          signal switched; unlock switch_mutex
//          forget the request; unlock mutex
//   drop:  last_holder = me
//          lock mutex; held = false; signal freed; unlock mutex
//          if I was asked to drop:
//              lock switch_mutex
//              last_holder == me -> forget the request, wait on switched
//              unlock switch_mutex
//
// What follows from it: each wait is a fresh interval, and a switch during it
// makes its end void, so a late comer never asks. A lock found free is taken at
// once, whoever was signalled. A drop waits until another thread has the lock
// if a request is pending, be it at a check point or before a call that blocks.
//
// A request is one flag of the lock up to 3.12, which whoever takes the lock
// clears; from 3.13 it is a flag of the thread that was asked, which that
// thread clears, so it may outlive the hold it was made against.
//
// Source followed: CPython Python/ceval_gil.h (3.2 to 3.11) and ceval_gil.c
// (3.12, 3.13), take_gil() and drop_gil() with FORCE_SWITCHING.
// Left out: finalisation, signals and pending calls in the eval breaker, and
// the last drop of a thread that ends, which does not wait for a switch from
// 3.12 on: here it does.

#include <cstdint>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/interpreter/runtime.hpp"

namespace interlock::interpreter {

struct IntervalLockParameters {
    kernel::Duration interval{5'000'000};  ///< less than a microsecond counts as one
    RequestScope request_scope = RequestScope::lock;
};

/// Proposals change who asks at once, who is served first: see the protected part.
class IntervalLock : public Lock {
public:
    IntervalLock(IntervalLockParameters parameters, os::CLibraryState& library);

    bool drop_requested(os::ThreadId holder) const override;

    std::uint64_t switches() const { return switches_; }

    void append_to(std::vector<std::uint64_t>& key) const override;

protected:
    /// Whether who waits asks the holder to drop the lock at once.
    virtual bool asks_at_once(const LockCall& /*call*/) const { return false; }
    /// Begins to wait (again), or waits no longer.
    virtual void waits(const LockCall& /*call*/, bool /*begins*/) {}
    virtual os::ConditionId waits_on(const LockCall& /*call*/) const { return freed_; }
    /// What a holder signals that drops the lock.
    virtual os::ConditionId served_first() const { return freed_; }
    virtual void dropped(const LockCall& /*call*/) {}

private:
    LockStep take(LockCall& call, os::Outcome last) override;
    LockStep wait_or_take(LockCall& call, Note note, os::ThreadId asked);
    LockStep after_wait(LockCall& call, os::Outcome last);
    LockStep ask(LockCall& call);
    LockStep take_it(LockCall& call);
    LockStep drop(LockCall& call) override;
    LockStep force_switch(LockCall& call);

    void request_drop();
    void forget_request(os::ThreadId thread);

    kernel::Duration interval_;
    RequestScope request_scope_;
    os::MutexId mutex_;
    os::ConditionId freed_;
    os::MutexId switch_mutex_;
    os::ConditionId switched_;

    bool requested_ = false;                      ///< scope lock
    std::vector<std::uint8_t> thread_requested_;  ///< scope thread, by thread
    std::uint64_t switches_ = 0;
};

}  // namespace interlock::interpreter
