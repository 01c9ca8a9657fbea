#pragma once

// The O(1) scheduler of Linux 2.6.0 to 2.6.22: an active and an expired array of 140 priorities.
//
//   static    120 + nice
//   dynamic   static - bonus, bonus from -5 to 5 by the sleep average, 0 to 1 s
//   slice     (140 - static) x 20 ms below 120, x 5 ms from there on: 800, 100 and 5 ms for
//             nice -20, 0 and 19
//   runs      the least dynamic priority of the active array, equal ones in order; one that is
//             woken preempts a greater one
//   slice over  to the expired array; an interactive one to the end of the active array, unless
//             the expired ones have waited for 1 s a thread, or one of a smaller static priority
//   active array empty: the arrays are exchanged
//   sleep average  grows by the time slept x (10 - its tenths), at most to 1 s; shrinks by the
//             time run / its tenths
//   interactive  dynamic <= static - (nice + 20) / 4 + 3
//
// A yield ends the turn: to the expired array. Source followed: kernel/sched.c of these versions,
// effective_prio(), task_timeslice(), recalc_task_prio(), scheduler_tick(), as the specification of
// the os tells it (1.6). Left out: the finer turns of interactive threads (TIMESLICE_GRANULARITY),
// the halved slice of a new thread, real-time priorities, idle sleep's own limits. Balancing is
// that of later kernels.

#include <array>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/ordered_queue.hpp"
#include "models/os/policy.hpp"

namespace interlock::os {

class LinuxO1 final : public Policy {
public:
    explicit LinuxO1(const PolicySetting& setting)
        : now_(setting.now), queues_(setting.runqueues) {}

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override;
    kernel::Maybe<ThreadId> pick(RunqueueId id) override;
    void charge(RunqueueId id, ThreadId thread, kernel::Duration ran) override;
    kernel::Maybe<kernel::Duration> due(RunqueueId id, ThreadId thread) override;
    bool preempts(RunqueueId /*id*/, ThreadId woken, ThreadId running) override {
        return more_urgent(woken, running);
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return states_[one].priority < states_[other].priority;
    }
    std::size_t queued(RunqueueId id) const override;
    ThreadId queued_at(RunqueueId id, std::size_t i) const override;

    int priority(ThreadId thread) const { return states_[thread].priority; }

private:
    struct State {
        int nice = 0;
        int priority = 0;          ///< dynamic
        kernel::Duration slept{};  ///< on average
        kernel::Duration slice{};  ///< what is left of it
        kernel::Time away_since{};
        std::size_t array = 0;  ///< in which it waits
    };
    struct Queue {
        std::array<OrderedQueue<int>, 2> arrays;
        std::size_t active_array = 0;
        std::size_t running = 0;
        kernel::Time expired_since{};  ///< the first of them; read only if there are any
        int best_expired = 0;          ///< the least static priority of them, likewise

        OrderedQueue<int>& active() { return arrays[active_array]; }
        const OrderedQueue<int>& active() const { return arrays[active_array]; }
        OrderedQueue<int>& expired() { return arrays[1 - active_array]; }
        const OrderedQueue<int>& expired() const { return arrays[1 - active_array]; }
    };

    static int tenths(const State& me);
    static int dynamic(const State& me);
    static bool interactive(const State& me);
    static kernel::Duration full_slice(const State& me);
    bool starving(const Queue& queue, const State& me) const;
    void expire(Queue& queue, ThreadId thread);

    Now now_;
    std::vector<Queue> queues_;
    ByThread<State> states_;
};

}  // namespace interlock::os
