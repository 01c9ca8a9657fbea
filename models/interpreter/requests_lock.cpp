#include "models/interpreter/requests_lock.hpp"

namespace interlock::interpreter {

bool RequestsLock::asks_at_once(const LockCall& call) const {
    return comes_back_.at(os::index(call.thread)) != 0;
}

void RequestsLock::dropped(const LockCall& call) {
    comes_back_[os::index(call.thread)] = call.forced ? 0 : 1;
}

void RequestsLock::add_thread(os::ThreadId thread, os::CLibraryState& /*library*/) {
    if (comes_back_.size() <= os::index(thread)) comes_back_.resize(os::index(thread) + 1);
}

void RequestsLock::append_to(std::vector<std::uint64_t>& key) const {
    IntervalLock::append_to(key);
    key.insert(key.end(), comes_back_.begin(), comes_back_.end());
}

}  // namespace interlock::interpreter
