#pragma once

// Shortest job first, without preemption: of the runnable threads the one
// whose next CPU burst is shortest, ties in order of entering.
//
//   burst = the CPU work until the thread blocks, as the program declares it
//
// A textbook policy. Left out: estimates of the burst from the past.

#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class ShortestJobFirst final : public Queueing<OrderedQueue<Work>> {
public:
    explicit ShortestJobFirst(std::size_t runqueues) : Queueing(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/, const Facts& facts) override {
        waiting(queue).append(thread, facts.burst);
    }
    bool needs_burst() const override { return true; }
    bool minds_newcomers() const override { return false; }
};

}  // namespace interlock::os
