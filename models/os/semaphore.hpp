#pragma once

// The C library's semaphore: a value (the futex word) and a number of waiters,
// which change together.
//
//   wait:  value > 0: take one; else become a waiter and sleep while it is 0,
//          until one can be taken
//   post:  add one; wake one if there are waiters
//
// A woken waiter competes for the value with whoever comes along.
//
// Source followed: glibc nptl/sem_waitcommon.c, sem_post.c, on a machine with
// 64-bit atomics. Left out: cancellation, the overflow of the value.

#include <cstdint>

#include "models/os/futex_words.hpp"
#include "models/os/library_call.hpp"

namespace interlock::os {

class Semaphore {
public:
    explicit Semaphore(FutexId word) : word_(word) {}

    FutexId word() const { return word_; }
    std::uint32_t waiters() const { return waiters_; }

    Operation step_wait(FutexWords& words, LibraryCall& call, Outcome last, kernel::Time now);
    Operation step_post(FutexWords& words, LibraryCall& call) const;

private:
    FutexId word_;
    std::uint32_t waiters_ = 0;
};

}  // namespace interlock::os
