#include "models/os/fifo_condition.hpp"

#include <algorithm>

#include "models/os/mutex.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {
namespace {

enum class Phase : std::uint8_t {
    start,
    enter,
    unlock_mutex,
    look,
    woken,
    cancel,
    lock_mutex,
    next_waiter,
    hand_over,
};

Phase phase_of(const LibraryCall& call) { return static_cast<Phase>(call.phase); }

Operation go(LibraryCall& call, Phase phase) {
    call.phase = static_cast<std::uint8_t>(phase);
    return nothing();
}

Operation pay_and_go(const FutexWords& words, LibraryCall& call, Phase phase) {
    go(call, phase);
    return words.pay(1);
}

}  // namespace

FifoCondition::FifoCondition(FutexWords& words) : first_word_(words.add()) {
    for (std::uint32_t i = 1; i < words_each; ++i) words.add();
    queue_.reserve(words_each);
}

Operation FifoCondition::step_wait(FutexWords& words, FutexId mutex, LibraryCall& call,
                                   Outcome last, kernel::Time now) {
    switch (phase_of(call)) {
    case Phase::start: return pay_and_go(words, call, Phase::enter);
    case Phase::enter: enter(call); return go(call, Phase::unlock_mutex);
    case Phase::unlock_mutex: {
        const auto inner = step_unlock(words, mutex, call.mutex_phase);
        return inner.verb == Verb::done ? go(call, Phase::look) : inner;
    }
    case Phase::look: {
        if (!waits(call.sequence)) return go(call, Phase::lock_mutex);
        const auto left = call.left(now);
        if (left && *left <= kernel::Duration::zero())
            return pay_and_go(words, call, Phase::cancel);
        go(call, Phase::woken);
        const auto word = word_of(call.sequence);
        return futex_wait(word, words[word], call.waiting, left);
    }
    case Phase::woken:
        if (last == Outcome::timed_out) return pay_and_go(words, call, Phase::cancel);
        return go(call, Phase::look);
    case Phase::cancel: cancel(call); return go(call, Phase::lock_mutex);
    case Phase::lock_mutex: return step_lock(words, mutex, call.mutex_phase, call.waiting);
    case Phase::next_waiter:
    case Phase::hand_over: break;
    }
    kernel::broken("a thread that waits for a condition is in a phase of waiting");
}

Operation FifoCondition::step_signal(FutexWords& words, LibraryCall& call) {
    switch (phase_of(call)) {
    case Phase::start:
        // A broadcast is for those who wait now.
        call.sequence = next_position_;
        return go(call, Phase::next_waiter);
    case Phase::next_waiter: {
        const bool more = call.verb == Verb::condition_broadcast || !call.wakes;
        if (!more || queue_.empty() || queue_.front() >= call.sequence) return done();
        return pay_and_go(words, call, Phase::hand_over);
    }
    case Phase::hand_over: {
        go(call, Phase::next_waiter);
        if (queue_.empty() || queue_.front() >= call.sequence) return nothing();
        const auto word = word_of(queue_.front());
        queue_.erase(queue_.begin());
        ++words[word];
        call.wakes = true;
        return futex_wake(word, every_sleeper);
    }
    default: kernel::broken("a thread that signals a condition is in a phase of signalling");
    }
}

void FifoCondition::enter(LibraryCall& call) {
    call.sequence = next_position_++;
    queue_.push_back(call.sequence);
}

void FifoCondition::cancel(LibraryCall& call) {
    const auto found = std::lower_bound(queue_.begin(), queue_.end(), call.sequence);
    if (found == queue_.end() || *found != call.sequence) return;
    queue_.erase(found);
    call.timed_out = true;
}

bool FifoCondition::waits(std::uint64_t position) const {
    return std::binary_search(queue_.begin(), queue_.end(), position);
}

FutexId FifoCondition::word_of(std::uint64_t position) const {
    return static_cast<FutexId>(static_cast<std::uint32_t>(first_word_) +
                                static_cast<std::uint32_t>(position % words_each));
}

void FifoCondition::append_to(std::vector<std::uint64_t>& key) const {
    key.push_back(next_position_);
    key.push_back(queue_.size());
    key.insert(key.end(), queue_.begin(), queue_.end());
}

}  // namespace interlock::os
