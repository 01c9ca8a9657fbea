#pragma once

// Earliest eligible virtual deadline first, as Linux from 6.6 on.
//
//   v += ran * 1024 / weight            virtual runtime, while a thread runs
//   V  = sum(w v) / sum(w)              over the queue, the running one included
//   lag = V - v                         what it is owed (virtual)
//   eligible: v <= V                    tested without division
//   d  = v + slice * 1024 / weight      deadline of a request; when v reaches it, a new request
//   pick: the eligible thread of the least (d, id)
//   base slice = 0.70 ms * (1 + floor(log2(min(CPUs, 8))))
//
// The running thread is protected until its request is used up (RUN_TO_PARITY),
// as long as it is eligible. Chosen again it goes on unprotected; without ticks
// (`hz: 0`) it is protected anew, so that a decision is due once a request. A
// wake-up compares it too, unless it is eligible and protected.
//
// A thread enters at V - lag, its lag being inflated by (W + w) / W so that it
// still is that lag when it has entered; a new one at V with half a request. Lag
// is clamped to max(2 slices, 1 tick) each way, and kept over sleeps.
//
//                        6.6                 6.12                  6.17
//   base slice           0.75 ms             0.70 ms               0.70 ms
//   protected            for its request     for its request       for the shortest slice in
//                                                                  the queue at the most
//   compared at a tick   request used up     or unprotected and    if it is unprotected
//                                            not eligible
//   who blocks owing     leaves              stays in the queue (delayed), competes, leaves when
//                                            it is picked, with a lag of 0 at the most
//   own slices           none                0.1 to 100 ms; a shorter one's wake-up overrides
//                                            the protection (PREEMPT_SHORT)
//   moved to a queue     a new request       keeps the distance to its deadline
//   yield                d += request        gives the rest of the request away, if eligible
//
// These are the releases with what their stable updates brought: 6.6 as it was
// merged, 6.12 as 6.12.117, 6.17 with the yield of 6.18. Lazy preemption is the
// os's (System::preempt).
//
// Source followed: Linux kernel/sched/fair.c, pick_eevdf(), place_entity(),
// update_curr(), set_protect_slice(), requeue_delayed_entity(),
// check_preempt_wakeup_fair(), yield_task_fair(), as the specification tells them
// (os-and-hardware, 1.1); 6.17 was read there, of 6.12 the accounting, of 6.6 nothing.
// SCHED_IDLE threads are preempted by any other at once and without protection (as 6.17
// does it), and neither they nor SCHED_BATCH preempt. Left out: the approximate
// reciprocals of the weights, groups, load tracking, buddies, the features that are off.

#include <cstdint>
#include <set>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/deadline_tree.hpp"
#include "models/os/policy.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::os {

class Eevdf final : public Policy {
public:
    explicit Eevdf(const PolicySetting& setting);

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override;
    kernel::Maybe<ThreadId> pick(RunqueueId id) override;
    void charge(RunqueueId id, ThreadId thread, kernel::Duration ran) override;
    kernel::Maybe<kernel::Duration> due(RunqueueId id, ThreadId thread) override;
    bool preempts(RunqueueId id, ThreadId woken, ThreadId running) override;
    std::size_t queued(RunqueueId id) const override { return queues_[index(id)].runnable; }
    ThreadId queued_at(RunqueueId id, std::size_t i) const override {
        return waiting_.at(queues_[index(id)].order, i);
    }
    bool delayed(ThreadId thread) const override {
        return entities_.has(thread) && entities_[thread].delayed;
    }

    kernel::Duration slice() const { return kernel::Duration{slice_}; }
    /// V - v, virtual; the thread is queued or running there.
    kernel::Duration lag(RunqueueId id, ThreadId thread) const;

private:
    struct Entity {
        std::int64_t slice = 0;
        std::int64_t vruntime = 0;
        std::int64_t deadline = 0;
        std::int64_t protected_until = 0;
        std::int64_t lag = 0;          // saved while away
        std::int64_t to_deadline = 0;  // likewise, of a migrating thread
        std::int64_t weight = 1024;
        bool delayed = false;
        SchedulingClass kind = SchedulingClass::normal;
        bool used_up = false;  // a request, since it was picked, while others waited
    };
    struct Queue {
        DeadlineTree::Root order;                // of those that wait; delayed ones included
        std::size_t waiting = 0;                 // how many these are
        std::size_t runnable = 0;                // of them, not delayed
        std::multiset<std::int64_t> own_slices;  // of those that wait, but for the base slice
        std::int64_t weight = 0;                 // of all, the running ones included
        kernel::SignedWide weighted{};           // sum of w * v, likewise
        std::int64_t zero = 0;                   // V when the queue was last emptied
        kernel::Maybe<ThreadId> ran;             // who was put back last
    };

    Entity& entity(ThreadId thread) { return entities_[thread]; }
    const Entity& entity(ThreadId thread) const { return entities_[thread]; }
    static std::int64_t virtual_time(std::int64_t time, const Entity& entity);
    bool since(LinuxRelease release) const { return release_ >= release; }
    static bool is_protected(const Entity& entity) {
        return entity.vruntime < entity.protected_until;
    }
    void protect(const Queue& queue, Entity& entity) const;
    void shorten_protection(const Queue& queue, Entity& entity) const;
    std::int64_t least_slice(const Queue& queue) const;
    bool gives_way(const Queue& queue, const Entity& entity) const;
    bool overrides(const Queue& queue, ThreadId woken, ThreadId running) const;
    static std::int64_t average(const Queue& queue);
    static bool eligible(const Queue& queue, std::int64_t vruntime);
    static bool eligible(const Queue& queue, const Entity& entity) {
        return eligible(queue, entity.vruntime);
    }
    std::int64_t clamped_lag(const Queue& queue, const Entity& entity) const;
    static void join(Queue& queue, Entity& entity);
    static void leave(Queue& queue, Entity& entity);
    DeadlineTree::Entry entry(ThreadId thread) const;
    void insert(Queue& queue, ThreadId thread);
    void erase(Queue& queue, ThreadId thread);
    void erased(Queue& queue, ThreadId thread);
    void place(Queue& queue, Entity& entity, Joining why) const;
    void yield(Queue& queue, Entity& entity) const;
    void wake_delayed(Queue& queue, ThreadId thread);
    kernel::Maybe<ThreadId> first_eligible(const Queue& queue) const;
    kernel::Maybe<ThreadId> take_next(Queue& queue);
    bool goes_before(ThreadId one, ThreadId other) const;

    LinuxRelease release_;
    std::int64_t slice_;
    std::int64_t tick_;  // 0: there is none, decisions fall exactly
    std::vector<Queue> queues_;
    ByThread<Entity> entities_;
    DeadlineTree waiting_;
};

}  // namespace interlock::os
