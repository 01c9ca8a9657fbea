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
    taken,
    let_go,
    wait_for_switch,
    end_yield,
};
enum class Dropping : std::uint8_t { lock_mutex, release, unlock_mutex, dropped };

}  // namespace

QuantumLock::QuantumLock(kernel::Duration quantum, os::CLibraryState& library)
    : quantum_(quantum), mutex_(library.add_mutex()), switched_(library.add_condition()) {}

LockStep QuantumLock::take(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (held()) {
            queue_.push_back(call.thread);
            return wait(call);
        }
        deadline_passed_ = true;
        return own(call);
    case Taking::timed:
        timer_.reset();
        deadline_passed_ = last == os::Outcome::timed_out;
        if (!held()) return own(call);
        asked_[os::index(*holder())] = 1;
        return wait(call, Note::drop_requested, *holder());
    case Taking::woken: return held() ? wait(call) : own(call);
    case Taking::tell_yield:
        --yielding_;
        return step(call, os::signal(switched_), Taking::unlock_mutex);
    case Taking::unlock_mutex: return step(call, os::unlock(mutex_), Taking::taken);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    case Taking::let_go:
    case Taking::wait_for_switch:
    case Taking::end_yield: break;
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep QuantumLock::wait(LockCall& call, Note note, os::ThreadId asked) {
    const auto mine = turns_.of(call.thread);
    if (timer_) return step(call, os::wait(mine, mutex_), Taking::woken, note, asked);
    timer_ = call.thread;
    if (deadline_passed_) deadline_ = call.now + quantum_;
    const auto left = std::max(deadline_ - call.now, kernel::Duration{1});
    return step(call, os::wait(mine, mutex_, left), Taking::timed, note, asked);
}

LockStep QuantumLock::own(LockCall& call) {
    const auto note = grant(call.thread);
    const bool waited = std::erase(queue_, call.thread) > 0;
    turns_taken_ += waited ? 1 : 0;
    const auto then = waited && yielding_ > 0 ? Taking::tell_yield : Taking::unlock_mutex;
    if (!timer_ && !queue_.empty())
        return step(call, os::signal(turns_.of(queue_.back())), then, note);
    return step(call, os::nothing(), then, note);
}

LockStep QuantumLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::release);
    case Dropping::release: return step(call, let_go(call), Dropping::unlock_mutex, Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

/// Once the lock has been switched it takes it like anybody.
LockStep QuantumLock::yield(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex:
        if (!std::exchange(call.forced, false)) return take(call, last);
        asked_[os::index(call.thread)] = 0;
        return step(call, os::lock(mutex_), Taking::let_go);
    case Taking::let_go:
        call.seen = turns_taken_;
        return step(call, let_go(call),
                    queue_.empty() ? Taking::end_yield : Taking::wait_for_switch,
                    Note::released_by_force);
    case Taking::wait_for_switch:
        if (turns_taken_ == call.seen) {
            if (!std::exchange(call.waits, true)) ++yielding_;
            return step(call, os::wait(switched_, mutex_), Taking::wait_for_switch);
        }
        [[fallthrough]];
    case Taking::end_yield:
        call.waits = false;
        return step(call, os::unlock(mutex_), Taking::lock_mutex, Note::requested);
    default: return take(call, last);
    }
}

os::Operation QuantumLock::let_go(const LockCall& call) {
    release(call.thread);
    return queue_.empty() ? os::nothing() : os::signal(turns_.of(queue_.front()));
}

bool QuantumLock::drop_requested(os::ThreadId holder) const {
    return asked_.at(os::index(holder)) != 0;
}

void QuantumLock::add_thread(os::ThreadId thread, os::CLibraryState& library) {
    turns_.add(thread, library);
    if (asked_.size() <= os::index(thread)) asked_.resize(os::index(thread) + 1);
}

void QuantumLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(), {number(timer_), static_cast<std::uint64_t>(deadline_passed_),
                           turns_taken_, yielding_, queue_.size()});
    for (const auto waiter : queue_) key.push_back(os::index(waiter));
    key.insert(key.end(), asked_.begin(), asked_.end());
}

}  // namespace interlock::interpreter
