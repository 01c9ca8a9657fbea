#include "models/interpreter/interval_lock.hpp"

#include <algorithm>
#include <chrono>

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t {
    lock_mutex,
    check,
    waited,
    grant,
    unlock_switch_mutex,
    unlock_mutex,
    taken,
};

enum class Dropping : std::uint8_t {
    lock_mutex,
    release,
    unlock_mutex,
    check_request,
    force_switch,
    unlock_switch_mutex,
    dropped,
};

template <typename Phase>
Phase phase_of(const LockCall& call) {
    return static_cast<Phase>(call.phase);
}

}  // namespace

IntervalLock::IntervalLock(IntervalLockParameters parameters, os::CLibraryState& library)
    : interval_(std::max<kernel::Duration>(parameters.interval, std::chrono::microseconds(1))),
      request_scope_(parameters.request_scope), mutex_(library.add_mutex()),
      freed_(library.add_condition()), switch_mutex_(library.add_mutex()),
      switched_(library.add_condition()) {}

LockStep IntervalLock::take(LockCall& call, os::Outcome last) {
    switch (phase_of<Taking>(call)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (held() && !drop_requested(*holder()) && asks_at_once(call)) return ask(call);
        return wait_or_take(call, Note::nothing, {});
    case Taking::waited: return after_wait(call, last);
    case Taking::grant: return take_it(call);
    case Taking::unlock_switch_mutex:
        return step(call, os::unlock(switch_mutex_), Taking::unlock_mutex);
    case Taking::unlock_mutex:
        forget_request(call.thread);
        return step(call, os::unlock(mutex_), Taking::taken);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep IntervalLock::wait_or_take(LockCall& call, Note note, os::ThreadId asked) {
    if (!held()) return step(call, os::lock(switch_mutex_), Taking::grant, note, asked);
    call.seen = switches_;
    waits(call, true);
    return step(call, os::wait(waits_on(call), mutex_, interval_), Taking::waited, note, asked);
}

LockStep IntervalLock::after_wait(LockCall& call, os::Outcome last) {
    waits(call, false);
    if (last != os::Outcome::timed_out || !held() || switches_ != call.seen)
        return wait_or_take(call, Note::nothing, {});
    return ask(call);
}

LockStep IntervalLock::ask(LockCall& call) {
    request_drop();
    return wait_or_take(call, Note::drop_requested, *holder());
}

LockStep IntervalLock::take_it(LockCall& call) {
    const auto note = grant(call.thread);
    if (note == Note::granted_by_switch) ++switches_;
    return step(call, os::signal(switched_), Taking::unlock_switch_mutex, note);
}

LockStep IntervalLock::drop(LockCall& call) {
    switch (phase_of<Dropping>(call)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::release);
    case Dropping::release:
        release(call.thread);
        dropped(call);
        return step(call, os::signal(served_first()), Dropping::unlock_mutex,
                    call.forced ? Note::released_by_force : Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::check_request);
    case Dropping::check_request:
        if (!drop_requested(call.thread)) return step(call, os::done(), Dropping::dropped);
        return step(call, os::lock(switch_mutex_), Dropping::force_switch);
    case Dropping::force_switch: return force_switch(call);
    case Dropping::unlock_switch_mutex:
        return step(call, os::unlock(switch_mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

LockStep IntervalLock::force_switch(LockCall& call) {
    if (last_holder() != call.thread)
        return step(call, os::unlock(switch_mutex_), Dropping::dropped);
    forget_request(call.thread);
    return step(call, os::wait(switched_, switch_mutex_), Dropping::unlock_switch_mutex);
}

bool IntervalLock::drop_requested(os::ThreadId holder) const {
    if (request_scope_ == RequestScope::lock) return requested_;
    return os::index(holder) < thread_requested_.size() &&
           thread_requested_[os::index(holder)] != 0;
}

void IntervalLock::request_drop() {
    if (request_scope_ == RequestScope::lock) {
        requested_ = true;
        return;
    }
    const auto place = os::index(*last_holder());
    if (place >= thread_requested_.size()) thread_requested_.resize(place + 1);
    thread_requested_[place] = 1;
}

void IntervalLock::forget_request(os::ThreadId thread) {
    if (request_scope_ == RequestScope::lock)
        requested_ = false;
    else if (os::index(thread) < thread_requested_.size())
        thread_requested_[os::index(thread)] = 0;
}

void IntervalLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(),
               {static_cast<std::uint64_t>(requested_), switches_, thread_requested_.size()});
    key.insert(key.end(), thread_requested_.begin(), thread_requested_.end());
}

}  // namespace interlock::interpreter
