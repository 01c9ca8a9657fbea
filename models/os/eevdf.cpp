#include "models/os/eevdf.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::SignedWide;

namespace {

constexpr std::int64_t own_slice_min = 100'000;
constexpr std::int64_t own_slice_max = 100'000'000;

std::int64_t base_slice(const PolicySetting& setting) {
    if (setting.parameters.slice) return setting.parameters.slice->count();
    const auto normal = setting.parameters.release == LinuxRelease::v6_6 ? 750'000 : 700'000;
    return normal * static_cast<std::int64_t>(std::bit_width(std::min(setting.cpus, 8U)));
}

}  // namespace

Eevdf::Eevdf(const PolicySetting& setting)
    : release_(setting.parameters.release), slice_(base_slice(setting)),
      tick_(setting.tick.value_or(Duration::zero()).count()), queues_(setting.runqueues) {}

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
    const auto limit = virtual_time(std::max(2 * entity.slice, tick_), entity);
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
    kernel::check(queue.weight > 0 || queue.weighted == 0, "nobody's virtual runtimes add up to 0");
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
    if (const auto own = entity(thread).slice; own != slice_) queue.own_slices.insert(own);
}

void Eevdf::erase(Queue& queue, ThreadId thread) {
    waiting_.erase(queue.order, entry(thread));
    erased(queue, thread);
}

void Eevdf::erased(Queue& queue, ThreadId thread) {
    --queue.waiting;
    if (const auto own = entity(thread).slice; own != slice_)
        queue.own_slices.erase(queue.own_slices.find(own));
}

/// Of those that wait; somebody does.
std::int64_t Eevdf::least_slice(const Queue& queue) const {
    if (queue.own_slices.empty()) return slice_;
    const auto least = *queue.own_slices.begin();
    return queue.own_slices.size() < queue.waiting ? std::min(least, slice_) : least;
}

/// For the request that it is picked for; from 6.17 on not for longer than the shortest slice of
/// those that wait.
void Eevdf::protect(const Queue& queue, Entity& entity) const {
    entity.protected_until = entity.deadline;
    if (since(LinuxRelease::v6_17) && queue.waiting > 0) shorten_protection(queue, entity);
}

void Eevdf::shorten_protection(const Queue& queue, Entity& entity) const {
    const auto least = least_slice(queue);
    if (least >= entity.slice) return;
    entity.protected_until =
        std::min(entity.protected_until, entity.vruntime + virtual_time(least, entity));
}

void Eevdf::place(Queue& queue, Entity& entity, Joining why) const {
    auto lag = queue.weight == 0 ? 0 : entity.lag;
    if (lag != 0)
        lag = static_cast<std::int64_t>(static_cast<SignedWide>(lag) *
                                        (queue.weight + entity.weight) / queue.weight);
    entity.vruntime = average(queue) - lag;
    auto request = virtual_time(entity.slice, entity);
    if (why == Joining::started) request /= 2;
    if (why == Joining::migrated && since(LinuxRelease::v6_12)) request = entity.to_deadline;
    entity.deadline = entity.vruntime + request;
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
        me.slice = slice_;
        me.kind = facts.scheduling.kind.value_or(SchedulingClass::normal);
        if (facts.scheduling.runtime && since(LinuxRelease::v6_12))
            me.slice = std::clamp(facts.scheduling.runtime->count(), own_slice_min, own_slice_max);
        place(queue, me, why);
        join(queue, me);
        break;
    case Joining::yielded:
        if (queue.runnable > 1) yield(queue, me);
        [[fallthrough]];
    case Joining::preempted:
    case Joining::expired: queue.ran = thread; break;
    }
    insert(queue, thread);
}

