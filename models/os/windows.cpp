#include "models/os/windows.hpp"

#include <algorithm>

namespace interlock::os {

using kernel::Duration;
using kernel::Maybe;

namespace {

constexpr Duration default_client_quantum{31'250'000};
constexpr Duration scan_every{1'000'000'000};
constexpr Duration starved_after = 4 * scan_every;
constexpr int normal_base = 8;
constexpr int highest_dynamic = 15;
constexpr int wait_boost = 1;

/// Of the look at ready threads that finds it starving.
Duration found_starving(Duration ready_since) {
    return (ready_since + starved_after + scan_every - Duration{1}) / scan_every * scan_every;
}

}  // namespace

Windows::Windows(const PolicySetting& setting)
    : Queueing(setting.runqueues), now_(setting.now),
      quanta_(setting.parameters.quantum.value_or(default_client_quantum)),
      ready_(setting.runqueues) {}

void Windows::insert(RunqueueId queue, ThreadId thread, bool first) {
    const auto& me = states_[thread];
    if (first)
        waiting(queue).prepend(thread, -me.priority);
    else
        waiting(queue).append(thread, -me.priority);
    ready_[index(queue)].append(thread, me.since);
}

void Windows::enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) {
    auto& me = states_.make(thread);
    if (why == Joining::migrated) return insert(queue, thread, false);
    me.base = facts.scheduling.priority == 0 ? normal_base : facts.scheduling.priority;
    me.since = now();
    bool first = why == Joining::preempted || why == Joining::expired;
    if (why == Joining::started) {
        me.priority = me.base;
        quanta_.begin(thread);
    } else if (why == Joining::woken) {
        const auto highest = std::max(me.base, highest_dynamic);
        me.priority = std::max(me.priority, std::min(me.base + wait_boost, highest));
    } else if (why == Joining::expired && quanta_.over(thread)) {
        me.priority = me.starved ? me.base : std::max(me.base, me.priority - 1);
        me.starved = false;
        quanta_.begin(thread);
        first = false;
    }
    if (me.base > highest_dynamic) me.priority = me.base;
    insert(queue, thread, first);
}

void Windows::dequeue(RunqueueId queue, ThreadId thread, Leaving why) {
    if (why == Leaving::migrated) ready_[index(queue)].remove(thread);
    Queueing::dequeue(queue, thread, why);
}

void Windows::boost_starving(RunqueueId queue) {
    auto& ready = ready_[index(queue)];
    std::vector<ThreadId> starving;
    while (!ready.empty() && found_starving(ready.first_key()) <= now())
        starving.push_back(*ready.take_first());
    for (const auto thread : starving) {
        auto& me = states_[thread];
        waiting(queue).remove(thread);
        me.since = now();
        if (me.base < highest_dynamic) {
            me.priority = highest_dynamic;
            me.starved = true;
            quanta_.begin(thread);
            quanta_.extend(thread);
        }
        insert(queue, thread, false);
    }
}

Maybe<ThreadId> Windows::pick(RunqueueId queue) {
    boost_starving(queue);
    const auto next = waiting(queue).take_first();
    if (next) ready_[index(queue)].remove(*next);
    return next;
}

Maybe<Duration> Windows::due(RunqueueId queue, ThreadId thread) {
    const auto& ready = ready_[index(queue)];
    if (!contested(queue, thread)) return std::nullopt;
    const auto left = quanta_.left(thread);
    if (ready.empty()) return left;
    const auto scan = std::max(found_starving(ready.first_key()) - now(), Duration{1});
    return std::min(left, scan);
}

}  // namespace interlock::os
