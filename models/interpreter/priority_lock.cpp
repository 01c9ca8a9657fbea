#include "models/interpreter/priority_lock.hpp"

namespace interlock::interpreter {

PriorityLock::PriorityLock(IntervalLockParameters parameters, os::CLibraryState& library)
    : IntervalLock(parameters, library), freed_{library.add_condition(), library.add_condition()} {}

bool PriorityLock::asks_at_once(const LockCall& call) const {
    return class_of(call.thread) == io_bound && class_of(*holder()) == cpu_bound;
}

void PriorityLock::waits(const LockCall& call, bool begins) {
    auto& waiters = waiters_[class_of(call.thread)];
    waiters = begins ? waiters + 1 : waiters - 1;
}

os::ConditionId PriorityLock::waits_on(const LockCall& call) const {
    return freed_[class_of(call.thread)];
}

os::ConditionId PriorityLock::served_first() const {
    return freed_[waiters_[io_bound] > 0 ? io_bound : cpu_bound];
}

void PriorityLock::dropped(const LockCall& call) {
    classes_[os::index(call.thread)] = call.forced ? cpu_bound : io_bound;
}

void PriorityLock::add_thread(os::ThreadId thread, os::CLibraryState& /*library*/) {
    if (classes_.size() <= os::index(thread)) classes_.resize(os::index(thread) + 1);
}

void PriorityLock::append_to(std::vector<std::uint64_t>& key) const {
    IntervalLock::append_to(key);
    key.insert(key.end(), waiters_.begin(), waiters_.end());
    key.insert(key.end(), classes_.begin(), classes_.end());
}

}  // namespace interlock::interpreter
