#include "models/os/cfs.hpp"

#include <algorithm>
#include <bit>

namespace interlock::os {

using kernel::Duration;

namespace {

constexpr std::int64_t base_latency = 6'000'000;
constexpr std::int64_t base_min_granularity = 750'000;
constexpr std::int64_t base_wakeup_granularity = 1'000'000;
constexpr std::int64_t threads_of_latency = 8;

}  // namespace

Cfs::Cfs(const PolicySetting& setting) : queues_(setting.runqueues) {
    const auto factor = static_cast<std::int64_t>(std::bit_width(std::min(setting.cpus, 8U)));
    latency_ = base_latency * factor;
    min_granularity_ = base_min_granularity * factor;
    wakeup_granularity_ = base_wakeup_granularity * factor;
}

std::int64_t Cfs::slice(const Queue& queue, std::int64_t weight) const {
    const auto period =
        queue.threads > threads_of_latency ? queue.threads * min_granularity_ : latency_;
    return period * weight / std::max(queue.weight, weight);
}

/// Whether the running one, at `of`, is so far ahead that `other` may take its place.
bool Cfs::far_ahead(std::int64_t of, const Entity& other) const {
    return of - other.vruntime > virtual_time(wakeup_granularity_, other.weight);
}

void Cfs::advance(Queue& queue) const {
    std::optional<std::int64_t> least;
    if (!queue.waiting.empty()) least = queue.waiting.first_key();
    for (const auto thread : queue.running) {
        const auto vruntime = entities_[thread].vruntime;
        least = std::min(least.value_or(vruntime), vruntime);
    }
    if (least) queue.min_vruntime = std::max(queue.min_vruntime, *least);
}

void Cfs::forget(Queue& queue, ThreadId thread) const {
    for (auto* buddy : {&queue.next, &queue.after, &queue.skipped})
        if (*buddy == thread) buddy->reset();
}

void Cfs::enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) {
    auto& queue = queues_[index(id)];
    auto& me = entities_.make(thread);
    const bool comes = why == Joining::started || why == Joining::woken || why == Joining::migrated;
    if (comes) {
        me.weight = facts.weight;
        me.kind = facts.scheduling.kind.value_or(SchedulingClass::normal);
        queue.weight += me.weight;
        ++queue.threads;
        if (why != Joining::started)
            me.vruntime += queue.min_vruntime - queues_[index(me.last)].min_vruntime;
        if (why == Joining::woken)
            me.vruntime = std::max(me.vruntime, queue.min_vruntime - latency_ / 2);
        if (why == Joining::started)
            me.vruntime = queue.min_vruntime + virtual_time(slice(queue, me.weight), me.weight);
    } else {
        std::erase(queue.running, thread);
        if (why == Joining::yielded) queue.skipped = thread;
        if (why == Joining::preempted && queue.next) queue.after = thread;
    }
    me.last = id;
    me.entered = queue.waiting.append(thread, me.vruntime);
    advance(queue);
}

void Cfs::dequeue(RunqueueId id, ThreadId thread, Leaving why) {
    auto& queue = queues_[index(id)];
    if (why == Leaving::migrated)
        queue.waiting.remove(entity(thread).entered);
    else
        std::erase(queue.running, thread);
    forget(queue, thread);
    queue.weight -= entity(thread).weight;
    --queue.threads;
    advance(queue);
}

kernel::Maybe<ThreadId> Cfs::pick(RunqueueId id) {
    auto& queue = queues_[index(id)];
    if (queue.waiting.empty()) return std::nullopt;
    const auto first = queue.waiting.at(0);
    auto chosen = first;
    const auto fair = [&](ThreadId other) {
        return !far_ahead(entity(other).vruntime, entity(first));
    };
    if (queue.skipped == first && queue.waiting.size() > 1 && fair(queue.waiting.at(1)))
        chosen = queue.waiting.at(1);
    if (queue.after && fair(*queue.after)) chosen = *queue.after;
    if (queue.next && fair(*queue.next)) chosen = *queue.next;
    queue.skipped.reset();
    forget(queue, chosen);
    auto& me = entity(chosen);
    queue.waiting.remove(me.entered);
    me.ran = 0;
    queue.running.push_back(chosen);
    return chosen;
}

void Cfs::charge(RunqueueId id, ThreadId thread, Duration ran) {
    auto& queue = queues_[index(id)];
    auto& me = entity(thread);
    me.vruntime += virtual_time(ran.count(), me.weight);
    me.ran += ran.count();
    advance(queue);
}

kernel::Maybe<Duration> Cfs::due(RunqueueId id, ThreadId thread) {
    const auto& queue = queues_[index(id)];
    if (queue.waiting.empty()) return std::nullopt;
    const auto& me = entity(thread);
    const auto own = slice(queue, me.weight);
    const auto ahead = me.vruntime - queue.waiting.first_key();
    const auto by_lead = std::max((own - ahead) * me.weight / 1024, min_granularity_ - me.ran);
    return Duration{std::max<std::int64_t>(std::min(own - me.ran, by_lead) + 1, 1)};
}

bool Cfs::preempts(RunqueueId id, ThreadId woken, ThreadId running) {
    const auto by_class = preempts_by_class(entity(woken).kind, entity(running).kind);
    if (!by_class.value_or(far_ahead(entity(running).vruntime, entity(woken)))) return false;
    auto& queue = queues_[index(id)];
    queue.next = woken;
    return true;
}

}  // namespace interlock::os
