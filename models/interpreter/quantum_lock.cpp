#include "models/interpreter/quantum_lock.hpp"

#include <algorithm>
#include <utility>

#include "models/os/c_library.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t {
    lock_mutex,
    check,
    timed,
    woken,
    tell_yield,
    unlock_mutex,
    taken
};
enum class Dropping : std::uint8_t { lock_mutex, release, unlock_mutex, dropped };
enum class Yielding : std::uint8_t { lock_mutex = 100, release, wait, unlock_mutex, take };

}  // namespace

QuantumLock::QuantumLock(kernel::Duration quantum, os::CLibraryState& library)
    : quantum_(quantum), mutex_(library.add_mutex()), switched_(library.add_condition()) {}

LockStep QuantumLock::next(LockCall& call, os::Outcome last) {
    switch (call.kind) {
    case LockCall::Kind::take: return take(call, last);
    case LockCall::Kind::drop: return drop(call);
    case LockCall::Kind::yield: return yield(call, last);
    case LockCall::Kind::help:
    case LockCall::Kind::none: break;
    }
    kernel::broken("a call that goes on has begun");
}

LockStep QuantumLock::take(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (owner_) {
            queue_.push_back(call.thread);
            return wait(call);
        }
        deadline_passed_ = true;
        return own(call);
    case Taking::timed:
        timer_.reset();
        deadline_passed_ = last == os::Outcome::timed_out;
        if (!owner_) return own(call);
        asked_[os::index(*owner_)] = 1;
        return wait(call, Note::drop_requested, *owner_);
    case Taking::woken: return owner_ ? wait(call) : own(call);
    case Taking::tell_yield:
        --yielding_;
        return step(call, os::signal(switched_), Taking::unlock_mutex);
    case Taking::unlock_mutex: return step(call, os::unlock(mutex_), Taking::taken);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep QuantumLock::wait(LockCall& call, Note note, os::ThreadId asked) {
    const auto mine = turn(call.thread);
    if (timer_) return step(call, os::wait(mine, mutex_), Taking::woken, note, asked);
    timer_ = call.thread;
    if (deadline_passed_) deadline_ = call.now + quantum_;
    const auto left = std::max(deadline_ - call.now, kernel::Duration{1});
    return step(call, os::wait(mine, mutex_, left), Taking::timed, note, asked);
}

LockStep QuantumLock::own(LockCall& call) {
    kernel::check(!owner_, "the lock is free when it is granted");
    const bool waited = std::erase(queue_, call.thread) > 0;
    const bool switched = last_owner_ != call.thread;
    owner_ = last_owner_ = call.thread;
    turns_taken_ += waited ? 1 : 0;
    const auto note = switched ? Note::granted_by_switch : Note::granted;
    const auto then = waited && yielding_ > 0 ? Taking::tell_yield : Taking::unlock_mutex;
    if (!timer_ && !queue_.empty()) return step(call, os::signal(turn(queue_.back())), then, note);
    return step(call, os::nothing(), then, note);
}

LockStep QuantumLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::release);
    case Dropping::release:
        return step(call, release(call), Dropping::unlock_mutex, Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

LockStep QuantumLock::yield(LockCall& call, os::Outcome last) {
    if (call.forced) {
        call.forced = false;
        asked_[os::index(call.thread)] = 0;
        return step(call, os::lock(mutex_), Yielding::release);
    }
    switch (static_cast<Yielding>(call.phase)) {
    case Yielding::release:
        call.seen = turns_taken_;
        return step(call, release(call), queue_.empty() ? Yielding::unlock_mutex : Yielding::wait,
                    Note::released_by_force);
    case Yielding::wait:
        if (turns_taken_ == call.seen) {
            if (!std::exchange(call.waits, true)) ++yielding_;
            return step(call, os::wait(switched_, mutex_), Yielding::wait);
        }
        [[fallthrough]];
    case Yielding::unlock_mutex:
        call.waits = false;
        return step(call, os::unlock(mutex_), Taking::lock_mutex, Note::requested);
    default: return take(call, last);
    }
}

os::Operation QuantumLock::release(const LockCall& call) {
    kernel::check(owner_ == call.thread, "the thread that drops the lock owns it");
    owner_.reset();
    return queue_.empty() ? os::nothing() : os::signal(turn(queue_.front()));
}

bool QuantumLock::drop_requested(os::ThreadId holder) const {
    return asked_.at(os::index(holder)) != 0;
}

void QuantumLock::add_thread(os::ThreadId thread, os::CLibraryState& library) {
    if (turns_.size() <= os::index(thread)) turns_.resize(os::index(thread) + 1);
    turns_[os::index(thread)] = library.add_condition();
    if (asked_.size() <= os::index(thread)) asked_.resize(os::index(thread) + 1);
}

void QuantumLock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(), {number(owner_), number(last_owner_), number(timer_),
                           static_cast<std::uint64_t>(deadline_passed_), turns_taken_, yielding_,
                           queue_.size()});
    for (const auto waiter : queue_) key.push_back(os::index(waiter));
    key.insert(key.end(), asked_.begin(), asked_.end());
}

}  // namespace interlock::interpreter
