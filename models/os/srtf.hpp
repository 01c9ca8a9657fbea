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

#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class ShortestRemainingTimeFirst final : public Queueing<OrderedQueue<Work>> {
public:
    explicit ShortestRemainingTimeFirst(std::size_t runqueues) : Queueing(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/, const Facts& facts) override {
        if (index(thread) >= left_.size()) left_.resize(index(thread) + 1);
        left_[index(thread)] = facts.burst;
        waiting(queue).append(thread, facts.burst);
    }
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        auto& left = left_[index(thread)].value;
        left -= std::min(left, Work::of(ran).value);
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return left_[index(woken)] < left_[index(running)];
    }
    bool needs_burst() const override { return true; }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return left_[index(one)] < left_[index(other)];
    }

private:
    std::vector<Work> left_;  // by thread
};

}  // namespace interlock::os
