#pragma once

// A fixed quantum each, in turn. Whoever has used up its quantum while others
// wait goes to the tail; who blocks earlier gives the rest away. A quantum that
// ends while nobody waits is followed by another.
//
// A textbook policy; ties of arrival are settled by the order of entering.

#include <vector>

#include "models/os/policy.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class RoundRobin final : public Policy {
public:
    RoundRobin(kernel::Duration quantum, std::size_t runqueues)
        : quantum_(quantum), queues_(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& /*facts*/) override {
        if (index(thread) >= used_.size()) used_.resize(index(thread) + 1);
        if (why != Joining::migrated) used_[index(thread)] = {};
        queues_[index(queue)].append(thread);
    }
    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override {
        if (why == Leaving::migrated) queues_[index(queue)].remove(thread);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override {
        return queues_[index(queue)].take_first();
    }
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        used_[index(thread)] += ran;
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (queues_[index(queue)].empty()) return std::nullopt;
        auto& used = used_[index(thread)];
        if (used >= quantum_) used %= quantum_;
        return quantum_ - used;
    }
    bool preempts(RunqueueId /*queue*/, ThreadId /*woken*/, ThreadId /*running*/) override {
        return false;
    }
    std::size_t queued(RunqueueId queue) const override { return queues_[index(queue)].size(); }
    ThreadId queued_at(RunqueueId queue, std::size_t i) const override {
        return queues_[index(queue)].at(i);
    }

private:
    kernel::Duration quantum_;
    std::vector<ThreadRing> queues_;
    std::vector<kernel::Duration> used_;  // of the current quantum, by thread
};

}  // namespace interlock::os
