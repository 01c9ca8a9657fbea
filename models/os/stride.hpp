#pragma once

// Stride scheduling: CPU time shared by tickets, without chance.
//
//   pass += ran x 2^20 / tickets      in virtual ns
//   the runnable thread of the least pass runs for a quantum; equal ones by number
//   whoever comes (again) starts at the least pass of those that are there, and as much
//   later as its own was ahead of that where it was before
//
// A thread's share is off by at most a quantum. Followed as the specification of the os
// tells it (1.6). Left out: remains of the pass of those who leave in debt or in credit.

#include <algorithm>
#include <vector>

#include "models/os/by_thread.hpp"
#include "models/os/in_turn.hpp"
#include "models/os/ordered_queue.hpp"

namespace interlock::os {

struct Pass {
    kernel::Wide pass = 0;
    std::size_t number = 0;

    friend bool operator<(const Pass& a, const Pass& b) {
        return a.pass != b.pass ? a.pass < b.pass : a.number < b.number;
    }
};

struct PassQueue : OrderedQueue<Pass> {
    kernel::Wide least = 0;  ///< pass of all that are there, which never goes back
};

class Stride final : public InTurn<PassQueue> {
public:
    using InTurn::InTurn;

    void enqueue(RunqueueId id, ThreadId thread, Joining why, const Facts& facts) override {
        auto& me = states_.make(thread);
        auto& queue = waiting(id);
        me.tickets = facts.scheduling.tickets;
        if (why == Joining::started || why == Joining::woken || why == Joining::migrated) {
            const auto least = waiting(me.last).least;
            me.pass = queue.least + (me.pass > least ? me.pass - least : 0);
        }
        me.last = id;
        if (why != Joining::preempted) begin_quantum(thread);
        queue.append(thread, {me.pass, index(thread)});
    }
    void charge(RunqueueId id, ThreadId thread, kernel::Duration ran) override {
        auto& me = states_[thread];
        auto& queue = waiting(id);
        me.pass += static_cast<kernel::Wide>(ran.count()) * (kernel::Wide{1} << 20U) / me.tickets;
        InTurn::charge(id, thread, ran);
        const auto least = queue.empty() ? me.pass : std::min(me.pass, queue.first_key().pass);
        queue.least = std::max(queue.least, least);
    }

private:
    struct State {
        kernel::Wide pass = 0;
        std::uint64_t tickets = 1;
        RunqueueId last{};  // that it was in
    };

    ByThread<State> states_;
};

}  // namespace interlock::os
