#include "models/interpreter/master_lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { lock_mutex, check, woken, taken, let_go, wait };
enum class Dropping : std::uint8_t { lock_mutex, release, signal, dropped };
enum class Helping : std::uint8_t { look, sleep, tick };

}  // namespace

MasterLock::MasterLock(MasterLockParameters parameters, os::CLibraryState& library)
    : parameters_(parameters), mutex_(library.add_mutex()), free_(library.add_condition()),
      ticker_(library) {}

LockCall::Kind MasterLock::when_asked() const {
    return parameters_.yield_waits ? LockCall::Kind::yield : LockCall::Kind::drop;
}

LockStep MasterLock::take(LockCall& call, os::Outcome /*last*/) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::woken: --waiters_; [[fallthrough]];
    case Taking::check:
        if (held()) return wait(call);
        return step(call, os::unlock(mutex_), Taking::taken, grant(call.thread));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    case Taking::let_go:
    case Taking::wait: break;
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep MasterLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::release);
    case Dropping::release:
        let_go(call);
        return step(call, os::unlock(mutex_), Dropping::signal,
                    call.forced ? Note::released_by_force : Note::released);
    case Dropping::signal: return step(call, os::signal(free_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

/// Once it waits it takes the lock like anybody.
LockStep MasterLock::yield(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::let_go);
    case Taking::let_go:
        if (waiters_ == 0) {
            asked_ = false;
            return step(call, os::unlock(mutex_), Taking::taken);
        }
        let_go(call);
        return step(call, os::signal(free_), Taking::wait, Note::released_by_force);
    case Taking::wait: return wait(call, Note::requested);
    default: return take(call, last);
    }
}

/// The ticks lie on a grid from the beginning, whoever waits.
LockStep MasterLock::help(LockCall& call) {
    switch (static_cast<Helping>(call.phase)) {
    case Helping::look:
        if (waiters_ == 0) {
            ticker_.sleep();
            return step(call, os::wait(ticker_.work()), Helping::sleep);
        }
        [[fallthrough]];
    case Helping::sleep: {
        const auto since = call.now.time_since_epoch() % parameters_.quantum;
        return step(call, os::sleep(parameters_.quantum - since, os::Waiting::blocked),
                    Helping::tick);
    }
    case Helping::tick:
        if (waiters_ == 0 || !holder()) return step(call, os::nothing(), Helping::look);
        asked_ = true;
        return step(call, os::nothing(), Helping::look, Note::drop_requested, *holder());
    }
    kernel::broken("the lock's own thread is in a phase of helping");
}

LockStep MasterLock::wait(LockCall& call, Note note) {
    ++waiters_;
    return step(call, os::wait(free_, mutex_), Taking::woken, ticker_.rouse(note));
}

void MasterLock::let_go(const LockCall& call) {
    release(call.thread);
    asked_ = false;
}

void MasterLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(), {waiters_, static_cast<std::uint64_t>(asked_),
                           static_cast<std::uint64_t>(ticker_.sleeps())});
}

}  // namespace interlock::interpreter
