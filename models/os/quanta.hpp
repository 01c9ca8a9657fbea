#pragma once

// What each thread has used of its quantum. One that ends while nobody else is to run is
// followed by another.

#include "models/os/by_thread.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

class Quanta {
public:
    explicit Quanta(kernel::Duration quantum) : quantum_(quantum) {}

    void begin(ThreadId thread) { used_.make(thread) = {}; }
    void use(ThreadId thread, kernel::Duration ran) { used_.make(thread) += ran; }
    bool over(ThreadId thread) const { return used_[thread] >= quantum_; }
    kernel::Duration left(ThreadId thread) {
        auto& used = used_[thread];
        if (used >= quantum_) used %= quantum_;
        return quantum_ - used;
    }

private:
    kernel::Duration quantum_;
    ByThread<kernel::Duration> used_;
};

}  // namespace interlock::os
