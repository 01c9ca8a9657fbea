#pragma once

// Stride scheduling: CPU time shared by tickets, without chance.
//
//   pass += ran x 2^20 / tickets      in virtual ns
//   the runnable thread of the least pass runs for a quantum; equal ones by number
//   whoever comes (again) starts at the least pass of those that are there, and as much
//   later as its own was ahead of that where it was before
//
// A thread's share is off by at most a quantum. Followed as the specification of the os
// tells it (1.6). Left out: remains of the pass of those who leave in debt or in credit.

#include <algorithm>
#include <vector>

#include "models/os/ordered_queue.hpp"
#include "models/os/policy.hpp"

namespace interlock::os {

class Stride final : public Policy {
public:
    Stride(kernel::Duration quantum, std::size_t runqueues)
        : quantum_(quantum), queues_(runqueues) {}

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override {
        if (index(thread) >= states_.size()) states_.resize(index(thread) + 1);
        auto& me = states_[index(thread)];
        auto& queue = queues_[index(id)];
        me.tickets = facts.scheduling.tickets;
        if (why == Joining::started || why == Joining::woken || why == Joining::migrated) {
            const auto least = queues_[index(me.last)].least;
            me.pass = queue.least + (me.pass > least ? me.pass - least : 0);
        }
        me.last = id;
        if (why != Joining::preempted) me.used = {};
        queue.waiting.append(thread, {me.pass, index(thread)});
    }
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override {
        if (why == Leaving::migrated) queues_[index(id)].waiting.remove(thread);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId id) override {
        return queues_[index(id)].waiting.take_first();
    }
    void charge(RunqueueId id, ThreadId thread, kernel::Duration ran) override {
        auto& me = states_[index(thread)];
        me.pass += static_cast<kernel::Wide>(ran.count()) * (kernel::Wide{1} << 20U) / me.tickets;
        me.used += ran;
        auto& queue = queues_[index(id)];
        const auto least =
            queue.waiting.empty() ? me.pass : std::min(me.pass, queue.waiting.first_key().pass);
        queue.least = std::max(queue.least, least);
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId id, ThreadId thread) override {
        if (queues_[index(id)].waiting.empty()) return std::nullopt;
        auto& used = states_[index(thread)].used;
        if (used >= quantum_) used %= quantum_;
        return quantum_ - used;
    }
    bool preempts(RunqueueId /*queue*/, ThreadId /*woken*/, ThreadId /*running*/) override {
        return false;
    }
    std::size_t queued(RunqueueId id) const override { return queues_[index(id)].waiting.size(); }
    ThreadId queued_at(RunqueueId id, std::size_t i) const override {
        return queues_[index(id)].waiting.at(i);
    }

private:
    struct Key {
        kernel::Wide pass = 0;
        std::size_t number = 0;

        friend bool operator<(const Key& a, const Key& b) {
            return a.pass != b.pass ? a.pass < b.pass : a.number < b.number;
        }
    };
    struct Queue {
        OrderedQueue<Key> waiting;
        kernel::Wide least = 0;  // pass of all that are there, which never goes back
    };
    struct State {
        kernel::Wide pass = 0;
        std::uint64_t tickets = 1;
        RunqueueId last{};        // that it was in
        kernel::Duration used{};  // of the current quantum
    };

    kernel::Duration quantum_;
    std::vector<Queue> queues_;
    std::vector<State> states_;  // by thread
};

}  // namespace interlock::os
