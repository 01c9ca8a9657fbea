#pragma once

// Shortest job first, without preemption: of the runnable threads the one
// whose next CPU burst is shortest, ties in order of entering.
//
//   burst = the CPU work until the thread blocks, as the program declares it
//
// A textbook policy. Left out: estimates of the burst from the past.

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "models/os/policy.hpp"

namespace interlock::os {

class ShortestJobFirst final : public Policy {
public:
    explicit ShortestJobFirst(std::size_t runqueues) : queues_(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/, const Facts& facts) override {
        auto& entries = queues_[index(queue)];
        const Entry entry{.burst = facts.burst, .entered = entered_++, .thread = thread};
        entries.insert(std::upper_bound(entries.begin(), entries.end(), entry, runs_before), entry);
    }
    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override {
        if (why == Leaving::migrated)
            std::erase_if(queues_[index(queue)],
                          [thread](const Entry& entry) { return entry.thread == thread; });
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override {
        auto& entries = queues_[index(queue)];
        if (entries.empty()) return std::nullopt;
        const auto thread = entries.front().thread;
        entries.erase(entries.begin());
        return thread;
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
        return queues_[index(queue)][i].thread;
    }
    bool needs_burst() const override { return true; }

private:
    struct Entry {
        Work burst;
        std::uint64_t entered = 0;
        ThreadId thread{};
    };
    static bool runs_before(const Entry& a, const Entry& b) {
        return std::tie(a.burst, a.entered) < std::tie(b.burst, b.entered);
    }

    std::vector<std::vector<Entry>> queues_;  // each in the order of running
    std::uint64_t entered_ = 0;
};

}  // namespace interlock::os
