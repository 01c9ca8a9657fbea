#include "models/interpreter/deadline_lock.hpp"

#include <algorithm>

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { lock_mutex, check, turn, taken, settle, wait };
enum class Dropping : std::uint8_t { lock_mutex, hand_over, unlock_mutex, dropped };

}  // namespace

DeadlineLock::DeadlineLock(kernel::Duration slice, os::CLibraryState& library)
    : slice_(slice), mutex_(library.add_mutex()) {}

LockStep DeadlineLock::take(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::check);
    case Taking::check: {
        auto& mine = turn(call.thread);
        if (!mine.begun) mine = {.begun = true, .deadline = call.now + slice_};
        if (!running_) return run(call);
        waiters_.push_back(call.thread);
        if (asked_ || turn(*running_).deadline <= mine.deadline) return wait(call);
        asked_ = true;
        return wait(call, Note::drop_requested);
    }
    case Taking::turn:
        if (running_ == call.thread) return run(call);
        if (last != os::Outcome::timed_out || asked_ || left(call.now) > kernel::Duration::zero())
            return wait(call);
        asked_ = true;
        return wait(call, Note::drop_requested);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    case Taking::settle:
    case Taking::wait: break;
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep DeadlineLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::lock_mutex: return step(call, os::lock(mutex_), Dropping::hand_over);
    case Dropping::hand_over:
        settle(call);
        hand_over(call);
        return step(call, running_ ? os::signal(turns_.of(*running_)) : os::nothing(),
                    Dropping::unlock_mutex, Note::released);
    case Dropping::unlock_mutex: return step(call, os::unlock(mutex_), Dropping::dropped);
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

/// Once it waits it takes the lock like anybody.
LockStep DeadlineLock::yield(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::lock_mutex: return step(call, os::lock(mutex_), Taking::settle);
    case Taking::settle:
        settle(call);
        if (waiters_.empty() || turn(*earliest()).deadline > turn(call.thread).deadline) {
            asked_ = false;
            return step(call, os::unlock(mutex_), Taking::taken);
        }
        hand_over(call);
        waiters_.push_back(call.thread);
        return step(call, os::signal(turns_.of(*running_)), Taking::wait, Note::released_by_force);
    case Taking::wait: return wait(call, Note::requested);
    default: return take(call, last);
    }
}

/// Somebody waits at least until the runner has used up its slice, so that it is asked.
LockStep DeadlineLock::wait(LockCall& call, Note note) {
    const auto at_most = std::max(left(call.now), kernel::Duration{1'000});
    return step(call, os::wait(turns_.of(call.thread), mutex_, at_most), Taking::turn, note,
                *running_);
}

LockStep DeadlineLock::run(LockCall& call) {
    running_ = call.thread;
    since_ = call.now;
    return step(call, os::unlock(mutex_), Taking::taken, grant(call.thread));
}

/// Books what the runner has used; a new slice if it was all.
void DeadlineLock::settle(const LockCall& call) {
    auto& mine = turn(call.thread);
    mine.used += call.now - since_;
    since_ = call.now;
    if (mine.used < slice_) return;
    mine.used = {};
    mine.deadline = call.now + slice_;
}

void DeadlineLock::hand_over(const LockCall& call) {
    release(call.thread);
    running_.reset();
    asked_ = false;
    if (waiters_.empty()) return;
    const auto next = earliest();
    running_ = *next;
    since_ = call.now;
    waiters_.erase(next);
}

/// Of equal deadlines, who has waited longest.
std::vector<os::ThreadId>::iterator DeadlineLock::earliest() {
    return std::min_element(waiters_.begin(), waiters_.end(),
                            [this](auto a, auto b) { return turn(a).deadline < turn(b).deadline; });
}

/// Of the runner's slice.
kernel::Duration DeadlineLock::left(kernel::Time now) const {
    return slice_ - turn(*running_).used - (now - since_);
}

void DeadlineLock::add_thread(os::ThreadId thread, os::CLibraryState& library) {
    turns_.add(thread, library);
    if (turn_of_.size() <= os::index(thread)) turn_of_.resize(os::index(thread) + 1);
}

void DeadlineLock::append_to(std::vector<std::uint64_t>& key) const {
    const auto count = [](auto time) { return static_cast<std::uint64_t>(time.count()); };
    Lock::append_to(key);
    key.insert(key.end(), {number(running_), count(since_.time_since_epoch()),
                           static_cast<std::uint64_t>(asked_), waiters_.size()});
    for (const auto waiter : waiters_) key.push_back(os::index(waiter));
    for (const auto& turn : turn_of_)
        key.insert(key.end(), {static_cast<std::uint64_t>(turn.begun),
                               count(turn.deadline.time_since_epoch()), count(turn.used)});
}

}  // namespace interlock::interpreter
