#pragma once

// First come, first served: whoever is runnable longest runs until it blocks.
// A textbook policy (Silberschatz, Galvin, Gagne: Operating System Concepts).

#include <vector>

#include "models/os/policy.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class Fifo final : public Policy {
public:
    explicit Fifo(std::size_t runqueues) : queues_(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/,
                 const Facts& /*facts*/) override {
        queues_[index(queue)].append(thread);
    }
    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override {
        if (why == Leaving::migrated) queues_[index(queue)].remove(thread);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override {
        return queues_[index(queue)].take_first();
    }
    void charge(RunqueueId /*queue*/, ThreadId /*thread*/, kernel::Duration /*ran*/) override {}
    kernel::Maybe<kernel::Duration> due(RunqueueId /*queue*/, ThreadId /*thread*/) override {
        return std::nullopt;
    }
    bool preempts(RunqueueId /*queue*/, ThreadId /*woken*/, ThreadId /*running*/) override {
        return false;
    }
    std::size_t queued(RunqueueId queue) const override { return queues_[index(queue)].size(); }
    ThreadId queued_at(RunqueueId queue, std::size_t i) const override {
        return queues_[index(queue)].at(i);
    }

private:
    std::vector<ThreadRing> queues_;
};

}  // namespace interlock::os
