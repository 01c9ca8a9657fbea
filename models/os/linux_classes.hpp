#pragma once

// The scheduling classes of Linux, in their order, each a policy of its own:
//
//   deadline    SCHED_DEADLINE                             sched_deadline.hpp
//   real time   SCHED_FIFO, SCHED_RR                       sched_rt.hpp
//   fair        SCHED_OTHER, SCHED_BATCH, SCHED_IDLE       eevdf.hpp, cfs.hpp
//
// A thread of a class runs when nobody of a class before it wants to, and a woken one preempts
// any of a class behind it. But for the fair server, one a CPU: when fair threads were runnable
// for 950 ms and had less than 50 ms of that, they come before real-time threads until they have
// had as much. From then on they have 50 ms at the begin of each second, until they get them
// without help. Balancing that moves the only fair thread of a CPU to another begins its second
// anew (dl_server_start()).
//
// Real-time and deadline threads are never left to wait beside a less urgent thread on another
// CPU where they may run: the os pushes and pulls them (urgent.cpp).
//
// Source followed: Linux 6.12 kernel/sched/core.c, __pick_next_task(), wakeup_preempt(), and
// fair_server_init(), dl_server_*() of fair.c and deadline.c, as the specification of the os tells
// them (1.5). Left out: the stop class, sched_ext; the server as one more deadline among
// SCHED_DEADLINE's (it comes behind them all); bandwidth that an idle CPU's server could keep.

#include <array>
#include <memory>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/policy.hpp"

namespace interlock::os {

class LinuxClasses final : public Policy {
public:
    /// `otherwise`: the class of threads that say none.
    LinuxClasses(std::unique_ptr<Policy> fair, SchedulingClass otherwise,
                 const PolicySetting& setting);

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId queue, ThreadId thread, Leaving why) override;
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override;
    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override;
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override;
    bool preempts(RunqueueId queue, ThreadId woken, ThreadId running) override;
    bool more_urgent(ThreadId one, ThreadId other) const override;
    std::size_t queued(RunqueueId queue) const override;
    ThreadId queued_at(RunqueueId queue, std::size_t i) const override;
    bool delayed(ThreadId thread) const override { return classes_[fair]->delayed(thread); }
    kernel::Maybe<kernel::Time> next_release(RunqueueId queue) override {
        return classes_[deadline]->next_release(queue);
    }
    kernel::Maybe<ThreadId> release(RunqueueId queue) override;
    bool real_time(const Scheduling& scheduling) const override {
        return rank_of(scheduling) != fair;
    }
    std::size_t urgent() const override { return urgent_; }
    std::size_t urgent_in(RunqueueId queue) const override;

private:
    enum Rank : std::uint8_t { deadline, fixed, fair };
    struct Member {
        Rank rank = fair;
        bool served = false;  ///< runs by the fair server
    };
    /// Of a queue.
    struct FairServer {
        std::size_t threads = 0;  ///< fair ones that are runnable
        kernel::Time from{};      ///< they come first from then on
        kernel::Time period_end{};
        kernel::Duration left{};  ///< of what they are to have in the period
    };

    /// The less, the more urgent: a thread that the fair server lets run is before real-time ones.
    int level(ThreadId thread) const;
    Rank rank_of(const Scheduling& scheduling) const;
    Policy& of(ThreadId thread) { return *classes_[members_[thread].rank]; }
    bool starves(RunqueueId queue);
    static void begin_period(FairServer& server, kernel::Time at);

    std::array<std::unique_ptr<Policy>, 3> classes_;
    SchedulingClass otherwise_;
    Now now_;
    ByThread<Member> members_;
    std::vector<FairServer> servers_;
    std::size_t urgent_ = 0;
};

}  // namespace interlock::os
