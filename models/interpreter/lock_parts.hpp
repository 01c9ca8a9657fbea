#pragma once

// What several locks are made of.

#include <utility>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/os/c_library.hpp"
#include "models/os/ids.hpp"

namespace interlock::interpreter {

/// A condition variable for each thread, which it waits on for its turn.
class Turns {
public:
    void add(os::ThreadId thread, os::CLibraryState& library) {
        if (conditions_.size() <= os::index(thread)) conditions_.resize(os::index(thread) + 1);
        conditions_[os::index(thread)] = library.add_condition();
    }
    os::ConditionId of(os::ThreadId thread) const { return conditions_.at(os::index(thread)); }

private:
    std::vector<os::ConditionId> conditions_;
};

/// The sleep of a lock's own thread while nobody waits for the lock.
class Helper {
public:
    explicit Helper(os::CLibraryState& library) : work_(library.add_semaphore(0)) {}

    os::SemaphoreId work() const { return work_; }
    bool sleeps() const { return sleeps_; }
    void sleep() { sleeps_ = true; }
    /// Somebody waits from now on.
    Note rouse(Note otherwise) {
        return std::exchange(sleeps_, false) ? Note::needs_helper : otherwise;
    }

private:
    os::SemaphoreId work_;
    bool sleeps_ = false;
};

}  // namespace interlock::interpreter
