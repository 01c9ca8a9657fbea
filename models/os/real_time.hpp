#pragma once

// The real-time textbook's policies: who is most urgent runs, and preempts at once.
//
//   edf                 the earliest deadline of its job     (Liu and Layland 1973)
//   rate_monotonic      the shortest period                  (Liu and Layland 1973)
//   deadline_monotonic  the shortest deadline after release  (Leung and Whitehead 1982)
//
// Equal ones in order of entering; who has no such figure comes last. With a global
// queue edf is global EDF. Followed as the specification of the os tells them (5.6).
// Left out: budgets that are enforced, resource sharing protocols.

#include <algorithm>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

enum class Urgency : std::uint8_t { deadline, period, relative_deadline };

class RealTime final : public Queueing<OrderedQueue<kernel::Duration>> {
public:
    RealTime(Urgency by, std::size_t runqueues) : Queueing(runqueues), by_(by) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override {
        const auto key = key_of(facts);
        keys_.make(thread) = key;
        if (why == Joining::preempted)
            waiting(queue).prepend(thread, key);
        else
            waiting(queue).append(thread, key);
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return keys_[woken] < keys_[running];
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return keys_[one] < keys_[other];
    }

private:
    kernel::Duration key_of(const Facts& facts) const {
        constexpr auto last = kernel::Duration::max();
        const auto& it = facts.scheduling;
        switch (by_) {
        case Urgency::deadline: return facts.deadline ? facts.deadline->time_since_epoch() : last;
        case Urgency::period: return it.period.value_or(last);
        case Urgency::relative_deadline:
            return it.deadline ? *it.deadline : it.period.value_or(last);
        }
        return last;
    }

    Urgency by_;
    ByThread<kernel::Duration> keys_;
};

}  // namespace interlock::os
