#pragma once

// A fixed quantum each, in turn. Whoever has used up its quantum while others
// wait goes to the tail; who blocks earlier gives the rest away. A quantum that
// ends while nobody waits is followed by another.
//
// A textbook policy; ties of arrival are settled by the order of entering.

#include <vector>

#include "models/os/queueing.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class RoundRobin final : public Queueing<ThreadRing> {
public:
    RoundRobin(kernel::Duration quantum, std::size_t runqueues)
        : Queueing(runqueues), quantum_(quantum) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& /*facts*/) override {
        if (index(thread) >= used_.size()) used_.resize(index(thread) + 1);
        if (why != Joining::migrated) used_[index(thread)] = {};
        waiting(queue).append(thread);
    }
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        used_[index(thread)] += ran;
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (waiting(queue).empty()) return std::nullopt;
        auto& used = used_[index(thread)];
        if (used >= quantum_) used %= quantum_;
        return quantum_ - used;
    }

private:
    kernel::Duration quantum_;
    std::vector<kernel::Duration> used_;  // of the current quantum, by thread
};

}  // namespace interlock::os
