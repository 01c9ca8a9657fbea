#pragma once

// SCHED_FIFO and SCHED_RR of Linux: static priorities 1 to 99, the greatest first.
//
//   enters      behind those of its priority
//   preempted   goes before them, with what is left of its time slice
//   SCHED_RR    after 100 ms behind them, if there are any; blocking does not renew the slice
//   yields      behind them
//
// Source followed: Linux kernel/sched/rt.c, enqueue_rt_entity(), requeue_task_rt(),
// task_tick_rt(), and sched(7), as the specification of the os tells them (1.5). Left out:
// groups, and the throttling of kernels before 6.12 (sched_rt_runtime_us), which keeps 5 % of
// each CPU from real-time threads even while nobody else wants it; what protects the others is
// the fair server of LinuxClasses.

#include <algorithm>

#include "models/os/ordered_queue.hpp"
#include "models/os/quanta.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class LinuxRealTime final : public Queueing<OrderedQueue<std::int64_t>> {
public:
    explicit LinuxRealTime(std::size_t runqueues) : Queueing(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override {
        auto& me = states_.make(thread);
        me = {.order = -std::int64_t{std::max(facts.scheduling.priority, 1)},
              .in_turn = facts.scheduling.kind == SchedulingClass::rr};
        if (why == Joining::started) slices_.begin(thread);
        const bool expired = why == Joining::expired;
        const bool over = expired && me.in_turn && slices_.over(thread);
        if (over) slices_.begin(thread);
        const bool cut = why == Joining::preempted || (expired && !over);
        if (cut)
            waiting(queue).prepend(thread, me.order);
        else
            waiting(queue).append(thread, me.order);
    }
    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override {
        slices_.use(thread, ran, contested(queue, thread));
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (!states_[thread].in_turn || !contested(queue, thread)) return std::nullopt;
        return slices_.left(thread);
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return more_urgent(woken, running);
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return states_[one].order < states_[other].order;
    }

private:
    /// Whether one of its priority waits.
    bool contested(RunqueueId queue, ThreadId thread) {
        return queued(queue) > 0 && waiting(queue).first_key() == states_[thread].order;
    }

    struct State {
        std::int64_t order = 0;
        bool in_turn = false;
    };

    Quanta slices_{kernel::Duration{100'000'000}};
    ByThread<State> states_;
};

}  // namespace interlock::os
