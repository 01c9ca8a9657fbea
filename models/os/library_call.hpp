#pragma once

// A call into the C library that a thread is in the middle of.

#include <cstdint>

#include "models/os/operation.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

/// Where a thread is in a mutex's protocol (models/os/mutex.hpp).
enum class MutexPhase : std::uint8_t { start, compare, exchange, asleep, release, awakening };

/// A call of one thread in progress. Copyable, so that a test can explore
/// every interleaving.
struct LibraryCall {
    Verb verb = Verb::done;  ///< the operation asked for; done: no call in progress
    std::uint8_t phase = 0;  ///< of the condition variable's or semaphore's protocol
    MutexPhase mutex_phase = MutexPhase::start;
    std::uint8_t group = 0;  ///< condition variable: the group waited in, or signalled
    bool timed_out = false;
    bool wakes = false;  ///< condition variable: the signal found a waiter
    bool sync = false;   ///< of the operation
    Waiting waiting = Waiting::blocked;
    std::uint32_t object = 0;
    std::uint32_t mutex = 0;
    std::uint64_t sequence = 0;  ///< condition variable: position in the order of waiters
    std::uint64_t g1_start = 0;  ///< condition variable: as seen when a signal was taken
    kernel::Maybe<kernel::Time> deadline;

    /// What is left until the deadline.
    Timeout left(kernel::Time now) const { return deadline ? Timeout(*deadline - now) : Timeout(); }
};

}  // namespace interlock::os
