#include "models/interpreter/quantum_lock.hpp"

#include <algorithm>

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
    another_yields,
    wait_for_switch,
    pause,
    pause_over,
    lock_again,
    end_yield,
};
enum class Dropping : std::uint8_t { lock_mutex, release, unlock_mutex, dropped };

}  // namespace

QuantumLock::QuantumLock(kernel::Duration quantum, os::CLibraryState& library)
    : quantum_(quantum), mutex_(library.add_mutex()), switched_(library.add_condition()),
      others_(library.add_condition()) {}

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
        need_yield_ = false;
        return step(call, os::signal(switched_), Taking::unlock_mutex);
    case Taking::unlock_mutex: return step(call, os::unlock(mutex_), Taking::taken);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    default: break;
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
    const auto then = waited && need_yield_ ? Taking::tell_yield : Taking::unlock_mutex;
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

/// One at a time waits until who was woken has the lock, the others until that one is
/// through. Then it takes the lock like anybody.
LockStep QuantumLock::yield(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex:
        asked_[os::index(call.thread)] = 0;
        return step(call, os::lock(mutex_), Taking::let_go);
    case Taking::let_go: {
        auto then = Taking::another_yields;
        if (!wait_yield_) {
            need_yield_ = wait_yield_ = !queue_.empty();
            then = wait_yield_ ? Taking::wait_for_switch : Taking::pause;
        }
        return step(call, let_go(call), then, Note::released_by_force);
    }
    case Taking::another_yields:
        if (wait_yield_) return step(call, os::wait(others_, mutex_), Taking::another_yields);
        return step(call, os::nothing(), Taking::check, Note::requested);
    case Taking::wait_for_switch:
        if (need_yield_) return step(call, os::wait(switched_, mutex_), Taking::wait_for_switch);
        wait_yield_ = false;
        return step(call, os::broadcast(others_), Taking::end_yield);
    case Taking::pause: return step(call, os::unlock(mutex_), Taking::pause_over);
    case Taking::pause_over: return step(call, os::yield(), Taking::lock_again);
    case Taking::lock_again: return step(call, os::lock(mutex_), Taking::end_yield);
    case Taking::end_yield: return step(call, os::nothing(), Taking::check, Note::requested);
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
                           static_cast<std::uint64_t>(need_yield_),
                           static_cast<std::uint64_t>(wait_yield_), queue_.size()});
    for (const auto waiter : queue_) key.push_back(os::index(waiter));
    key.insert(key.end(), asked_.begin(), asked_.end());
}

}  // namespace interlock::interpreter
