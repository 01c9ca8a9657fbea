#include "models/interpreter/fifo_lock.hpp"

#include <utility>

#include "models/os/c_library.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { lock_mutex, check, turn, taken };
enum class Dropping : std::uint8_t { lock_mutex, hand_over, unlock_mutex, dropped };
enum class Yielding : std::uint8_t { lock_mutex, hand_over, wait, turn, yielded };
enum class Helping : std::uint8_t { look, sleep, tick };

}  // namespace

FifoLock::FifoLock(FifoLockParameters parameters, os::CLibraryState& library)
    : parameters_(parameters), mutex_(library.add_mutex()), ticking_(library.add_semaphore(0)) {}

LockStep FifoLock::next(LockCall& call, os::Outcome /*last*/) {
    switch (call.kind) {
    case LockCall::Kind::take: return take(call);
    case LockCall::Kind::drop: return drop(call);
    case LockCall::Kind::yield: return yield(call);
    case LockCall::Kind::help: return help(call);
    case LockCall::Kind::none: break;
    }
    kernel::broken("a call that goes on has begun");
}

LockStep FifoLock::take(LockCall& call) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (!holder_) {
            holder_ = call.thread;
            return step(call, os::unlock(mutex_), Taking::taken, granted(call));
        }
        queue_.push_back(call.thread);
        return step(call, os::wait(turn(call.thread), mutex_), Taking::turn,
                    std::exchange(helper_sleeps_, false) ? Note::needs_helper : Note::nothing);
    case Taking::turn:
        if (holder_ != call.thread)
            return step(call, os::wait(turn(call.thread), mutex_), Taking::turn);
        return step(call, os::unlock(mutex_), Taking::taken, granted(call));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep FifoLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::hand_over);
    case Dropping::hand_over:
        hand_over(call);
        return step(call, holder_ ? os::signal(turn(*holder_)) : os::nothing(),
                    Dropping::unlock_mutex, Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

LockStep FifoLock::yield(LockCall& call) {
    switch (static_cast<Yielding>(call.phase)) {
    case Yielding::lock_mutex: return step(call, os::lock(mutex_), Yielding::hand_over);
    case Yielding::hand_over:
        if (queue_.empty()) {
            asked_ = false;
            ran_ = {};
            return step(call, os::unlock(mutex_), Yielding::yielded);
        }
        hand_over(call);
        queue_.push_back(call.thread);
        return step(call, os::signal(turn(*holder_)), Yielding::wait, Note::released_by_force);
    case Yielding::wait:
        return step(call, os::wait(turn(call.thread), mutex_), Yielding::turn, Note::requested);
    case Yielding::turn:
        if (holder_ != call.thread)
            return step(call, os::wait(turn(call.thread), mutex_), Yielding::turn);
        return step(call, os::unlock(mutex_), Yielding::yielded, granted(call));
    case Yielding::yielded: return step(call, os::done(), Yielding::yielded);
    }
    kernel::broken("a thread that yields the lock is in a phase of yielding it");
}

LockStep FifoLock::help(LockCall& call) {
    switch (static_cast<Helping>(call.phase)) {
    case Helping::look:
        helper_sleeps_ = queue_.empty();
        if (helper_sleeps_) return step(call, os::wait(ticking_), Helping::sleep);
        [[fallthrough]];
    case Helping::sleep: return step(call, os::sleep(parameters_.tick), Helping::tick);
    case Helping::tick:
        if (queue_.empty() || !holder_ || asked_) return step(call, os::nothing(), Helping::look);
        ran_ += parameters_.tick;
        if (ran_ < parameters_.quantum) return step(call, os::nothing(), Helping::look);
        asked_ = true;
        return step(call, os::nothing(), Helping::look, Note::drop_requested, *holder_);
    }
    kernel::broken("the lock's own thread is in a phase of helping");
}

/// Who is at the head of the queue has the lock from now on, before it wakes up.
void FifoLock::hand_over(const LockCall& call) {
    kernel::check(holder_ == call.thread, "the thread that drops the lock holds it");
    holder_.reset();
    asked_ = false;
    ran_ = {};
    if (queue_.empty()) return;
    holder_ = queue_.front();
    queue_.pop_front();
}

Note FifoLock::granted(const LockCall& call) {
    const bool switched = last_holder_ != call.thread;
    last_holder_ = call.thread;
    return switched ? Note::granted_by_switch : Note::granted;
}

void FifoLock::add_thread(os::ThreadId thread, os::CLibraryState& library) {
    if (turns_.size() <= os::index(thread)) turns_.resize(os::index(thread) + 1);
    turns_[os::index(thread)] = library.add_condition();
}

void FifoLock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(),
               {number(holder_), number(last_holder_), static_cast<std::uint64_t>(ran_.count()),
                static_cast<std::uint64_t>(asked_), static_cast<std::uint64_t>(helper_sleeps_),
                queue_.size()});
    for (const auto waiter : queue_) key.push_back(os::index(waiter));
}

}  // namespace interlock::interpreter
