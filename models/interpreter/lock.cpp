#include "models/interpreter/lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

LockStep Lock::next(LockCall& call, os::Outcome last) {
    switch (call.kind) {
    case LockCall::Kind::take: return take(call, last);
    case LockCall::Kind::drop: return drop(call);
    case LockCall::Kind::yield: return yield(call, last);
    case LockCall::Kind::help: return help(call);
    case LockCall::Kind::none: break;
    }
    kernel::broken("a call that goes on has begun");
}

LockStep Lock::yield(LockCall& /*call*/, os::Outcome /*last*/) {
    kernel::broken("a lock yields if its holders are to yield");
}

LockStep Lock::help(LockCall& /*call*/) {
    kernel::broken("a lock's own thread helps if there is one");
}

Note Lock::grant(os::ThreadId thread) {
    kernel::check(!holder_, "the lock is free when it is granted");
    const bool switched = last_holder_ != thread;
    holder_ = last_holder_ = thread;
    return switched ? Note::granted_by_switch : Note::granted;
}

void Lock::release(os::ThreadId thread) {
    kernel::check(holder_ == thread, "the thread that drops the lock holds it");
    holder_.reset();
}

void Lock::append_to(std::vector<std::uint64_t>& key) const {
    key.insert(key.end(), {number(holder_), number(last_holder_)});
}

}  // namespace interlock::interpreter
