#pragma once

// SCHED_DEADLINE of Linux: a constant bandwidth server a thread, the earliest deadline first.
//
//   a thread has `runtime` in each `period`, to be had by `deadline` after the period's begin
//   wakes      d passed, or  left / (d - now) > runtime / deadline  (it could take more than its
//              bandwidth):  d = now + deadline, left = runtime; where the deadline is before the
//              period's end and d is not passed:  left = (d - now) runtime / deadline
//              between d and the period's end, where that is later: it waits for that
//   runs       left -= ran; once it is used up it waits for the period's end, and then
//              d += period, left += runtime, until left is positive
//   yields     gives the rest of `left` away
//
// Source followed: Linux kernel/sched/deadline.c, update_dl_entity(), dl_entity_overflow(),
// update_dl_revised_wakeup(), dl_check_constrained_dl(), replenish_dl_entity(), and
// Documentation/scheduler/sched-deadline.rst, as the specification of the os tells them (1.5).
// Abeni and Buttazzo 1998. Left out: reclaiming of bandwidth (GRUB), inheritance of deadlines.

#include <optional>
#include <string>
#include <vector>

#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class LinuxDeadline final : public Queueing<OrderedQueue<kernel::Duration>> {
public:
    LinuxDeadline(Now now, std::size_t runqueues);

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override;
    void charge(RunqueueId /*queue*/, ThreadId thread, kernel::Duration ran) override {
        servers_[thread].left -= ran;
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId /*queue*/, ThreadId thread) override {
        return std::max(servers_[thread].left, kernel::Duration{1});
    }
    bool preempts(RunqueueId /*queue*/, ThreadId woken, ThreadId running) override {
        return more_urgent(woken, running);
    }
    bool more_urgent(ThreadId one, ThreadId other) const override {
        return servers_[one].deadline < servers_[other].deadline;
    }
    kernel::Maybe<kernel::Time> next_release(RunqueueId queue) override;
    kernel::Maybe<ThreadId> release(RunqueueId queue) override;

    /// What sched_setattr() has against them; none: nothing. They have a runtime and a period.
    static std::optional<std::string> why_refused(const Scheduling& scheduling);

    /// Runtime a period; of all of a machine it must not be above `bandwidth_limit` a CPU.
    static double bandwidth(const Scheduling& scheduling);
    static constexpr double bandwidth_limit = 0.95;

private:
    struct Server {
        kernel::Duration runtime{};
        kernel::Duration relative{};  ///< its deadline, after a period's begin
        kernel::Duration period{};
        kernel::Duration deadline{};  ///< since time 0
        kernel::Duration left{};
        bool waits = false;  ///< for the end of its period
    };

    kernel::Duration now() const { return now_().time_since_epoch(); }
    static kernel::Duration period_end(const Server& server) {
        return server.deadline - server.relative + server.period;
    }
    void wake(Server& server) const;
    void replenish(Server& server) const;

    Now now_;
    ByThread<Server> servers_;
    std::vector<OrderedQueue<kernel::Duration>> throttled_;  // by the end of their period
};

}  // namespace interlock::os
