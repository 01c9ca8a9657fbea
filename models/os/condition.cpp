#include "models/os/condition.hpp"

#include "models/os/mutex.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {
namespace {

enum class Phase : std::uint8_t {
    start,
    // a wait
    enter,
    unlock_mutex,
    look,
    looking,
    sleep,
    woken,
    drop_woken,
    drop_closed,
    drop_timed_out,
    lock_to_cancel,
    cancel,
    unlock_cancelled,
    unlock_consumed,
    give_back,
    leave,
    leaving,
    lock_mutex,
    // a signal, or one that a wait must send on
    signal,
    lock_to_signal,
    signal_g1,
    close_g1,
    quiesce,
    switch_groups,
    unlock_signalled,
    wake,
    signalled,
};

constexpr std::uint32_t closed = 1;           // in a word of signals
constexpr std::uint32_t one_signal = 2;       // likewise
constexpr std::uint32_t signaller_waits = 1;  // in a word of references
constexpr std::uint32_t one_reference = 2;    // likewise

Phase phase_of(const LibraryCall& call) { return static_cast<Phase>(call.phase); }

Operation go(LibraryCall& call, Phase phase) {
    call.phase = static_cast<std::uint8_t>(phase);
    return nothing();
}

Operation pay_and_go(const FutexWords& words, LibraryCall& call, unsigned operations, Phase phase) {
    go(call, phase);
    return words.pay(operations);
}

/// Passes on what the inner protocol does; goes on in `phase` after it.
Operation then(const Operation& inner, LibraryCall& call, Phase phase) {
    return inner.verb == Verb::done ? go(call, phase) : inner;
}

/// The release is paid for already.
Operation unlock_paid(LibraryCall& call) {
    call.mutex_phase = MutexPhase::release;
    return go(call, Phase::unlock_signalled);
}

}  // namespace

Condition::Condition(FutexWords& words)
    : lock_(words.add()), signals_{words.add(), words.add()}, references_{words.add(),
                                                                          words.add()} {}

Operation Condition::step_wait(FutexWords& words, FutexId mutex, LibraryCall& call, Outcome last,
                               kernel::Time now) {
    switch (phase_of(call)) {
    case Phase::start: return pay_and_go(words, call, 2, Phase::enter);
    case Phase::enter: enter(call); return go(call, Phase::unlock_mutex);
    case Phase::unlock_mutex:
        return then(step_unlock(words, mutex, call.mutex_phase), call, Phase::look);
    case Phase::look: return pay_and_go(words, call, 1, Phase::looking);
    case Phase::looking: return look(words, call);
    case Phase::sleep: return sleep(words, call, now);
    case Phase::woken:
        call.timed_out = last == Outcome::timed_out;
        return pay_and_go(words, call, 1,
                          call.timed_out ? Phase::drop_timed_out : Phase::drop_woken);
    case Phase::drop_woken:
    case Phase::drop_closed:
    case Phase::drop_timed_out: return drop_reference(words, call);
    case Phase::lock_to_cancel:
        return then(step_lock(words, lock_, call.mutex_phase, call.waiting), call, Phase::cancel);
    case Phase::cancel:
        return go(call, cancel(call) ? Phase::unlock_consumed : Phase::unlock_cancelled);
    case Phase::unlock_cancelled:
        return then(step_unlock(words, lock_, call.mutex_phase), call, Phase::leave);
    case Phase::unlock_consumed:
        return then(step_unlock(words, lock_, call.mutex_phase), call, Phase::signal);
    case Phase::give_back: return give_back(words, call);
    case Phase::leave: return pay_and_go(words, call, 2, Phase::leaving);
    case Phase::leaving:
        --waiters_;
        call.mutex_phase = MutexPhase::exchange;
        return go(call, Phase::lock_mutex);
    case Phase::lock_mutex: return step_lock(words, mutex, call.mutex_phase, call.waiting);
    default: return step_signal(words, call);
    }
}

void Condition::enter(LibraryCall& call) {
    call.group = static_cast<std::uint8_t>(next_position_ & 1);
    call.sequence = next_position_ >> 1;
    next_position_ += 2;
    ++waiters_;
}

Operation Condition::look(FutexWords& words, LibraryCall& call) {
    auto& signals = words[signals_[call.group]];
    if ((signals & closed) != 0) return go(call, Phase::leave);
    if (signals == 0) {
        words[references_[call.group]] += one_reference;
        if (group_is_over(call.sequence)) return pay_and_go(words, call, 1, Phase::drop_closed);
        return go(call, Phase::sleep);
    }
    signals -= one_signal;
    const bool slot_is_g1 = ((g1_start_ & 1) ^ 1) == call.group;
    if (group_is_over(call.sequence) && slot_is_g1) {
        call.g1_start = g1_start_;
        return pay_and_go(words, call, 1, Phase::give_back);
    }
    return go(call, Phase::leave);
}

Operation Condition::sleep(const FutexWords& words, LibraryCall& call, kernel::Time now) const {
    const auto left = call.left(now);
    if (left && *left <= kernel::Duration::zero()) {
        call.timed_out = true;
        return pay_and_go(words, call, 1, Phase::drop_timed_out);
    }
    go(call, Phase::woken);
    return futex_wait(signals_[call.group], 0, call.waiting, left);
}

