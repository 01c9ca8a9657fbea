#pragma once

// The condition variable of the textbooks: one queue, and a signal is handed
// to the longest waiter, asleep or on its way. No real library keeps this
// order; it is there to show what the order is worth.
//
//   wait:    join the queue; unlock the mutex; sleep until no longer in it (or
//            until the deadline: leave it); lock the mutex
//   signal:  take the first out of the queue; wake those who share its word
//
// The word of a waiter is its position modulo `words_each`: with more waiters
// than words some wake for nothing, look, and sleep again. A word counts the
// signals handed out through it, so that none is missed on the way to sleep.

#include <cstdint>
#include <vector>

#include "models/os/futex_words.hpp"
#include "models/os/library_call.hpp"

namespace interlock::os {

class FifoCondition {
public:
    explicit FifoCondition(FutexWords& words);

    Operation step_wait(FutexWords& words, FutexId mutex, LibraryCall& call, Outcome last,
                        kernel::Time now);
    Operation step_signal(FutexWords& words, LibraryCall& call);

    void append_to(std::vector<std::uint64_t>& key) const;

private:
    static constexpr std::uint32_t words_each = 16;

    void enter(LibraryCall& call);
    void cancel(LibraryCall& call);
    bool waits(std::uint64_t position) const;
    FutexId word_of(std::uint64_t position) const;

    FutexId first_word_;
    std::vector<std::uint64_t> queue_;  ///< positions, ascending
    std::uint64_t next_position_ = 0;
};

}  // namespace interlock::os
