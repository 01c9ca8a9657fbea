#pragma once

// Shortest remaining time first: of the runnable threads the one that has least left
// of its CPU burst, the running one included; ties in order of entering.
//
//   remaining = the CPU work until the thread blocks, as the program declares it,
//               less what it ran since
//
// A textbook policy (Silberschatz, Galvin, Gagne: Operating System Concepts), minimal in
// mean turnaround. Left out: estimates of the burst from the past, CPUs of several speeds.

#include <algorithm>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class ShortestRemainingTimeFirst final : public Queueing<OrderedQueue<Work>> {
public:
    explicit ShortestRemainingTimeFirst(std::size_t runqueues) : Queueing(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/, const Facts& facts) override {
        left_.make(thread) = facts.burst;
        waiting(queue).append(thread, facts.burst);
    }
    void learn(ThreadId thread, const Facts& facts) override { left_[thread] = facts.burst; }
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        auto& left = left_[thread].value;
        left -= std::min(left, Work::of(ran).value);
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return left_[woken] < left_[running];
    }
    bool needs_burst() const override { return true; }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return left_[one] < left_[other];
    }

private:
    ByThread<Work> left_;
};

}  // namespace interlock::os
