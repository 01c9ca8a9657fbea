#pragma once

// Static priorities, preemptive, with aging where it is asked for.
//
//   the runnable thread of the greatest priority runs; equal ones in order of entering,
//   or in turn for a quantum each
//   aging: a thread that waits gains one for each `aging` of waiting, and keeps it until its next
//   turn is over: it blocks, its quantum ends, or one that waits has gained more
//
// Whoever is preempted stays the first of its priority, and keeps what is left of its
// quantum. A textbook policy (Silberschatz, Galvin, Gagne: Operating System Concepts).

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "models/os/ordered_queue.hpp"
#include "models/os/quanta.hpp"
#include "models/os/queueing.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::os {

class StaticPriority final : public Queueing<OrderedQueue<kernel::SignedWide>> {
public:
    StaticPriority(std::optional<kernel::Duration> quantum, std::optional<kernel::Duration> aging,
                   Now now, std::size_t runqueues)
        : Queueing(runqueues), aging_(aging.value_or(kernel::Duration::zero())),
          now_(std::move(now)) {
        if (quantum) quanta_.emplace(*quantum);
    }

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override {
        auto& me = states_.make(thread);
        const bool cut = why == Joining::preempted;
        if (!cut && quanta_) quanta_->begin(thread);
        me.priority = facts.scheduling.priority;
        if (!cut) me.runs_with = me.priority;
        me.since = now();
        if (cut)
            waiting(queue).prepend(thread, key(me));
        else
            waiting(queue).append(thread, key(me));
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override {
        const auto next = waiting(queue).take_first();
        if (!next || !ages()) return next;
        auto& me = states_[*next];
        me.runs_with += (now() - me.since) / aging_;
        return next;
    }
    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override {
        if (quanta_) quanta_->use(thread, ran, contested(queue, thread));
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (queued(queue) == 0) return std::nullopt;
        const auto& me = states_[thread];
        const auto& first = states_[queued_at(queue, 0)];
        kernel::Maybe<kernel::Duration> soonest;
        if (quanta_ && contested(queue, thread)) soonest = quanta_->left(thread);
        if (ages()) {
            // It has more than the running one when it has gained the difference and one.
            const auto at = key(first) + aging_.count() * kernel::SignedWide{me.runs_with + 1};
            const auto left = std::max<kernel::SignedWide>(at - now().count(), 1);
            const kernel::SignedWide never = std::numeric_limits<kernel::Duration::rep>::max() / 2;
            if (left < (soonest ? kernel::SignedWide{(*soonest).count()} : never))
                soonest = kernel::Duration{static_cast<kernel::Duration::rep>(left)};
        }
        return soonest;
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return states_[woken].runs_with > states_[running].runs_with;
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return states_[one].runs_with > states_[other].runs_with;
    }

private:
    struct State {
        std::int64_t priority = 0;
        std::int64_t runs_with = 0;  ///< with what it has gained by waiting
        kernel::Duration since{};    ///< waits, or has begun to run
    };

    /// Whether the end of its quantum would be that of its turn.
    bool contested(RunqueueId queue, ThreadId thread) const {
        if (queued(queue) == 0) return false;
        const auto& me = states_[thread];
        return states_[queued_at(queue, 0)].runs_with >= me.runs_with || me.runs_with > me.priority;
    }
    bool ages() const { return aging_ > kernel::Duration::zero(); }
    kernel::Duration now() const { return ages() ? now_().time_since_epoch() : kernel::Duration{}; }
    /// All that wait age alike, so their order stays: by when each would have had 0.
    kernel::SignedWide key(const State& me) const {
        const kernel::SignedWide runs_with = me.runs_with;
        return ages() ? me.since.count() - aging_.count() * runs_with : -runs_with;
    }

    std::optional<Quanta> quanta_;
    kernel::Duration aging_;
    Now now_;
    ByThread<State> states_;
};

}  // namespace interlock::os