Operation Condition::drop_reference(FutexWords& words, LibraryCall& call) const {
    const auto phase = phase_of(call);
    go(call, phase == Phase::drop_woken    ? Phase::look
             : phase == Phase::drop_closed ? Phase::leave
                                           : Phase::lock_to_cancel);
    auto& references = words[references_[call.group]];
    references -= one_reference;
    if (references != signaller_waits) return nothing();
    references = 0;
    return futex_wake(references_[call.group], every_sleeper);
}

bool Condition::cancel(const LibraryCall& call) {
    if (group_is_over(call.sequence)) return true;
    auto& unsignalled = unsignalled_[call.group];
    const bool in_g2 = (g1_start_ >> 1) + g1_size_ <= call.sequence;
    if (!in_g2 && unsignalled == 0) return true;
    --unsignalled;
    return false;
}

Operation Condition::give_back(FutexWords& words, LibraryCall& call) const {
    go(call, Phase::leave);
    if (g1_start_ != call.g1_start) return nothing();
    auto& signals = words[signals_[call.group]];
    if ((signals & closed) == 0) signals += one_signal;
    return futex_wake(signals_[call.group], 1);
}

Operation Condition::step_signal(FutexWords& words, LibraryCall& call) {
    switch (phase_of(call)) {
    case Phase::start:
    case Phase::signal: return go(call, waiters_ == 0 ? Phase::signalled : Phase::lock_to_signal);
    case Phase::lock_to_signal: {
        const auto inner = step_lock(words, lock_, call.mutex_phase, call.waiting);
        // The signal itself and the release.
        return inner.verb == Verb::done ? pay_and_go(words, call, 2, Phase::signal_g1) : inner;
    }
    case Phase::signal_g1: return signal_g1(words, call);
    case Phase::close_g1: return close_g1(words, call);
    case Phase::quiesce: return wait_for_references(words, call);
    case Phase::switch_groups: return switch_groups(words, call);
    case Phase::unlock_signalled:
        return then(step_unlock(words, lock_, call.mutex_phase), call, Phase::wake);
    case Phase::wake:
        go(call, Phase::signalled);
        if (!call.wakes) return nothing();
        return futex_wake(signals_[call.group],
                          call.verb == Verb::condition_broadcast ? every_sleeper : 1);
    case Phase::signalled:
        return call.verb == Verb::condition_wait ? go(call, Phase::leave) : done();
    default:
        kernel::broken("a thread that signals a condition variable is in a phase of signalling");
    }
}

Operation Condition::signal_g1(FutexWords& words, LibraryCall& call) {
    call.group = static_cast<std::uint8_t>((next_position_ & 1) ^ 1);
    call.wakes = false;
    if (unsignalled_[call.group] == 0) return go(call, Phase::close_g1);
    send(words, call);
    if (call.verb == Verb::condition_broadcast) {
        // Before G1 is closed: its sleepers hold references to it.
        go(call, Phase::close_g1);
        return futex_wake(signals_[call.group], every_sleeper);
    }
    call.wakes = true;
    return unlock_paid(call);
}

Operation Condition::close_g1(FutexWords& words, LibraryCall& call) const {
    const auto arrived = (next_position_ >> 1) - (g1_start_ >> 1) - g1_size_;
    if (static_cast<std::int64_t>(arrived) + unsignalled_[call.group ^ 1] == 0)
        return unlock_paid(call);
    words[signals_[call.group]] |= closed;
    return wait_for_references(words, call);
}

Operation Condition::wait_for_references(FutexWords& words, LibraryCall& call) const {
    auto& references = words[references_[call.group]];
    if (references < one_reference) return pay_and_go(words, call, 2, Phase::switch_groups);
    references |= signaller_waits;
    go(call, Phase::quiesce);
    return futex_wait(references_[call.group], references, call.waiting);
}

Operation Condition::switch_groups(FutexWords& words, LibraryCall& call) {
    const auto old_end = (g1_start_ >> 1) + g1_size_;
    // The slot of G1 becomes that of G2: bit 0 says which.
    g1_start_ = old_end << 1 | call.group;
    words[signals_[call.group]] = 0;
    next_position_ ^= 1;
    call.group ^= 1;
    g1_size_ = static_cast<std::uint32_t>((next_position_ >> 1) - old_end);
    unsignalled_[call.group] += static_cast<std::int32_t>(g1_size_);
    if (unsignalled_[call.group] != 0) {
        send(words, call);
        call.wakes = true;
    }
    return unlock_paid(call);
}

void Condition::send(FutexWords& words, const LibraryCall& call) {
    auto& unsignalled = unsignalled_[call.group];
    const auto count = call.verb == Verb::condition_broadcast ? unsignalled : 1;
    words[signals_[call.group]] += one_signal * static_cast<std::uint32_t>(count);
    unsignalled -= count;
}

void Condition::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(), {next_position_, g1_start_, g1_size_, waiters_});
    for (const auto unsignalled : unsignalled_)
        key.push_back(static_cast<std::uint32_t>(unsignalled));
}

}  // namespace interlock::os
