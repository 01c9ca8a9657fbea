#include "models/interpreter/polled_lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { look, queue, polled, steal, waited, taken };

constexpr kernel::Duration look{18};  // with a pause of the CPU
constexpr std::uint32_t looks_min = 40;
constexpr std::uint32_t looks_max = 400;
constexpr kernel::Duration patience{100'000};

}  // namespace

PolledLock::PolledLock(os::Work interval, os::CLibraryState& library)
    : interval_(interval), stealer_(library.add_mutex()), gil_(library.add_semaphore(0)) {}

LockStep PolledLock::take(LockCall& call, os::Outcome last) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::look:
        if (!locked_) return step(call, os::done(), Taking::taken, lock(call));
        ++waiters_;
        if (!holder()) return step(call, os::run(poll()), Taking::polled);
        return step(call, os::run(poll()), Taking::polled, Note::contended, *holder());
    case Taking::queue:
        ++waiters_;
        return step(call, os::run(poll()), Taking::polled, Note::requested);
    case Taking::polled: return step(call, os::lock(stealer_), Taking::steal);
    case Taking::waited:
        if (last != os::Outcome::timed_out) {
            kernel::check(locked_ && !holder(), "a lock that is handed over has no holder");
            locked_ = false;
        }
        [[fallthrough]];
    case Taking::steal:
        if (locked_) return step(call, os::wait(gil_, patience), Taking::waited);
        --waiters_;
        return step(call, os::unlock(stealer_), Taking::taken, lock(call));
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

LockStep PolledLock::drop(LockCall& call) {
    locked_ = false;
    release(call.thread);
    return {.operation = os::done(), .note = Note::released};
}

LockStep PolledLock::yield(LockCall& call, os::Outcome last) {
    if (static_cast<Taking>(call.phase) != Taking::look) return take(call, last);
    if (waiters_ == 0) return step(call, os::done(), Taking::taken);
    release(call.thread);
    return step(call, os::post(gil_), Taking::queue, Note::released_by_force);
}

/// As many looks as the next of a row of numbers says that jumps about (Knuth's
/// multiplier of 32 bits).
kernel::Duration PolledLock::poll() {
    drawn_ = drawn_ * 1664525 + 1013904223;
    return look * (looks_min + (drawn_ >> 16) % (looks_max - looks_min + 1));
}

Note PolledLock::lock(const LockCall& call) {
    kernel::check(!locked_, "the lock is free when it is granted");
    locked_ = true;
    return grant(call.thread);
}

void PolledLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(), {static_cast<std::uint64_t>(locked_), waiters_});
}

}  // namespace interlock::interpreter
