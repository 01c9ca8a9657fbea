#pragma once

// Multi-level feedback queue, by the rules of Operating Systems: Three Easy Pieces
// (Arpaci-Dusseau, chapter 8):
//
//   1  the runnable thread of the highest level runs, and takes the CPU at once
//   2  those of one level run in turn, for the level's quantum each
//   3  a thread begins at the highest level
//   4  whoever has used up `allotment` quanta at a level, however often it gave up the CPU
//      in between, goes one down; in the lowest it begins anew there
//   5  every `boost`, all threads go to the highest level
//
// `stay` is the rule as it was before it was mended: a thread that blocks begins its
// allotment anew. `front`: who comes back from blocking is the first of its level, and
// preempts one of the same. Whoever is preempted keeps its place and what is left of its
// quantum. Ties as the book's simulator (cpu-sched-mlfq/mlfq.py) has them, as the
// specification of the os tells its runs (7.1): a boost lines up the lower levels first.

#include <optional>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/ordered_queue.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

class Mlfq final : public Queueing<OrderedQueue<std::size_t>> {
public:
    explicit Mlfq(const PolicySetting& setting);

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override;
    void dequeue(RunqueueId id, ThreadId thread, Leaving why) override;
    void charge(RunqueueId /*id*/, ThreadId thread, kernel::Duration ran) override {
        states_[thread].used += ran;
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId id, ThreadId thread) override;
    bool preempts(RunqueueId id, ThreadId woken, ThreadId running) override;

    bool more_urgent(ThreadId one, ThreadId other) const override {
        return level(one) < level(other);
    }

    std::size_t level(ThreadId thread) const { return states_[thread].level; }

private:
    struct State {
        std::size_t level = 0;     ///< 0 the highest
        kernel::Duration used{};   ///< of the quantum
        std::uint32_t quanta = 0;  ///< used up at this level
        std::uint64_t boosts = 0;  ///< that it has seen
        bool in_front = false;
    };

    void begin_level(State& me, std::size_t level) const;
    bool use_up(State& me) const;
    std::uint32_t allotment(std::size_t level) const {
        return allotment_.size() == 1 ? allotment_.front() : allotment_[level];
    }
    bool boost_is_due() const;
    void boost();

    std::vector<kernel::Duration> quanta_;  // a level each, the highest first
    std::vector<std::uint32_t> allotment_;  // quanta at a level
    std::optional<kernel::Duration> boost_every_;
    bool stay_;
    bool front_;
    Now now_;
    ByThread<State> states_;
    std::uint64_t boosts_ = 0;
};

}  // namespace interlock::os
