#include "models/os/semaphore.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::os {
namespace {

enum class Phase : std::uint8_t { start, try_once, sleep, woken, take, give_up, add, awakening };

Phase phase_of(const LibraryCall& call) { return static_cast<Phase>(call.phase); }
void go(LibraryCall& call, Phase phase) { call.phase = static_cast<std::uint8_t>(phase); }

}  // namespace

Operation Semaphore::step_wait(FutexWords& words, LibraryCall& call, Outcome last,
                               kernel::Time now) {
    switch (phase_of(call)) {
    case Phase::start: go(call, Phase::try_once); return words.pay(1);
    case Phase::try_once:
        if (words[word_] > 0) {
            --words[word_];
            return done();
        }
        ++waiters_;
        go(call, Phase::sleep);
        return nothing();
    case Phase::sleep: {
        const auto left = call.left(now);
        if (left && *left <= kernel::Duration::zero()) {
            go(call, Phase::give_up);
            return words.pay(1);
        }
        go(call, Phase::woken);
        return futex_wait(word_, 0, call.waiting, left);
    }
    case Phase::woken:
        go(call, last == Outcome::timed_out ? Phase::give_up : Phase::take);
        return words.pay(1);
    case Phase::take:
        if (words[word_] == 0) {
            go(call, Phase::sleep);
            return nothing();
        }
        --words[word_];
        --waiters_;
        return done();
    case Phase::give_up:
        --waiters_;
        call.timed_out = true;
        return done();
    case Phase::add:
    case Phase::awakening: break;
    }
    kernel::broken("a thread that waits on a semaphore is in a phase of waiting");
}

Operation Semaphore::step_post(FutexWords& words, LibraryCall& call) const {
    switch (phase_of(call)) {
    case Phase::start: go(call, Phase::add); return words.pay(1);
    case Phase::add: {
        ++words[word_];
        if (waiters_ == 0) return done();
        go(call, Phase::awakening);
        auto wake = futex_wake(word_, 1);
        wake.sync = call.sync;
        return wake;
    }
    case Phase::awakening: return done();
    default: kernel::broken("a thread that posts a semaphore is in a phase of posting");
    }
}

}  // namespace interlock::os
