#pragma once

// Lottery scheduling: for each quantum a winner is drawn among the tickets of those that
// are runnable, so CPU time is shared by tickets in the long run.
//
//   winner: the thread that has the ticket of number `draw mod all`, tickets being
//   counted in the order of the threads' numbers
//
// After n quanta a thread's share is off by O(sqrt(n)) quanta. Followed as the
// specification of the os tells it (1.6, 7.1). Left out: ticket transfers, compensation
// tickets for those who block early.

#include <algorithm>
#include <utility>
#include <vector>

#include "models/os/in_turn.hpp"

namespace interlock::os {

/// Threads with tickets, in the order of their numbers. To enter and to be drawn cost O(n).
class Lots {
public:
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    ThreadId at(std::size_t i) const { return entries_[i].thread; }

    void add(ThreadId thread, std::uint64_t tickets) {
        tickets_ += tickets;
        entries_.insert(place_of(thread), {.thread = thread, .tickets = tickets});
    }
    void remove(ThreadId thread) { take(place_of(thread)); }
    kernel::Maybe<ThreadId> take_first() {
        if (empty()) return std::nullopt;
        return take(entries_.begin());
    }
    /// Who has the ticket of that number; there is one.
    ThreadId take_winner(std::uint64_t drawn) {
        auto winner = drawn % tickets_;
        auto at = entries_.begin();
        for (; winner >= at->tickets; ++at) winner -= at->tickets;
        return take(at);
    }

private:
    struct Entry {
        ThreadId thread{};
        std::uint64_t tickets = 0;
    };
    using Place = std::vector<Entry>::iterator;

    Place place_of(ThreadId thread) {
        return std::lower_bound(
            entries_.begin(), entries_.end(), thread,
            [](const Entry& entry, ThreadId id) { return index(entry.thread) < index(id); });
    }
    ThreadId take(Place at) {
        const auto thread = at->thread;
        tickets_ -= at->tickets;
        entries_.erase(at);
        return thread;
    }

    std::vector<Entry> entries_;
    std::uint64_t tickets_ = 0;  // of all of them
};

class Lottery final : public InTurn<Lots> {
public:
    Lottery(kernel::Duration quantum, Draw draw, std::size_t runqueues)
        : InTurn(quantum, runqueues), draw_(std::move(draw)) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& facts) override {
        if (why != Joining::migrated) begin_quantum(thread);
        waiting(queue).add(thread, facts.scheduling.tickets);
    }
    kernel::Maybe<ThreadId> pick(RunqueueId queue) override {
        if (queued(queue) == 0) return std::nullopt;
        return waiting(queue).take_winner(draw_());
    }
    bool minds_newcomers() const override { return false; }

private:
    Draw draw_;
};

}  // namespace interlock::os
