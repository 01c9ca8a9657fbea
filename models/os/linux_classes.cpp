#include "models/os/linux_classes.hpp"

#include <algorithm>
#include <utility>

#include "models/os/sched_deadline.hpp"
#include "models/os/sched_rt.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::Maybe;
using kernel::Time;

namespace {

constexpr Duration server_period{1'000'000'000};
constexpr Duration server_runtime{50'000'000};

}  // namespace

LinuxClasses::LinuxClasses(std::unique_ptr<Policy> fair_policy, SchedulingClass otherwise,
                           const PolicySetting& setting)
    : classes_{std::make_unique<LinuxDeadline>(setting.now, setting.runqueues),
               std::make_unique<LinuxRealTime>(setting.runqueues), std::move(fair_policy)},
      otherwise_(otherwise), now_(setting.now), servers_(setting.runqueues) {}

/// A thread without a budget cannot be of SCHED_DEADLINE.
LinuxClasses::Rank LinuxClasses::rank_of(const Scheduling& scheduling) const {
    switch (scheduling.kind.value_or(otherwise_)) {
    case SchedulingClass::fifo:
    case SchedulingClass::rr: return fixed;
    case SchedulingClass::deadline:
        return scheduling.runtime && scheduling.period ? deadline : fair;
    default: return fair;
    }
}

void LinuxClasses::enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) {
    auto& me = members_.make(thread);
    auto told = facts;
    if (!told.scheduling.kind) told.scheduling.kind = otherwise_;
    me.rank = rank_of(told.scheduling);
    me.served = false;
    if (me.rank != fair) {
        auto& policy = *classes_[me.rank];
        const auto before = policy.queued(queue);
        policy.enqueue(queue, thread, why, told);
        urgent_ += policy.queued(queue) - before;
        return;
    }
    auto& server = servers_[index(queue)];
    const bool comes = why == Joining::started || why == Joining::woken || why == Joining::migrated;
    if (comes && server.threads++ == 0) begin_period(server, now_());
    told.weight = weight_of(told);
    classes_[fair]->enqueue(queue, thread, why, told);
}

void LinuxClasses::dequeue(RunqueueId queue, ThreadId thread, Leaving why) {
    of(thread).dequeue(queue, thread, why);
    if (members_[thread].rank == fair)
        --servers_[index(queue)].threads;
    else if (why == Leaving::migrated)
        --urgent_;
}

/// It helps at the latest time at which what is left can still be had within the period.
void LinuxClasses::begin_period(FairServer& server, Time at) {
    server.period_end = at + server_period;
    server.left = server_runtime;
    server.from = server.period_end - server.left;
}

/// Whether the fair server lets the fair threads of the queue come before real-time ones.
bool LinuxClasses::starves(RunqueueId queue) {
    return classes_[fair]->queued(queue) > 0 && now_() >= servers_[index(queue)].from;
}

Maybe<ThreadId> LinuxClasses::pick(RunqueueId queue) {
    if (const auto first = classes_[deadline]->pick(queue)) {
        --urgent_;
        return first;
    }
    if (classes_[fixed]->queued(queue) > 0 && starves(queue))
        if (const auto served = classes_[fair]->pick(queue)) {
            members_[*served].served = true;
            return served;
        }
    if (const auto first = classes_[fixed]->pick(queue)) {
        --urgent_;
        return first;
    }
    return classes_[fair]->pick(queue);
}

void LinuxClasses::charge(RunqueueId queue, ThreadId thread, Duration ran) {
    of(thread).charge(queue, thread, ran);
    const auto& me = members_[thread];
    if (me.rank != fair) return;
    auto& server = servers_[index(queue)];
    server.left -= ran;
    if (!me.served) {
        // They had it without help: the next period begins where the last one's was used up.
        const auto over = -server.left % server_runtime;
        if (server.left <= Duration::zero()) {
            begin_period(server, now_() - over);
            server.left -= over;
        }
        server.from = server.period_end - server.left;
    } else if (server.left <= Duration::zero()) {
        server.from = server.period_end;
        server.period_end += server_period;
        server.left += server_runtime;
    }
}

Maybe<Duration> LinuxClasses::due(RunqueueId queue, ThreadId thread) {
    const auto& me = members_[thread];
    const auto own = of(thread).due(queue, thread);
    const auto& server = servers_[index(queue)];
    Maybe<Duration> change;
    if (me.rank == fixed && classes_[fair]->queued(queue) > 0)
        change = std::max(server.from - now_(), Duration{1});
    if (me.served && classes_[fixed]->queued(queue) > 0) change = server.left;
    if (!own || (change && *change < *own)) return change;
    return own;
}

int LinuxClasses::level(ThreadId thread) const {
    const auto& it = members_[thread];
    if (it.rank == deadline) return 0;
    if (it.rank == fixed) return 2;
    return it.served ? 1 : 3;
}

bool LinuxClasses::preempts(RunqueueId queue, ThreadId woken, ThreadId running) {
    if (members_[woken].rank == members_[running].rank)
        return of(woken).preempts(queue, woken, running);
    return level(woken) < level(running);
}

bool LinuxClasses::more_urgent(ThreadId one, ThreadId other) const {
    const auto rank = members_[one].rank;
    if (rank == members_[other].rank) return classes_[rank]->more_urgent(one, other);
    return level(one) < level(other);
}

std::size_t LinuxClasses::queued(RunqueueId queue) const {
    std::size_t sum = 0;
    for (const auto& one : classes_) sum += one->queued(queue);
    return sum;
}

/// The fair ones last: balancing takes from the end.
ThreadId LinuxClasses::queued_at(RunqueueId queue, std::size_t i) const {
    for (const auto& one : classes_) {
        if (i < one->queued(queue)) return one->queued_at(queue, i);
        i -= one->queued(queue);
    }
    kernel::broken("a thread that is asked for by its place is queued");
}

Maybe<ThreadId> LinuxClasses::release(RunqueueId queue) {
    const auto thread = classes_[deadline]->release(queue);
    if (thread) ++urgent_;
    return thread;
}

std::size_t LinuxClasses::urgent_in(RunqueueId queue) const {
    return classes_[deadline]->queued(queue) + classes_[fixed]->queued(queue);
}

}  // namespace interlock::os
