#pragma once

// What policies have in common whose waiting threads stand in a queue that says who is
// next: a ThreadRing, an OrderedQueue. By itself nobody is ever put back or preempted.

#include <vector>

#include "models/os/policy.hpp"

namespace interlock::os {

template <typename Queue>
class Queueing : public Policy {
public:
    explicit Queueing(std::size_t runqueues) : queues_(runqueues) {}

    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override {
        if (why == Leaving::migrated) waiting(queue).remove(thread);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override { return waiting(queue).take_first(); }
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

protected:
    Queue& waiting(RunqueueId queue) { return queues_[index(queue)]; }
    std::vector<Queue>& queues() { return queues_; }

private:
    std::vector<Queue> queues_;
};

}  // namespace interlock::os
