#include "models/os/eevdf.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::SignedWide;

namespace {

constexpr std::int64_t base_slice = 700'000;

}  // namespace

Eevdf::Eevdf(const PolicySetting& setting)
    : slice_(base_slice * static_cast<std::int64_t>(std::bit_width(std::min(setting.cpus, 8U)))),
      lag_limit_(std::max(2 * slice_, setting.tick.value_or(Duration::zero()).count())),
      exact_(!setting.tick), queues_(setting.runqueues) {}

std::int64_t Eevdf::virtual_time(std::int64_t time, const Entity& entity) {
    constexpr std::int64_t nice_0 = 1024;
    if (entity.weight == nice_0) return time;
    // In two parts, for a thread may run for years.
    return time / entity.weight * nice_0 + time % entity.weight * nice_0 / entity.weight;
}

/// V, rounded down, so that a thread placed at it is eligible.
std::int64_t Eevdf::average(const Queue& queue) {
    if (queue.weight == 0) return queue.zero;
    const auto quotient = queue.weighted / queue.weight;
    const bool above = quotient * queue.weight > queue.weighted;  // rounded towards 0
    return static_cast<std::int64_t>(quotient) - (above ? 1 : 0);
}

bool Eevdf::eligible(const Queue& queue, std::int64_t vruntime) {
    return queue.weighted >= static_cast<SignedWide>(vruntime) * queue.weight;
}

std::int64_t Eevdf::clamped_lag(const Queue& queue, const Entity& entity) const {
    const auto limit = virtual_time(lag_limit_, entity);
    return std::clamp(average(queue) - entity.vruntime, -limit, limit);
}

Duration Eevdf::lag(RunqueueId id, ThreadId thread) const {
    return Duration{average(queues_[index(id)]) - entity(thread).vruntime};
}

void Eevdf::join(Queue& queue, Entity& entity) {
    queue.weight += entity.weight;
    queue.weighted += static_cast<SignedWide>(entity.vruntime) * entity.weight;
}

void Eevdf::leave(Queue& queue, Entity& entity) {
    queue.zero = average(queue);
    queue.weight -= entity.weight;
    queue.weighted -= static_cast<SignedWide>(entity.vruntime) * entity.weight;
}

DeadlineTree::Entry Eevdf::entry(ThreadId thread) const {
    const auto& me = entity(thread);
    return {.deadline = me.deadline,
            .vruntime = me.vruntime,
            .thread = thread,
            .runnable = !me.delayed};
}

void Eevdf::insert(Queue& queue, ThreadId thread) {
    waiting_.insert(queue.order, entry(thread));
    ++queue.waiting;
}

void Eevdf::erase(Queue& queue, ThreadId thread) {
    waiting_.erase(queue.order, entry(thread));
    --queue.waiting;
}

void Eevdf::place(Queue& queue, Entity& entity, Joining why) const {
    auto lag = queue.weight == 0 ? 0 : entity.lag;
    if (lag != 0)
        lag = static_cast<std::int64_t>(static_cast<SignedWide>(lag) *
                                        (queue.weight + entity.weight) / queue.weight);
    entity.vruntime = average(queue) - lag;
    const auto request = virtual_time(slice_, entity);
    switch (why) {
    case Joining::started: entity.deadline = entity.vruntime + request / 2; return;
    case Joining::migrated: entity.deadline = entity.vruntime + entity.to_deadline; return;
    default: entity.deadline = entity.vruntime + request; return;
    }
}

void Eevdf::enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) {
    auto& queue = queues_[index(id)];
    auto& me = entities_.make(thread);
    ++queue.runnable;
    switch (why) {
    case Joining::woken:
        if (me.delayed) return wake_delayed(queue, thread);
        [[fallthrough]];
    case Joining::started:
    case Joining::migrated:
        me.weight = facts.weight;
        place(queue, me, why);
        join(queue, me);
        break;
    case Joining::yielded:
        if (queue.runnable > 1) forfeit(queue, me);
        [[fallthrough]];
    case Joining::preempted:
    case Joining::expired: queue.ran = thread; break;
    }
    insert(queue, thread);
}

