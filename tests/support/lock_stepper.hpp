#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/os/c_library.hpp"
#include "models/os/operation.hpp"

namespace interlock::support {

using interpreter::LockCall;
using interpreter::Note;
using os::Outcome;
using os::Verb;

/// Threads that take and drop the lock, stepped by hand. Mutexes are free
/// whenever asked for, since one thread at a time goes on; a wait on a
/// condition variable ends when the test says so.
template <typename Lock>
class LockStepper {
public:
    template <typename Parameters>
    explicit LockStepper(Parameters parameters) : lock(parameters, library_) {
        for (std::uint32_t i = 0; i < threads; ++i) lock.add_thread(os::ThreadId{i}, library_);
    }

    /// What the time is from now on.
    void at(kernel::Duration time) { now_ = kernel::Time{time}; }

    /// Until the thread has the lock or waits.
    void take(os::ThreadId thread) {
        begin(thread, {.kind = LockCall::Kind::take, .thread = thread});
    }
    void drop(os::ThreadId thread) {
        begin(thread, {.kind = LockCall::Kind::drop,
                       .forced = lock.drop_requested(thread),
                       .thread = thread});
    }
    /// What a holder does that was asked to drop it.
    void let_go(os::ThreadId thread) {
        begin(thread, {.kind = lock.when_asked(), .forced = true, .thread = thread});
    }
    /// The drop goes no further than the release of the mutex.
    void begin_to_drop(os::ThreadId thread) {
        call(thread) = {.kind = LockCall::Kind::drop, .thread = thread};
        while (go_on(thread, Outcome::done).verb != Verb::mutex_unlock) {
        }
    }
    /// The wait ends, by a signal (or for no reason), or by the timer.
    void wake(os::ThreadId thread) { run(thread, Outcome::done); }
    void time_out(os::ThreadId thread) { run(thread, Outcome::timed_out); }

    bool waits(os::ThreadId thread) const { return operation(thread).verb == Verb::condition_wait; }
    os::Timeout timeout(os::ThreadId thread) const { return operation(thread).timeout; }
    /// What the others were told since the last question.
    std::vector<Note> notes() { return std::exchange(notes_, {}); }

private:
    static constexpr std::uint32_t threads = 3;

    LockCall& call(os::ThreadId thread) { return calls_.at(os::index(thread)); }
    const os::Operation& operation(os::ThreadId thread) const {
        return operations_.at(os::index(thread));
    }

    void begin(os::ThreadId thread, LockCall begun) {
        call(thread) = begun;
        run(thread, Outcome::done);
    }
    void run(os::ThreadId thread, Outcome last) {
        for (;; last = Outcome::done) {
            const auto verb = go_on(thread, last).verb;
            if (verb == Verb::condition_wait || verb == Verb::done) return;
        }
    }
    os::Operation go_on(os::ThreadId thread, Outcome last) {
        call(thread).now = now_;
        const auto step = lock.next(call(thread), last);
        if (step.note != Note::nothing) notes_.push_back(step.note);
        operations_.at(os::index(thread)) = step.operation;
        return step.operation;
    }

    os::CLibraryState library_{os::CLibrary::glibc_2_25, kernel::Duration{0}};
    std::array<LockCall, threads> calls_;
    std::array<os::Operation, threads> operations_;
    std::vector<Note> notes_;
    kernel::Time now_{};

public:
    Lock lock;
};

}  // namespace interlock::support
