#pragma once

// A fixed quantum each, in turn. Whoever has used up its quantum while others
// wait goes to the tail; who blocks earlier gives the rest away. A quantum that
// ends while nobody waits is followed by another.
//
// A textbook policy; ties of arrival are settled by the order of entering.

#include "models/os/quanta.hpp"
#include "models/os/queueing.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class RoundRobin final : public Queueing<ThreadRing> {
public:
    RoundRobin(kernel::Duration quantum, std::size_t runqueues)
        : Queueing(runqueues), quanta_(quantum) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& /*facts*/) override {
        if (why != Joining::migrated) quanta_.begin(thread);
        waiting(queue).append(thread);
    }
    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override {
        quanta_.use(thread, ran, queued(queue) > 0);
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (queued(queue) == 0) return std::nullopt;
        return quanta_.left(thread);
    }

private:
    Quanta quanta_;
};

}  // namespace interlock::os