/// The rest of the request is given away, as by sched_yield().
void Eevdf::forfeit(Queue& queue, Entity& entity) const {
    if (!eligible(queue, entity)) return;
    const auto passed = std::max<std::int64_t>(entity.deadline - entity.vruntime, 0);
    entity.vruntime += passed;
    queue.weighted += static_cast<SignedWide>(passed) * entity.weight;
    entity.deadline = entity.vruntime + virtual_time(slice_, entity);
}

/// It never left: it only counts as runnable again, but is owed nothing for
/// the time it slept.
void Eevdf::wake_delayed(Queue& queue, ThreadId thread) {
    auto& me = entity(thread);
    me.delayed = false;
    erase(queue, thread);
    if (average(queue) > me.vruntime) {
        leave(queue, me);
        me.lag = 0;
        place(queue, me, Joining::woken);
        join(queue, me);
    }
    insert(queue, thread);
}

void Eevdf::dequeue(RunqueueId id, ThreadId thread, Leaving why) {
    auto& queue = queues_[index(id)];
    auto& me = entity(thread);
    if (why == Leaving::blocked && !eligible(queue, me)) {
        me.delayed = true;
        insert(queue, thread);
        return;
    }
    me.lag = clamped_lag(queue, me);
    if (why == Leaving::migrated) {
        me.to_deadline = me.deadline - me.vruntime;
        erase(queue, thread);
        --queue.runnable;
        if (queue.ran == thread) queue.ran.reset();
    }
    leave(queue, me);
}

kernel::Maybe<ThreadId> Eevdf::first_eligible(const Queue& queue) const {
    return waiting_.first(queue.order,
                          [&](std::int64_t vruntime) { return eligible(queue, vruntime); });
}

bool Eevdf::goes_before(ThreadId one, ThreadId other) const {
    const auto mine = entity(one).deadline;
    const auto its = entity(other).deadline;
    return mine != its ? mine < its : one < other;
}

kernel::Maybe<ThreadId> Eevdf::pick(RunqueueId id) {
    auto& queue = queues_[index(id)];
    const auto before = std::exchange(queue.ran, std::nullopt);
    if (before && is_protected(entity(*before)) && eligible(queue, entity(*before))) {
        erase(queue, *before);
        --queue.runnable;
        return before;
    }
    while (const auto first = first_eligible(queue)) {
        const auto thread = *first;
        erase(queue, thread);
        auto& me = entity(thread);
        if (me.delayed) {
            // It sleeps, and now it has waited off what it had run too much.
            me.delayed = false;
            me.lag = std::min<std::int64_t>(clamped_lag(queue, me), 0);
            leave(queue, me);
            continue;
        }
        --queue.runnable;
        if (exact_ || thread != before) me.protected_until = me.deadline;
        return thread;
    }
    return std::nullopt;
}

void Eevdf::charge(RunqueueId id, ThreadId thread, Duration ran) {
    auto& queue = queues_[index(id)];
    auto& me = entity(thread);
    // Of a thread that is alone it only matters that its request is used up;
    // years of virtual time would add up to more than 64 bits hold.
    const bool alone = queue.weight == me.weight;
    const auto passed = virtual_time(alone ? std::min(ran.count(), slice_) : ran.count(), me);
    me.vruntime += passed;
    queue.weighted += static_cast<SignedWide>(passed) * me.weight;
    if (me.vruntime >= me.deadline) me.deadline = me.vruntime + virtual_time(slice_, me);
}

kernel::Maybe<Duration> Eevdf::due(RunqueueId id, ThreadId thread) {
    const auto& queue = queues_[index(id)];
    if (queue.waiting == 0) return std::nullopt;
    const auto& me = entity(thread);
    if (!is_protected(me)) return Duration{1};  // at the next tick
    const auto left = static_cast<SignedWide>(me.protected_until - me.vruntime) * me.weight;
    return Duration{static_cast<std::int64_t>((left + 1023) / 1024)};
}

bool Eevdf::preempts(RunqueueId id, ThreadId woken, ThreadId running) {
    const auto& queue = queues_[index(id)];
    const auto& me = entity(running);
    const bool fair = eligible(queue, me);
    if (fair && is_protected(me)) return false;
    // The accounting that a wake-up brings sees that the request is used up: of
    // all who wait, not only of the woken, the most urgent is next.
    if (!is_protected(me) && queue.waiting > 1) return true;
    const auto first = first_eligible(queue);
    return first == woken && (!fair || goes_before(woken, running));
}

}  // namespace interlock::os
