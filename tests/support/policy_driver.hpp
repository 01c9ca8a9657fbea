#pragma once

// Drives a policy by hand: one CPU, threads that only compute, decisions
// exactly when due or at the next tick. What happens at one time happens in the
// os's order: the end of a job, arrivals, the policy's decision.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/os/policy.hpp"

namespace interlock::support {

class PolicyDriver {
public:
    using Duration = kernel::Duration;

    explicit PolicyDriver(os::Policy& policy, std::optional<Duration> tick = {})
        : policy_(policy), tick_(tick) {}

    struct Job {
        Duration arrival{};
        std::optional<Duration> work;  ///< none: for ever
        std::uint32_t weight = 1024;
        os::Scheduling scheduling{};
        Duration ran{};
        std::optional<Duration> first_run;
        Duration finished{};
        Duration waited() const { return finished - arrival - ran; }
        Duration turnaround() const { return finished - arrival; }
        Duration response() const { return *first_run - arrival; }
    };

    /// Threads are numbered in the order in which they are added; arrivals must not go back.
    void add(Duration arrival, std::optional<Duration> work, std::uint32_t weight = 1024) {
        Job job;
        job.arrival = arrival;
        job.work = work;
        job.weight = weight;
        jobs_.push_back(job);
    }

    void add(Duration arrival, std::optional<Duration> work, const os::Scheduling& scheduling) {
        add(arrival, work);
        jobs_.back().scheduling = scheduling;
    }

    kernel::Time now() const { return kernel::Time{now_}; }

    /// Until all jobs are done, or until then. The timeline, in units: "0(4) 1(4)".
    std::string run(Duration unit, std::optional<Duration> until = {}) {
        arrive();
        for (;;) {
            if (!current_) current_ = policy_.pick(queue);
            const auto next = next_time();
            if (!next || (until && *next > *until)) break;
            move_to(*next);
            if (current_ && me().work && me().ran == *me().work) finish();
            arrive();
            while (const auto back = policy_.release(queue)) compare(*back);
            if (current_ && decision_ && *decision_ <= now_) put_back(os::Joining::expired);
        }
        if (until) move_to(*until);
        return timeline(unit);
    }

    const Job& job(std::size_t id) const { return jobs_[id]; }

    /// How many runs there were of each length; the last may have been cut.
    std::map<Duration, int> lengths() const {
        std::map<Duration, int> sum;
        for (const auto& run : runs_) ++sum[run.time];
        return sum;
    }

    static constexpr os::RunqueueId queue{0};

private:
    struct Run {
        os::ThreadId thread;
        Duration time;
    };

    Job& me() { return jobs_[os::index(*current_)]; }

    os::Facts facts(os::ThreadId id) const {
        const auto& job = jobs_[os::index(id)];
        const auto left = job.work.value_or(Duration::zero()) - job.ran;
        os::Facts facts{.weight = job.weight,
                        .burst = os::Work::of(left),
                        .scheduling = job.scheduling,
                        .deadline = {}};
        if (job.scheduling.deadline)
            facts.deadline = kernel::Time{job.arrival + *job.scheduling.deadline};
        return facts;
    }

    /// Of whatever is first: an arrival, a release, the end of a job, a decision.
    std::optional<Duration> next_time() {
        std::optional<Duration> next;
        const auto earliest = [&next](Duration at) { next = next ? std::min(*next, at) : at; };
        if (arrived_ < jobs_.size()) earliest(jobs_[arrived_].arrival);
        decision_.reset();
        if (const auto release = policy_.next_release(queue))
            earliest((*release).time_since_epoch());
        if (!current_) return next;
        if (me().work) earliest(now_ + *me().work - me().ran);
        if (const auto due = policy_.due(queue, *current_)) {
            decision_ = on_tick(now_ + *due);
            earliest(*decision_);
        }
        return next;
    }

    Duration on_tick(Duration at) const {
        if (!tick_) return at;
        return (at + *tick_ - Duration{1}) / *tick_ * *tick_;
    }

    void move_to(Duration at) {
        const auto passed = at - now_;
        now_ = at;
        if (!current_ || passed == Duration::zero()) return;
        if (!me().first_run) me().first_run = at - passed;
        me().ran += passed;
        policy_.charge(queue, *current_, passed);
        if (!runs_.empty() && runs_.back().thread == *current_)
            runs_.back().time += passed;
        else
            runs_.push_back({*current_, passed});
    }

    void finish() {
        me().finished = now_;
        policy_.dequeue(queue, *current_, os::Leaving::exited);
        current_.reset();
    }

    void arrive() {
        for (; arrived_ < jobs_.size() && jobs_[arrived_].arrival <= now_; ++arrived_) {
            const os::ThreadId id{static_cast<std::uint32_t>(arrived_)};
            policy_.enqueue(queue, id, os::Joining::started, facts(id));
            compare(id);
        }
    }

    void compare(os::ThreadId queued) {
        if (current_ && policy_.preempts(queue, queued, *current_))
            put_back(os::Joining::preempted);
    }

    void put_back(os::Joining why) {
        policy_.enqueue(queue, *current_, why, facts(*current_));
        current_ = policy_.pick(queue);
        decision_.reset();
    }

    std::string timeline(Duration unit) const {
        std::string text;
        for (const auto& run : runs_) {
            if (!text.empty()) text += ' ';
            text +=
                std::to_string(os::index(run.thread)) + '(' + std::to_string(run.time / unit) + ')';
        }
        return text;
    }

    os::Policy& policy_;
    std::optional<Duration> tick_;
    std::vector<Job> jobs_;
    std::size_t arrived_ = 0;
    Duration now_{};
    kernel::Maybe<os::ThreadId> current_;
    std::optional<Duration> decision_;
    std::vector<Run> runs_;
};

}  // namespace interlock::support
