#pragma once

// The C library's plain mutex: one futex word.
//
//   0 free, 1 locked, 2 locked and somebody may sleep
//
//   lock:    0 -> 1, done; else exchange with 2 until 0 came out, and sleep
//            while the word is 2
//   unlock:  exchange with 0; if 2 came out, wake one
//
// Whoever runs when the word is 0 takes it: a woken waiter has no right to it.
// After a wait on a condition variable the mutex is taken again as 2 at once,
// so its next unlock enters the kernel whether or not anybody sleeps.
//
// Source followed: glibc sysdeps/nptl/lowlevellock.h, nptl/lowlevellock.c
// (lll_lock, lll_cond_lock, lll_unlock); nptl/pthread_mutex_cond_lock.c.
// Left out: recursive, adaptive, robust and priority-inheriting mutexes.

#include "models/os/futex_words.hpp"
#include "models/os/library_call.hpp"

namespace interlock::os {

/// One step of locking the mutex at `word`: what the thread does next, or
/// Verb::done (and `phase` is back at the start), or Verb::nothing (go on).
Operation step_lock(FutexWords& words, FutexId word, MutexPhase& phase, Waiting waiting);

/// One step of unlocking it, likewise.
Operation step_unlock(FutexWords& words, FutexId word, MutexPhase& phase);

}  // namespace interlock::os
