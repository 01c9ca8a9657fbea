#pragma once

// Lottery scheduling: for each quantum a winner is drawn among the tickets of those that
// are runnable, so CPU time is shared by tickets in the long run.
//
//   winner: the thread that has the ticket of number `draw mod all`, tickets being
//   counted in the order of the threads' numbers
//
// After n quanta a thread's share is off by O(sqrt(n)) quanta. Followed as the
// specification of the os tells it (1.6, 7.1). Left out: ticket transfers, compensation
// tickets for those who block early.

#include <algorithm>
#include <utility>
#include <vector>

#include "models/os/policy.hpp"

namespace interlock::os {

class Lottery final : public Policy {
public:
    Lottery(kernel::Duration quantum, Draw draw, std::size_t runqueues)
        : quantum_(quantum), draw_(std::move(draw)), queues_(runqueues) {}

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override {
        if (index(thread) >= used_.size()) used_.resize(index(thread) + 1);
        if (why != Joining::migrated) used_[index(thread)] = {};
        auto& queue = queues_[index(id)];
        const Entry entry{.thread = thread, .tickets = facts.scheduling.tickets};
        queue.tickets += entry.tickets;
        queue.waiting.insert(place_of(queue, thread), entry);
    }
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override {
        if (why != Leaving::migrated) return;
        auto& queue = queues_[index(id)];
        const auto at = place_of(queue, thread);
        queue.tickets -= at->tickets;
        queue.waiting.erase(at);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId id) override {
        auto& queue = queues_[index(id)];
        if (queue.waiting.empty()) return std::nullopt;
        auto winner = draw_() % queue.tickets;
        auto at = queue.waiting.begin();
        for (; winner >= at->tickets; ++at) winner -= at->tickets;
        const auto thread = at->thread;
        queue.tickets -= at->tickets;
        queue.waiting.erase(at);
        return thread;
    }
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        used_[index(thread)] += ran;
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (queues_[index(queue)].waiting.empty()) return std::nullopt;
        auto& used = used_[index(thread)];
        if (used >= quantum_) used %= quantum_;
        return quantum_ - used;
    }
    bool preempts(RunqueueId /*queue*/, ThreadId /*woken*/, ThreadId /*running*/) override {
        return false;
    }
    std::size_t queued(RunqueueId queue) const override {
        return queues_[index(queue)].waiting.size();
    }
    ThreadId queued_at(RunqueueId queue, std::size_t i) const override {
        return queues_[index(queue)].waiting[i].thread;
    }

private:
    struct Entry {
        ThreadId thread{};
        std::uint64_t tickets = 0;
    };
    struct Queue {
        std::vector<Entry> waiting;  // by number
        std::uint64_t tickets = 0;   // of all of them
    };

    static std::vector<Entry>::iterator place_of(Queue& queue, ThreadId thread) {
        return std::lower_bound(
            queue.waiting.begin(), queue.waiting.end(), thread,
            [](const Entry& entry, ThreadId id) { return index(entry.thread) < index(id); });
    }

    kernel::Duration quantum_;
    Draw draw_;
    std::vector<Queue> queues_;
    std::vector<kernel::Duration> used_;  // of the current quantum, by thread
};

}  // namespace interlock::os
