#pragma once

// Linux's Completely Fair Scheduler, 2.6.23 to 6.5.
//
//   vruntime += ran x 1024 / weight; the least of those that wait is next
//   period = latency, or n x min_granularity for more than 8 threads
//   slice  = period x weight / weights of all
//   at a tick the running thread gives way when it ran for more than its slice, or for
//   min_granularity and is ahead of the first by more than a slice of virtual time
//   woken:  vruntime at least min_vruntime - latency / 2; it preempts when the running one
//           is ahead of it by more than wakeup_granularity x 1024 / its weight
//   new:    vruntime at least min_vruntime + a slice of virtual time
//   min_vruntime: the least vruntime of all, which never goes back
//
// latency 6 ms, min_granularity 0.75 ms and wakeup_granularity 1 ms grow with the CPUs:
// x (1 + log2), up to eight. Who preempts is the next to run, and who was preempted the
// next after it (buddies), unless somebody else is due by more than the granularity; who
// yields comes second by the same rule. SCHED_IDLE threads are preempted by any other at
// once, and neither they nor SCHED_BATCH preempt. Source followed: kernel/sched/fair.c as the
// specification of the os tells it (1.3). Left out: group scheduling, throttling.

#include <optional>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/ordered_queue.hpp"
#include "models/os/policy.hpp"

namespace interlock::os {

class Cfs final : public Policy {
public:
    explicit Cfs(const PolicySetting& setting);

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override;
    kernel::Maybe<ThreadId> pick(RunqueueId id) override;
    void charge(RunqueueId id, ThreadId thread, kernel::Duration ran) override;
    kernel::Maybe<kernel::Duration> due(RunqueueId id, ThreadId thread) override;
    bool preempts(RunqueueId id, ThreadId woken, ThreadId running) override;
    std::size_t queued(RunqueueId id) const override { return queues_[index(id)].waiting.size(); }
    ThreadId queued_at(RunqueueId id, std::size_t i) const override {
        return queues_[index(id)].waiting.at(i);
    }

    bool more_urgent(ThreadId one, ThreadId other) const override {
        return vruntime(one) < vruntime(other);
    }

    std::int64_t vruntime(ThreadId thread) const { return entities_[thread].vruntime; }

private:
    using Waiting = OrderedEntries<std::int64_t>;
    struct Entity {
        std::int64_t vruntime = 0;
        Waiting::Entry entered{};  ///< with what it waits
        std::int64_t weight = 0;
        std::int64_t ran = 0;  ///< since it was picked
        RunqueueId last{};     ///< that it was in
        SchedulingClass kind = SchedulingClass::normal;
    };
    struct Queue {
        Waiting waiting;
        std::vector<ThreadId> running;  ///< one, but where CPUs share the queue
        std::int64_t min_vruntime = 0;
        std::int64_t weight = 0;  ///< of all, those that run included
        std::int64_t threads = 0;
        std::optional<ThreadId> next;
        std::optional<ThreadId> after;
        std::optional<ThreadId> skipped;
    };

    static std::int64_t virtual_time(std::int64_t time, std::int64_t weight) {
        constexpr std::int64_t nice_0 = 1024;
        return weight == nice_0 ? time : time * nice_0 / weight;
    }
    std::int64_t slice(const Queue& queue, std::int64_t weight) const;
    bool far_ahead(std::int64_t of, const Entity& other) const;
    void advance(Queue& queue) const;
    void forget(Queue& queue, ThreadId thread) const;
    Entity& entity(ThreadId thread) { return entities_[thread]; }

    std::int64_t latency_;
    std::int64_t min_granularity_;
    std::int64_t wakeup_granularity_;
    std::vector<Queue> queues_;
    ByThread<Entity> entities_;
};

}  // namespace interlock::os
