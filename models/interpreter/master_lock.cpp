#include "models/interpreter/master_lock.hpp"

#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { lock_mutex, check, taken };
enum class Dropping : std::uint8_t { lock_mutex, release, signal, dropped };
enum class Yielding : std::uint8_t { lock_mutex, release, wait, check, yielded };
enum class Helping : std::uint8_t { look, sleep, tick };

}  // namespace

MasterLock::MasterLock(MasterLockParameters parameters, os::CLibraryState& library)
    : parameters_(parameters), mutex_(library.add_mutex()), free_(library.add_condition()),
      ticking_(library.add_semaphore(0)) {}

LockCall::Kind MasterLock::when_asked() const {
    return parameters_.yield_waits ? LockCall::Kind::yield : LockCall::Kind::drop;
}

LockStep MasterLock::next(LockCall& call, os::Outcome /*last*/) {
    switch (call.kind) {
    case LockCall::Kind::take: return take(call);
    case LockCall::Kind::drop: return drop(call);
    case LockCall::Kind::yield: return yield(call);
    case LockCall::Kind::help: return help(call);
    case LockCall::Kind::none: break;
    }
    kernel::broken("a call that goes on has begun");
}

LockStep MasterLock::take(LockCall& call) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (call.waits) --waiters_;
        call.waits = holder_.has_value();
        if (call.waits) return wait(call, static_cast<std::uint8_t>(Taking::check));
        return step(call, os::unlock(mutex_), Taking::taken, grant(call));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep MasterLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::release);
    case Dropping::release:
        release(call);
        return step(call, os::unlock(mutex_), Dropping::signal,
                    call.forced ? Note::released_by_force : Note::released);
    case Dropping::signal: return step(call, os::signal(free_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

LockStep MasterLock::yield(LockCall& call) {
    switch (static_cast<Yielding>(call.phase)) {
    case Yielding::lock_mutex: return step(call, os::lock(mutex_), Yielding::release);
    case Yielding::release:
        if (waiters_ == 0) {
            asked_ = false;
            return step(call, os::unlock(mutex_), Yielding::yielded);
        }
        release(call);
        return step(call, os::signal(free_), Yielding::wait, Note::released_by_force);
    case Yielding::wait:
        call.waits = true;
        return wait(call, static_cast<std::uint8_t>(Yielding::check), Note::requested);
    case Yielding::check:
        --waiters_;
        if (holder_) return wait(call, static_cast<std::uint8_t>(Yielding::check));
        return step(call, os::unlock(mutex_), Yielding::yielded, grant(call));
    case Yielding::yielded: return step(call, os::done(), Yielding::yielded);
    }
    kernel::broken("a thread that yields the lock is in a phase of yielding it");
}

/// The ticks lie on a grid from the beginning, whoever waits.
LockStep MasterLock::help(LockCall& call) {
    switch (static_cast<Helping>(call.phase)) {
    case Helping::look:
        helper_sleeps_ = waiters_ == 0;
        if (helper_sleeps_) return step(call, os::wait(ticking_), Helping::sleep);
        [[fallthrough]];
    case Helping::sleep: {
        const auto since = call.now.time_since_epoch() % parameters_.quantum;
        return step(call, os::sleep(parameters_.quantum - since), Helping::tick);
    }
    case Helping::tick:
        if (waiters_ == 0 || !holder_) return step(call, os::nothing(), Helping::look);
        asked_ = true;
        return step(call, os::nothing(), Helping::look, Note::drop_requested, *holder_);
    }
    kernel::broken("the lock's own thread is in a phase of helping");
}

LockStep MasterLock::wait(LockCall& call, std::uint8_t phase, Note note) {
    ++waiters_;
    call.phase = phase;
    const bool rouses = std::exchange(helper_sleeps_, false);
    return {.operation = os::wait(free_, mutex_), .note = rouses ? Note::needs_helper : note};
}

Note MasterLock::grant(const LockCall& call) {
    kernel::check(!holder_, "the lock is free when it is granted");
    const bool switched = last_holder_ != call.thread;
    holder_ = last_holder_ = call.thread;
    return switched ? Note::granted_by_switch : Note::granted;
}

void MasterLock::release(const LockCall& call) {
    kernel::check(holder_ == call.thread, "the thread that drops the lock holds it");
    holder_.reset();
    asked_ = false;
}

void MasterLock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(),
               {number(holder_), number(last_holder_), waiters_, static_cast<std::uint64_t>(asked_),
                static_cast<std::uint64_t>(helper_sleeps_)});
}

}  // namespace interlock::interpreter
