#include "models/os/mutex.hpp"

#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::os {
namespace {

constexpr std::uint32_t unlocked = 0;
constexpr std::uint32_t locked = 1;
constexpr std::uint32_t contended = 2;

Operation finish(MutexPhase& phase) {
    phase = MutexPhase::start;
    return done();
}

Operation sleep_while_contended(FutexId word, MutexPhase& phase, Waiting waiting) {
    phase = MutexPhase::asleep;
    return futex_wait(word, contended, waiting);
}

}  // namespace

Operation step_lock(FutexWords& words, FutexId word, MutexPhase& phase, Waiting waiting) {
    switch (phase) {
    case MutexPhase::start: phase = MutexPhase::compare; return words.pay(1);
    case MutexPhase::compare:
        if (words[word] == unlocked) {
            words[word] = locked;
            return finish(phase);
        }
        if (words[word] == contended) return sleep_while_contended(word, phase, waiting);
        phase = MutexPhase::exchange;
        return words.pay(1);
    case MutexPhase::exchange:
        if (std::exchange(words[word], contended) == unlocked) return finish(phase);
        return sleep_while_contended(word, phase, waiting);
    case MutexPhase::asleep: phase = MutexPhase::exchange; return words.pay(1);
    case MutexPhase::release:
    case MutexPhase::awakening: break;
    }
    kernel::broken("a thread that locks a mutex is in a phase of locking");
}

Operation step_unlock(FutexWords& words, FutexId word, MutexPhase& phase) {
    switch (phase) {
    case MutexPhase::start: phase = MutexPhase::release; return words.pay(1);
    case MutexPhase::release: {
        const auto before = std::exchange(words[word], unlocked);
        kernel::check(before != unlocked, "a mutex that is unlocked was locked");
        if (before == locked) return finish(phase);
        phase = MutexPhase::awakening;
        return futex_wake(word, 1);
    }
    case MutexPhase::awakening: return finish(phase);
    case MutexPhase::compare:
    case MutexPhase::exchange:
    case MutexPhase::asleep: break;
    }
    kernel::broken("a thread that unlocks a mutex is in a phase of unlocking");
}

}  // namespace interlock::os
