#include "models/os/sched_deadline.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/wide.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::SignedWide;
using kernel::Time;

namespace {

SignedWide product(Duration a, Duration b) {
    return static_cast<SignedWide>(a.count()) * b.count();
}

}  // namespace

LinuxDeadline::LinuxDeadline(Now now, std::size_t runqueues)
    : Queueing(runqueues), now_(std::move(now)), throttled_(runqueues) {}

/// As __checkparam_dl() of Linux.
std::optional<std::string> LinuxDeadline::why_refused(const Scheduling& scheduling) {
    constexpr Duration least_runtime{1024};
    constexpr Duration least_period{100'000};
    constexpr Duration most_period{4'194'304'000};
    const auto deadline = scheduling.deadline.value_or(*scheduling.period);
    if (*scheduling.runtime > deadline || deadline > *scheduling.period)
        return "expected a runtime of at most the deadline, and that of at most the period";
    if (*scheduling.runtime < least_runtime) return "expected a runtime of at least 1024ns";
    if (*scheduling.period < least_period || *scheduling.period > most_period)
        return "expected a period from 100us to 4194304us";
    return std::nullopt;
}

double LinuxDeadline::bandwidth(const Scheduling& scheduling) {
    return static_cast<double>(scheduling.runtime->count()) /
           static_cast<double>(scheduling.period->count());
}

void LinuxDeadline::enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) {
    auto& me = servers_.make(thread);
    switch (why) {
    case Joining::started:
        me.runtime = facts.scheduling.runtime.value();
        me.period = facts.scheduling.period.value();
        me.relative = facts.scheduling.deadline.value_or(me.period);
        me.deadline = now() + me.relative;
        me.left = me.runtime;
        break;
    case Joining::woken: wake(me); break;
    case Joining::yielded: me.left = std::min(me.left, Duration::zero()); break;
    case Joining::preempted:
    case Joining::expired:
    case Joining::migrated: break;
    }
    if (me.left <= Duration::zero() && period_end(me) <= now()) replenish(me);
    if (me.left <= Duration::zero())
        throttled_[index(queue)].append(thread, period_end(me));
    else if (why == Joining::preempted || why == Joining::expired)
        waiting(queue).prepend(thread, me.deadline);
    else
        waiting(queue).append(thread, me.deadline);
}

void LinuxDeadline::wake(Server& server) const {
    if (server.left <= Duration::zero() && period_end(server) <= now()) replenish(server);
    if (server.left <= Duration::zero()) return;
    const auto to_deadline = server.deadline - now();
    const bool constrained = server.relative < server.period;
    if (to_deadline < Duration::zero()) {
        if (constrained && now() < period_end(server)) {
            server.left = {};
            return;
        }
    } else if (product(server.left, server.relative) <= product(server.runtime, to_deadline)) {
        return;
    } else if (constrained) {
        server.left = Duration{static_cast<Duration::rep>(product(to_deadline, server.runtime) /
                                                          server.relative.count())};
        return;
    }
    server.deadline = now() + server.relative;
    server.left = server.runtime;
}

void LinuxDeadline::replenish(Server& server) const {
    while (server.left <= Duration::zero()) {
        server.deadline += server.period;
        server.left += server.runtime;
    }
    if (server.deadline >= now()) return;
    server.deadline = now() + server.relative;
    server.left = server.runtime;
}

kernel::Maybe<Time> LinuxDeadline::next_release(RunqueueId queue) {
    const auto& those = throttled_[index(queue)];
    if (those.empty()) return std::nullopt;
    return Time{those.first_key()};
}

kernel::Maybe<ThreadId> LinuxDeadline::release(RunqueueId queue) {
    auto& those = throttled_[index(queue)];
    if (those.empty() || those.first_key() > now()) return std::nullopt;
    const auto thread = those.take_first();
    auto& me = servers_[*thread];
    replenish(me);
    waiting(queue).append(*thread, me.deadline);
    return thread;
}

}  // namespace interlock::os
