#pragma once

// The C library's mutexes, condition variables and semaphores, as programs
// over futex words. No time passes in here and no thread sleeps: a call in
// progress is a small copyable state, and next() says which lower operation
// (run, futex_wait, futex_wake) the thread issues before it comes back.
//
// An atomic operation costs one `user_operation` and takes effect when that
// CPU time is over. Neighbouring operations whose separate effects nobody can
// tell apart are one step that costs as many; a plain load is free.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/os/condition.hpp"
#include "models/os/fifo_condition.hpp"
#include "models/os/futex_words.hpp"
#include "models/os/ids.hpp"
#include "models/os/library_call.hpp"
#include "models/os/operation.hpp"
#include "models/os/semaphore.hpp"
#include "models/os/settings.hpp"

namespace interlock::os {

class CLibraryState {
public:
    /// `user_operation`: what one uncontended atomic operation costs.
    CLibraryState(CLibrary version, kernel::Duration user_operation);

    MutexId add_mutex();
    ConditionId add_condition();
    SemaphoreId add_semaphore(std::uint32_t value);

    /// Whether `operation` is a call of the library (and not of the kernel).
    static bool is_call(Verb verb);

    /// Starts a call; follow with next().
    LibraryCall begin(const Operation& operation, kernel::Time now) const;

    /// The next kernel operation of the call: run, futex_wait or futex_wake;
    /// or Verb::done, and then `call.timed_out` says how a wait ended. `last`
    /// is how the kernel operation before it ended.
    Operation next(LibraryCall& call, Outcome last, kernel::Time now);

    /// The word a futex_wait compares when it has entered the kernel.
    std::uint32_t word(FutexId futex) const { return words_[futex]; }
    std::size_t futexes() const { return words_.size(); }

    /// Value of a semaphore; `try_wait` takes one if there is one, at no cost:
    /// the caller charges it.
    std::uint32_t value(SemaphoreId semaphore) const;
    bool try_wait(SemaphoreId semaphore);
    /// Posts without a thread (an exit, an outside event). The futex whose
    /// first sleeper must be woken, if any may sleep.
    std::optional<FutexId> post_from_outside(SemaphoreId semaphore);

    /// The whole state as numbers, to tell states apart.
    void append_to(std::vector<std::uint64_t>& key) const;

private:
    bool knows(const Operation& operation) const;
    Operation step(LibraryCall& call, Outcome last, kernel::Time now);
    Operation step_condition(LibraryCall& call, Outcome last, kernel::Time now);
    FutexId word_of_mutex(std::uint32_t mutex) const { return mutexes_[mutex]; }

    CLibrary version_;
    FutexWords words_;
    std::vector<FutexId> mutexes_;
    std::vector<Semaphore> semaphores_;
    // One of these two is empty, by the version.
    std::vector<Condition> conditions_;
    std::vector<FifoCondition> fifo_conditions_;
};

}  // namespace interlock::os
