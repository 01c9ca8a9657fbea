#include "models/interpreter/tick_lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum Phase : std::uint8_t { begun, issued };

}  // namespace

TickLock::TickLock(os::Work interval, os::CLibraryState& library)
    : interval_(interval), free_(library.add_semaphore(1)) {}

LockStep TickLock::next(LockCall& call, os::Outcome /*last*/) {
    kernel::check(call.kind != LockCall::Kind::none, "a call that goes on has begun");
    return call.kind == LockCall::Kind::take ? take(call) : drop(call);
}

LockStep TickLock::take(LockCall& call) {
    if (call.phase == begun) {
        call.phase = issued;
        ++waiters_;
        if (!holder_) return {.operation = os::wait(free_)};
        return {.operation = os::wait(free_), .note = Note::contended, .asked = *holder_};
    }
    kernel::check(!holder_, "the lock is free when it is granted");
    --waiters_;
    const bool switched = last_holder_ != call.thread;
    holder_ = last_holder_ = call.thread;
    return {.operation = os::done(), .note = switched ? Note::granted_by_switch : Note::granted};
}

LockStep TickLock::drop(LockCall& call) {
    if (call.phase == issued) return {.operation = os::done()};
    kernel::check(holder_ == call.thread, "the thread that drops the lock holds it");
    call.phase = issued;
    holder_.reset();
    return {.operation = os::post(free_),
            .note = call.forced ? Note::released_by_force : Note::released};
}

void TickLock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(), {number(holder_), number(last_holder_), waiters_});
}

}  // namespace interlock::interpreter
