#pragma once

// What each thread has used of its quantum. One that ends while it is not contested, by one
// that would have the next turn, is followed by another.

#include <algorithm>

#include "models/os/by_thread.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

class Quanta {
public:
    explicit Quanta(kernel::Duration quantum) : quantum_(quantum) {}

    void begin(ThreadId thread) { used_.make(thread) = {}; }
    void use(ThreadId thread, kernel::Duration ran, bool contested) {
        auto& used = used_.make(thread);
        used += ran;
        if (!contested && used >= quantum_) used %= quantum_;
    }
    /// Another quantum before the next turn.
    void extend(ThreadId thread) { used_.make(thread) -= quantum_; }
    bool over(ThreadId thread) const { return used_[thread] >= quantum_; }
    kernel::Duration left(ThreadId thread) const {
        return std::max(quantum_ - used_[thread], kernel::Duration{1});
    }

private:
    kernel::Duration quantum_;
    ByThread<kernel::Duration> used_;
};

}  // namespace interlock::os
