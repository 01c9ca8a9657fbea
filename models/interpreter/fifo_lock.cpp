#include "models/interpreter/fifo_lock.hpp"

#include "models/os/c_library.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { lock_mutex, check, turn, taken, hand_over, wait };
enum class Dropping : std::uint8_t { lock_mutex, hand_over, unlock_mutex, dropped };
enum class Helping : std::uint8_t { look, sleep, tick };

}  // namespace

FifoLock::FifoLock(FifoLockParameters parameters, os::CLibraryState& library)
    : parameters_(parameters), mutex_(library.add_mutex()), timer_(library) {}

LockStep FifoLock::take(LockCall& call, os::Outcome /*last*/) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check:
        if (running_) {
            queue_.push_back(call.thread);
            return wait(call, timer_.rouse(Note::nothing));
        }
        running_ = call.thread;
        [[fallthrough]];
    case Taking::turn:
        if (running_ != call.thread) return wait(call);
        return step(call, os::unlock(mutex_), Taking::taken, grant(call.thread));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    case Taking::hand_over:
    case Taking::wait: break;
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep FifoLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::hand_over);
    case Dropping::hand_over:
        hand_over(call);
        return step(call, running_ ? os::signal(turns_.of(*running_)) : os::nothing(),
                    Dropping::unlock_mutex, Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

/// Once it waits it takes the lock like anybody.
LockStep FifoLock::yield(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::hand_over);
    case Taking::hand_over:
        if (queue_.empty()) {
            asked_ = false;
            ran_ = {};
            return step(call, os::unlock(mutex_), Taking::taken);
        }
        hand_over(call);
        queue_.push_back(call.thread);
        return step(call, os::signal(turns_.of(*running_)), Taking::wait, Note::released_by_force);
    case Taking::wait: return wait(call, Note::requested);
    default: return take(call, last);
    }
}

LockStep FifoLock::wait(LockCall& call, Note note) {
    return step(call, os::wait(turns_.of(call.thread), mutex_), Taking::turn, note);
}

LockStep FifoLock::help(LockCall& call) {
    switch (static_cast<Helping>(call.phase)) {
    case Helping::look:
        if (queue_.empty()) {
            timer_.sleep();
            return step(call, os::wait(timer_.work()), Helping::sleep);
        }
        [[fallthrough]];
    case Helping::sleep:
        return step(call, os::sleep(parameters_.tick, os::Waiting::blocked), Helping::tick);
    case Helping::tick:
        if (queue_.empty() || !running_ || asked_) return step(call, os::nothing(), Helping::look);
        ran_ += parameters_.tick;
        if (ran_ < parameters_.quantum) return step(call, os::nothing(), Helping::look);
        asked_ = true;
        return step(call, os::nothing(), Helping::look, Note::drop_requested, *running_);
    }
    kernel::broken("the lock's own thread is in a phase of helping");
}

/// Who is at the head of the queue has the lock from now on, before it wakes up.
void FifoLock::hand_over(const LockCall& call) {
    release(call.thread);
    running_.reset();
    asked_ = false;
    ran_ = {};
    if (queue_.empty()) return;
    running_ = queue_.front();
    queue_.pop_front();
}

void FifoLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(), {number(running_), static_cast<std::uint64_t>(ran_.count()),
                           static_cast<std::uint64_t>(asked_),
                           static_cast<std::uint64_t>(timer_.sleeps()), queue_.size()});
    for (const auto waiter : queue_) key.push_back(os::index(waiter));
}

}  // namespace interlock::interpreter
