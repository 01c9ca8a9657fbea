#include "models/os/mlfq.hpp"

#include <algorithm>

namespace interlock::os {

using kernel::Duration;

Mlfq::Mlfq(const PolicySetting& setting)
    : Queueing(setting.runqueues), quanta_(setting.parameters.quanta),
      allotment_(setting.parameters.allotment), boost_every_(setting.parameters.boost),
      stay_(setting.parameters.stay), front_(setting.parameters.front), now_(setting.now) {
    if (quanta_.empty())
        quanta_.assign(setting.parameters.levels.value_or(mlfq_levels),
                       setting.parameters.quantum.value_or(default_quantum));
    if (allotment_.empty()) allotment_ = {1};
}

void Mlfq::begin_level(State& me, std::size_t level) const {
    me.level = level;
    me.used = {};
    me.quanta = 0;
    me.boosts = boosts_;
}

/// Whether its quantum is over; then it is a level lower, or at the end of its turn.
bool Mlfq::use_up(State& me) const {
    if (me.used < quanta_[me.level]) return false;
    me.used = {};
    if (++me.quanta >= allotment(me.level))
        begin_level(me, std::min(me.level + 1, quanta_.size() - 1));
    return true;
}

bool Mlfq::boost_is_due() const {
    return boost_every_ &&
           now_().time_since_epoch() >= *boost_every_ * static_cast<Duration::rep>(boosts_ + 1);
}

/// Those who wait line up at the highest level, behind those who are there already, the lowest
/// level first (as mlfq.py does); who is away or runs learns of it when it is queued.
void Mlfq::boost() {
    boosts_ = static_cast<std::uint64_t>(now_().time_since_epoch() / *boost_every_);
    for (auto& queue : queues()) {
        std::vector<ThreadId> all;
        while (const auto thread = queue.take_first()) all.push_back(*thread);
        const auto place = [&](ThreadId thread) {  // level 0 first, then from below
            const auto level = states_[thread].level;
            return level == 0 ? 0 : quanta_.size() - level;
        };
        std::stable_sort(all.begin(), all.end(),
                         [&](ThreadId a, ThreadId b) { return place(a) < place(b); });
        for (const auto thread : all) {
            begin_level(states_[thread], 0);
            queue.append(thread, 0);
        }
    }
}

void Mlfq::enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& /*facts*/) {
    auto& me = states_.make(thread);
    auto& queue = waiting(id);
    const bool boosts = boost_is_due();
    const bool ran_here =
        why == Joining::preempted || why == Joining::expired || why == Joining::yielded;
    if (boosts && !ran_here) boost();
    if (me.boosts != boosts_) begin_level(me, 0);
    if (why == Joining::started) begin_level(me, 0);
    me.in_front = front_ && why == Joining::woken;
    const bool over = ran_here && use_up(me);
    if (me.in_front) {
        queue.prepend(thread, me.level);
    } else if (ran_here && !over && why != Joining::yielded) {
        const bool behind =
            !queue.empty() && states_[queue.at(0)].in_front && queue.first_key() == me.level;
        const auto first = behind ? queue.take_first() : kernel::Maybe<ThreadId>();
        queue.prepend(thread, me.level);
        if (first) queue.prepend(*first, me.level);
    } else {
        queue.append(thread, me.level);
    }
    if (boosts && ran_here) boost();
}

void Mlfq::dequeue(RunqueueId id, ThreadId thread, Leaving why) {
    auto& me = states_[thread];
    if (why == Leaving::migrated) return waiting(id).remove(thread);
    if (why != Leaving::blocked) return;
    if (stay_)
        begin_level(me, me.level);
    else
        use_up(me);
}

kernel::Maybe<Duration> Mlfq::due(RunqueueId /*id*/, ThreadId thread) {
    const auto& me = states_[thread];
    auto left = std::max(quanta_[me.level] - me.used, Duration{1});
    if (boost_every_) {
        const auto next = *boost_every_ * static_cast<Duration::rep>(boosts_ + 1);
        left = std::clamp(next - now_().time_since_epoch(), Duration{1}, left);
    }
    return left;
}

bool Mlfq::preempts(RunqueueId /*id*/, ThreadId woken, ThreadId running) {
    const auto& other = states_[woken];
    const auto& me = states_[running];
    return other.level < me.level || (other.in_front && other.level == me.level);
}

}  // namespace interlock::os
