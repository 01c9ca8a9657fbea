#pragma once

// The dispatcher of Windows: 32 priorities, the greatest first, equal ones in turn.
//
//   base      `sched: {priority: 1 to 31}`, 8 if not given; 16 and above are never boosted
//   quantum   2 clock intervals, 31.25 ms at 64 a second; who is preempted keeps the rest and
//             its place before those of its priority
//   waits     whoever has waited comes back one above its base (as after disk and network
//             requests, events and semaphores), and loses one for each quantum it uses up
//   starves   once a second, whoever has been ready for 4 s has priority 15 for two quanta
//
// Source followed: the specification of the os (1.6), after Windows Internals. Left out: the
// boosts of the foreground process, of keyboard, mouse and sound; of those that starve only ten
// a second; what a wait takes from the quantum; ideal processors. Threads are placed and balanced
// as on Linux.

#include <vector>

#include "models/os/ordered_queue.hpp"
#include "models/os/quanta.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class Windows final : public Queueing<OrderedQueue<int>> {
public:
    explicit Windows(const PolicySetting& setting);

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override;
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override;
    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override {
        quanta_.use(thread, ran, contested(queue, thread));
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override;
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return more_urgent(woken, running);
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return states_[one].priority > states_[other].priority;
    }

    int priority(ThreadId thread) const { return states_[thread].priority; }

private:
    struct State {
        int base = 0;
        int priority = 0;          ///< with its boost
        bool starved = false;      ///< it has the boost for that
        kernel::Duration since{};  ///< ready, since time 0
    };

    kernel::Duration now() const { return now_().time_since_epoch(); }
    void insert(RunqueueId queue, ThreadId thread, bool first);
    /// Whether the end of its quantum changes anything.
    bool contested(RunqueueId queue, ThreadId thread) const {
        const auto& me = states_[thread];
        return !ready_[index(queue)].empty() || me.priority != me.base;
    }
    void boost_starving(RunqueueId queue);

    Now now_;
    Quanta quanta_;
    ByThread<State> states_;
    std::vector<OrderedQueue<kernel::Duration>> ready_;  // by how long
};

}  // namespace interlock::os
