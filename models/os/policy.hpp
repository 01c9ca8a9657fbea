#pragma once

// The seam between the os and a scheduling policy. A policy is a state
// machine: threads in, decisions out. It holds no calendar and no CPU.
//
// A thread is in one of three places, as the policy sees it: away (blocked or
// not yet started), queued on a runqueue, or running on a CPU that serves that
// runqueue (it was picked). One policy object serves all runqueues of a system;
// a global runqueue has several running threads at once.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "models/os/ids.hpp"
#include "models/os/operation.hpp"
#include "models/os/policy_table.hpp"
#include "models/os/settings.hpp"
#include "models/workload/scheduling.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

using workload::Scheduling;
using workload::SchedulingClass;

/// Within Linux's fair class, whether a woken thread takes the CPU for what it is; none: their
/// figures decide. Source: kernel/sched/fair.c, check_preempt_wakeup_fair().
constexpr std::optional<bool> preempts_by_class(SchedulingClass woken, SchedulingClass running) {
    if (running == SchedulingClass::idle && woken != SchedulingClass::idle) return true;
    if (woken != SchedulingClass::normal) return false;
    return std::nullopt;
}

/// Why a thread joins a runqueue.
enum class Joining : std::uint8_t {
    started,    ///< a new thread
    woken,      ///< slept
    preempted,  ///< ran until now; another is more urgent, or it only shall be compared again
    expired,    ///< ran until now; the decision that was due has come
    yielded,    ///< ran until now; gave way by itself
    migrated,   ///< comes from another runqueue
};

/// Why a thread leaves one.
enum class Leaving : std::uint8_t { blocked, exited, migrated };

/// Read-only facts about a thread.
struct Facts {
    std::uint32_t weight = 1024;  ///< of its nice value
    Work burst{};                 ///< CPU work until it next blocks, as far as it is known
    Scheduling scheduling{};      ///< what its task says
    std::optional<kernel::Time> deadline{};  ///< of the job it is at
};

/// As Linux weighs it: threads of SCHED_IDLE are below the table.
constexpr std::uint32_t weight_of(const Facts& facts) {
    constexpr std::uint32_t idle_weight = 3;
    return facts.scheduling.kind == SchedulingClass::idle ? idle_weight : facts.weight;
}

/// The time, of policies that look at it.
using Now = std::function<kernel::Time()>;
/// 64 random bits, of policies that draw lots.
using Draw = std::function<std::uint64_t()>;

class Policy {
public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    virtual ~Policy() = default;

    /// Queues a thread that was away, or (preempted, expired, yielded) that ran here.
    virtual void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) = 0;

    /// A thread leaves: blocked and exited ones ran here, migrated ones are queued here.
    virtual void dequeue(RunqueueId queue, ThreadId thread, Leaving why) = 0;

    /// Takes the next thread from the queue and lets it run; none if none is runnable.
    virtual kernel::Maybe<ThreadId> pick(RunqueueId queue) = 0;

    /// `thread` runs here and has run for `ran` more. Called before every
    /// decision that concerns its queue.
    virtual void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) = 0;

    /// In how much further running time the os should put `thread` back
    /// (expired) and pick again; none: not before something else happens.
    virtual kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) = 0;

    /// Whether `woken`, just queued, should take the CPU from `running` at once.
    virtual bool preempts(RunqueueId queue, ThreadId woken, ThreadId running) = 0;

    /// Whether a thread that is queued behind others can change anything for those that run.
    /// Where it cannot, a wake-up costs the same however many run from one queue.
    virtual bool minds_newcomers() const { return true; }

    /// Of two that run from one queue, whether the first is the more urgent: the other gives way
    /// to a woken thread that preempts both.
    virtual bool more_urgent(ThreadId /*one*/, ThreadId /*other*/) const { return false; }

    /// Runnable threads that wait in the queue (not the running ones, not delayed ones).
    virtual std::size_t queued(RunqueueId queue) const = 0;

    /// The i-th of them, 0 the next to be picked or nearly so: for balancing,
    /// which takes from the end.
    virtual ThreadId queued_at(RunqueueId queue, std::size_t i) const = 0;

    /// A sleeper that still stands in its queue (EEVDF's delayed dequeue): it
    /// must be woken in the same queue.
    virtual bool delayed(ThreadId /*thread*/) const { return false; }

    /// When the first of those that wait in the queue and may not run yet (a budget is used up)
    /// may; none if there are none.
    virtual kernel::Maybe<kernel::Time> next_release(RunqueueId /*queue*/) { return std::nullopt; }

    /// Lets the first of them run that may by now; none if there are none.
    virtual kernel::Maybe<ThreadId> release(RunqueueId /*queue*/) { return std::nullopt; }

    /// Whether it is a class before the fair one, of Linux.
    virtual bool real_time(const Scheduling& /*scheduling*/) const { return false; }

    /// How many threads wait that are to run at once wherever a less urgent one runs (Linux
    /// pushes and pulls real-time threads).
    virtual std::size_t urgent() const { return 0; }

    /// How many of them are in a queue: the first of queued_at, by their urgency.
    virtual std::size_t urgent_in(RunqueueId /*queue*/) const { return 0; }

    /// `thread`, which runs, begins to compute: it may not have blocked where it might have.
    virtual void learn(ThreadId /*thread*/, const Facts& /*facts*/) {}

    /// Whether `Facts::burst` is looked at; the os then asks the program for it.
    virtual bool needs_burst() const { return false; }
};

/// Of the textbooks' usual range, 10 to 100 ms.
constexpr kernel::Duration default_quantum{10'000'000};

/// What a policy is told of the system.
struct PolicySetting {
    std::size_t runqueues = 1;
    std::uint32_t cpus = 1;
    std::optional<kernel::Duration> tick{};  ///< none: decisions fall exactly
    PolicyParameters parameters{};
    bool classes = false;  ///< of Linux: some threads are of a scheduling class of their own
    Now now{};
    Draw draw{};
};

/// `name` is one of policies().
std::unique_ptr<Policy> make_policy(const std::string& name, const PolicySetting& setting);

}  // namespace interlock::os