/// As sched_yield(): the next request, at first only later, then with the rest of this one
/// given away.
void Eevdf::yield(Queue& queue, Entity& entity) const {
    if (!since(LinuxRelease::v6_12)) {
        entity.deadline += virtual_time(entity.slice, entity);
        entity.protected_until = entity.vruntime;
        return;
    }
    if (!eligible(queue, entity)) return;
    const auto passed = std::max<std::int64_t>(entity.deadline - entity.vruntime, 0);
    entity.vruntime += passed;
    queue.weighted += static_cast<SignedWide>(passed) * entity.weight;
    entity.deadline = entity.vruntime + virtual_time(entity.slice, entity);
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
    if (why == Leaving::blocked && since(LinuxRelease::v6_12) && !eligible(queue, me)) {
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

/// Of those that wait, the first that is eligible. None may be where several run from one queue,
/// and V is behind all that wait because of what those are owed: then a CPU that is free takes who
/// is nearest to it. From a queue of Linux one runs, and of all it has somebody is at V or behind.
kernel::Maybe<ThreadId> Eevdf::take_next(Queue& queue) {
    auto next = waiting_.take_first(
        queue.order, [&](std::int64_t vruntime) { return eligible(queue, vruntime); });
    if (!next && queue.waiting > 0) {
        const auto least = waiting_.least_vruntime(queue.order);
        next = waiting_.take_first(queue.order,
                                   [&](std::int64_t vruntime) { return vruntime <= least; });
    }
    if (next) erased(queue, *next);
    return next;
}

bool Eevdf::goes_before(ThreadId one, ThreadId other) const {
    const auto mine = entity(one).deadline;
    const auto its = entity(other).deadline;
    return mine != its ? mine < its : one < other;
}

kernel::Maybe<ThreadId> Eevdf::pick(RunqueueId id) {
    auto& queue = queues_[index(id)];
    const auto before = std::exchange(queue.ran, std::nullopt);
    if (before) entity(*before).used_up = false;
    if (before && is_protected(entity(*before)) && eligible(queue, entity(*before))) {
        erase(queue, *before);
        --queue.runnable;
        return before;
    }
    while (const auto first = take_next(queue)) {
        const auto thread = *first;
        auto& me = entity(thread);
        if (me.delayed) {
            // It sleeps, and now it has waited off what it had run too much.
            me.delayed = false;
            me.lag = std::min<std::int64_t>(clamped_lag(queue, me), 0);
            leave(queue, me);
            continue;
        }
        --queue.runnable;
        me.used_up = false;
        if (tick_ == 0 || thread != before) protect(queue, me);
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
    const auto passed = virtual_time(alone ? std::min(ran.count(), me.slice) : ran.count(), me);
    me.vruntime += passed;
    queue.weighted += static_cast<SignedWide>(passed) * me.weight;
    if (me.vruntime < me.deadline) return;
    me.deadline = me.vruntime + virtual_time(me.slice, me);
    me.used_up = !alone;
}

/// Whether the accounting of a tick or a wake-up, update_curr(), asks for another to be picked.
bool Eevdf::gives_way(const Queue& queue, const Entity& entity) const {
    switch (release_) {
    case LinuxRelease::v6_6: return entity.used_up;
    case LinuxRelease::v6_12:
        return entity.used_up || (!is_protected(entity) && !eligible(queue, entity));
    case LinuxRelease::v6_17: break;
    }
    return !is_protected(entity);
}

kernel::Maybe<Duration> Eevdf::due(RunqueueId id, ThreadId thread) {
    const auto& queue = queues_[index(id)];
    if (queue.waiting == 0) return std::nullopt;
    const auto& me = entity(thread);
    if (gives_way(queue, me)) return Duration{1};  // at the next tick
    auto end = is_protected(me) ? me.protected_until : me.deadline;
    if (since(LinuxRelease::v6_12) && !is_protected(me)) {
        // As it runs it gets ahead of V, by what the others weigh.
        const auto ahead = queue.weighted - static_cast<SignedWide>(me.vruntime) * queue.weight;
        const auto eligible_for = ahead / (queue.weight - me.weight) + 1;
        end = static_cast<std::int64_t>(std::min<SignedWide>(end, me.vruntime + eligible_for));
    }
    const auto left = static_cast<SignedWide>(end - me.vruntime) * me.weight;
    return Duration{static_cast<std::int64_t>((left + 1023) / 1024)};
}

/// Whether the running one's protection does not stand against a thread of a shorter slice
/// (PREEMPT_SHORT).
bool Eevdf::overrides(const Queue& queue, ThreadId woken, ThreadId running) const {
    const auto& me = entity(running);
    if (!since(LinuxRelease::v6_12) || entity(woken).slice >= me.slice) return false;
    if (since(LinuxRelease::v6_17)) return true;
    return eligible(queue, entity(woken)) && (goes_before(woken, running) || !eligible(queue, me));
}

bool Eevdf::preempts(RunqueueId id, ThreadId woken, ThreadId running) {
    const auto& queue = queues_[index(id)];
    auto& me = entity(running);
    // Of all who wait, not only of the woken, the most urgent is next.
    if (gives_way(queue, me) && queue.waiting > 1) return true;
    if (const auto by_class = preempts_by_class(entity(woken).kind, me.kind)) {
        if (*by_class) me.protected_until = std::min(me.protected_until, me.vruntime);
        return *by_class;
    }
    const bool shorter = overrides(queue, woken, running);
    const bool fair = eligible(queue, me);
    if (!shorter && fair && is_protected(me)) return false;
    const bool next = first_eligible(queue) == woken && (!fair || goes_before(woken, running));
    if (shorter && (next || !since(LinuxRelease::v6_17)))
        me.protected_until = std::min(me.protected_until, me.vruntime);
    else if (shorter)
        shorten_protection(queue, me);
    return next;
}

}  // namespace interlock::os
