#include "models/os/o1.hpp"

#include <algorithm>
#include <chrono>

#include "models/os/weights.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::Maybe;
using namespace std::chrono_literals;

namespace {

constexpr int middle = 120;  // of nice 0
constexpr int bonuses = 10;
constexpr Duration most_slept{1s};

int static_priority(int nice) { return middle + nice; }

}  // namespace

/// Of the sleep average: 0 to 10.
int LinuxO1::tenths(const State& me) { return static_cast<int>(me.slept * bonuses / most_slept); }

int LinuxO1::dynamic(const State& me) {
    constexpr int least = 100;
    constexpr int most = 139;
    return std::clamp(static_priority(me.nice) - (tenths(me) - bonuses / 2), least, most);
}

bool LinuxO1::interactive(const State& me) {
    constexpr int interactive_delta = 2;
    const int delta = (me.nice + 20) * bonuses / 40 - bonuses / 2 + interactive_delta;
    return me.priority <= static_priority(me.nice) - delta;
}

Duration LinuxO1::full_slice(const State& me) {
    const auto fixed = static_priority(me.nice);
    return (140 - fixed) * (fixed < middle ? 20ms : 5ms);
}

/// EXPIRED_STARVING: those in the expired array have waited for too long.
bool LinuxO1::starving(const Queue& queue, const State& me) const {
    if (queue.expired().empty()) return false;
    const auto threads = queue.active().size() + queue.expired().size() + queue.running;
    const auto limit = most_slept * static_cast<Duration::rep>(threads);
    return now_() - queue.expired_since > limit || static_priority(me.nice) > queue.best_expired;
}

void LinuxO1::expire(Queue& queue, ThreadId thread) {
    auto& me = states_[thread];
    if (queue.expired().empty()) {
        queue.expired_since = now_();
        queue.best_expired = static_priority(me.nice);
    }
    queue.best_expired = std::min(queue.best_expired, static_priority(me.nice));
    me.array = 1 - queue.active_array;
    queue.expired().append(thread, me.priority);
}

void LinuxO1::enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) {
    auto& queue = queues_[index(id)];
    auto& me = states_.make(thread);
    me.array = queue.active_array;
    switch (why) {
    case Joining::started:
        me.nice = nice_of_weight(facts.weight);
        me.slice = full_slice(me);
        me.priority = dynamic(me);
        break;
    case Joining::woken: {
        const auto slept = std::min<Duration>(now_() - me.away_since, most_slept);
        me.slept =
            std::min<Duration>(me.slept + slept * std::max(bonuses - tenths(me), 1), most_slept);
        me.priority = dynamic(me);
        break;
    }
    case Joining::migrated: break;
    case Joining::preempted: --queue.running; return queue.active().prepend(thread, me.priority);
    case Joining::yielded: --queue.running; return expire(queue, thread);
    case Joining::expired:
        --queue.running;
        me.priority = dynamic(me);
        me.slice = full_slice(me);
        if (!interactive(me) || starving(queue, me)) return expire(queue, thread);
        break;
    }
    queue.active().append(thread, me.priority);
}

void LinuxO1::dequeue(RunqueueId id, ThreadId thread, Leaving why) {
    auto& queue = queues_[index(id)];
    auto& me = states_[thread];
    if (why == Leaving::migrated) return queue.arrays[me.array].remove(thread);
    --queue.running;
    me.away_since = now_();
}

Maybe<ThreadId> LinuxO1::pick(RunqueueId id) {
    auto& queue = queues_[index(id)];
    if (queue.active().empty()) queue.active_array = 1 - queue.active_array;
    const auto next = queue.active().take_first();
    if (next) ++queue.running;
    return next;
}

void LinuxO1::charge(RunqueueId id, ThreadId thread, Duration ran) {
    auto& me = states_[thread];
    me.slept = std::max(me.slept - ran / std::max(tenths(me), 1), Duration::zero());
    me.slice -= ran;
    // Alone, one slice follows another.
    if (queued(id) == 0 && me.slice <= Duration::zero())
        me.slice = full_slice(me) - -me.slice % full_slice(me);
}

Maybe<Duration> LinuxO1::due(RunqueueId id, ThreadId thread) {
    if (queued(id) == 0) return std::nullopt;
    return std::max(states_[thread].slice, Duration{1});
}

std::size_t LinuxO1::queued(RunqueueId id) const {
    const auto& queue = queues_[index(id)];
    return queue.active().size() + queue.expired().size();
}

ThreadId LinuxO1::queued_at(RunqueueId id, std::size_t i) const {
    const auto& queue = queues_[index(id)];
    const auto active = queue.active().size();
    return i < active ? queue.active().at(i) : queue.expired().at(i - active);
}

}  // namespace interlock::os
