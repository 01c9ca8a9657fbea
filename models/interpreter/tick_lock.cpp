#include "models/interpreter/tick_lock.hpp"

namespace interlock::interpreter {
namespace {

enum Phase : std::uint8_t { begun, issued };

}  // namespace

TickLock::TickLock(const TickLockParameters& parameters, os::CLibraryState& library)
    : parameters_(parameters), free_(library.add_semaphore(1)) {}

LockStep TickLock::take(LockCall& call, os::Outcome /*last*/) {
    if (call.phase == begun) {
        call.phase = issued;
        ++waiters_;
        if (!holder()) return {.operation = os::wait(free_)};
        return {.operation = os::wait(free_), .note = Note::contended, .asked = *holder()};
    }
    --waiters_;
    return {.operation = os::done(), .note = grant(call.thread)};
}

LockStep TickLock::drop(LockCall& call) {
    if (call.phase == issued) return {.operation = os::done()};
    call.phase = issued;
    release(call.thread);
    return {.operation = os::post(free_), .note = Note::released};
}

void TickLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.insert(key.end(), {waiters_, static_cast<std::uint64_t>(signalled_)});
}

}  // namespace interlock::interpreter
