#include "models/interpreter/polled_lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { look, queue, polled, steal, waited, taken };

constexpr kernel::Duration poll{4'000};  // 220 looks with a pause of the CPU, 18 ns each
constexpr kernel::Duration patience{100'000};

}  // namespace

PolledLock::PolledLock(os::Work interval, os::CLibraryState& library)
    : interval_(interval), stealer_(library.add_mutex()), gil_(library.add_semaphore(0)) {}

LockStep PolledLock::next(LockCall& call, os::Outcome last) {
    switch (call.kind) {
    case LockCall::Kind::take: return take(call, last);
    case LockCall::Kind::drop: return drop(call);
    case LockCall::Kind::yield: return yield(call, last);
    case LockCall::Kind::help:
    case LockCall::Kind::none: break;
    }
    kernel::broken("a call that goes on has begun");
}

LockStep PolledLock::take(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::look:
        if (!locked_) return step(call, os::done(), Taking::taken, grant(call));
        ++waiters_;
        if (!holder_) return step(call, os::run(poll), Taking::polled);
        return step(call, os::run(poll), Taking::polled, Note::contended, *holder_);
    case Taking::queue:
        ++waiters_;
        return step(call, os::run(poll), Taking::polled, Note::requested);
    case Taking::polled: return step(call, os::lock(stealer_), Taking::steal);
    case Taking::waited:
        if (last != os::Outcome::timed_out) {
            kernel::check(locked_ && !holder_, "a lock that is handed over has no holder");
            locked_ = false;
        }
        [[fallthrough]];
    case Taking::steal:
        if (locked_) return step(call, os::wait(gil_, patience), Taking::waited);
        --waiters_;
        return step(call, os::unlock(stealer_), Taking::taken, grant(call));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep PolledLock::drop(LockCall& call) {
    kernel::check(holder_ == call.thread, "the thread that drops the lock holds it");
    locked_ = false;
    holder_.reset();
    return {.operation = os::done(), .note = Note::released};
}

LockStep PolledLock::yield(LockCall& call, os::Outcome last) {
    if (static_cast<Taking>(call.phase) != Taking::look) return take(call, last);
    if (waiters_ == 0) return step(call, os::done(), Taking::taken);
    kernel::check(holder_ == call.thread, "the thread that yields the lock holds it");
    holder_.reset();
    return step(call, os::post(gil_), Taking::queue, Note::released_by_force);
}

Note PolledLock::grant(const LockCall& call) {
    kernel::check(!locked_, "the lock is free when it is granted");
    locked_ = true;
    const bool switched = last_holder_ != call.thread;
    holder_ = last_holder_ = call.thread;
    return switched ? Note::granted_by_switch : Note::granted;
}

void PolledLock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(), {static_cast<std::uint64_t>(locked_), number(holder_),
                           number(last_holder_), waiters_});
}

}  // namespace interlock::interpreter
