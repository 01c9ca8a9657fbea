#pragma once

// Threads that run a program over the C library, without an os: stepped by
// hand (World), or in every order there is (explore).
//
// A step of a thread is one kernel operation: it takes effect, and the program
// goes on to the next one. A sleeper wakes by a futex_wake, and any sleeper of
// the word may be the one; or by its timer, which may end at any time, a
// bounded number of times each thread; or, if the program is patient, whenever
// nothing else can happen.

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/os/c_library.hpp"
#include "models/os/operation.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::support {

using Key = std::vector<std::uint64_t>;

/// One thing that can happen next.
struct Move {
    enum class Kind : std::uint8_t { step, time_out };
    Kind kind = Kind::step;
    std::uint8_t thread = 0;
    std::uint8_t sleeper = 0;  ///< of a step that wakes one: which
};

/// The state of all threads. `Program` is copyable and has
///     std::uint32_t threads() const;
///     os::CLibraryState& library();
///     os::Operation next(std::uint32_t thread, os::Outcome last);  done(): over
///     std::string broken(bool ended) const;  what must not be; empty: all is well
///     void append_to(Key& key) const;        with the library
template <typename Program>
class World {
public:
    explicit World(Program program, std::uint8_t timers_each = 0, bool patient = false)
        : program_(std::move(program)), patient_(patient) {
        threads_.resize(program_.threads());
        for (auto& thread : threads_) thread.timers = timers_each;
    }

    Program& program() { return program_; }
    const Program& program() const { return program_; }

    bool over(std::uint32_t thread) const { return threads_[thread].place == Place::over; }
    bool asleep(std::uint32_t thread) const { return threads_[thread].place == Place::asleep; }
    bool ended() const {
        return std::all_of(threads_.begin(), threads_.end(),
                           [](const Thread& thread) { return thread.place == Place::over; });
    }
    /// What the thread is about to do, or sleeps in.
    const os::Operation& operation(std::uint32_t thread) const {
        return threads_[thread].operation;
    }

    /// A thread that was over goes on: its program has more for it.
    void resume(std::uint32_t thread) {
        kernel::check(over(thread), "a thread that is resumed is over");
        threads_[thread] = {.operation = os::nothing(), .timers = threads_[thread].timers};
    }

    std::vector<Move> moves() const {
        std::vector<Move> all;
        for (std::uint8_t i = 0; i < threads_.size(); ++i) {
            const auto& thread = threads_[i];
            if (thread.place == Place::asleep && thread.operation.timeout && thread.timers > 0)
                all.push_back({.kind = Move::Kind::time_out, .thread = i});
            if (thread.place != Place::ready) continue;
            const auto sleepers = sleepers_of(thread.operation);
            if (sleepers.size() < 2 || thread.operation.value > 1)
                all.push_back(
                    {.thread = i, .sleeper = sleepers.empty() ? std::uint8_t{0} : sleepers[0]});
            else
                for (const auto sleeper : sleepers)
                    all.push_back({.thread = i, .sleeper = sleeper});
        }
        if (all.empty() && patient_)
            for (std::uint8_t i = 0; i < threads_.size(); ++i)
                if (asleep(i) && threads_[i].operation.timeout)
                    all.push_back({.kind = Move::Kind::time_out, .thread = i});
        return all;
    }

    void apply(Move move) {
        auto& thread = threads_[move.thread];
        if (move.kind == Move::Kind::time_out) {
            if (thread.timers > 0) --thread.timers;
            wake(thread, os::Outcome::timed_out);
            return;
        }
        if (thread.operation.verb == os::Verb::futex_wait) {
            if (word(thread.operation) == thread.operation.value) {
                thread.place = Place::asleep;
                return;
            }
            thread.outcome = os::Outcome::again;
        } else if (thread.operation.verb == os::Verb::futex_wake) {
            wake_sleepers(thread.operation, move.sleeper);
            thread.outcome = os::Outcome::done;
        } else if (thread.operation.verb != os::Verb::nothing) {
            thread.outcome = os::Outcome::done;
        }
        go_on(move.thread);
    }

    void append_to(Key& key) const {
        program_.append_to(key);
        for (const auto& thread : threads_) append(key, thread);
    }

private:
    enum class Place : std::uint8_t { ready, asleep, over };
    struct Thread {
        Place place = Place::ready;
        os::Operation operation = os::nothing();
        os::LibraryCall call{};
        os::Outcome outcome = os::Outcome::done;
        std::uint8_t timers = 0;
    };

    std::uint32_t word(const os::Operation& operation) {
        return program_.library().word(static_cast<os::FutexId>(operation.object));
    }

    std::vector<std::uint8_t> sleepers_of(const os::Operation& operation) const {
        std::vector<std::uint8_t> sleepers;
        if (operation.verb != os::Verb::futex_wake) return sleepers;
        for (std::uint8_t i = 0; i < threads_.size(); ++i)
            if (asleep(i) && threads_[i].operation.object == operation.object)
                sleepers.push_back(i);
        return sleepers;
    }

    void wake_sleepers(const os::Operation& operation, std::uint8_t chosen) {
        const auto sleepers = sleepers_of(operation);
        if (operation.value == 1 && !sleepers.empty()) wake(threads_[chosen], os::Outcome::done);
        if (operation.value > 1)
            for (const auto sleeper : sleepers) wake(threads_[sleeper], os::Outcome::done);
    }

    static void wake(Thread& thread, os::Outcome outcome) {
        thread.place = Place::ready;
        thread.operation = os::nothing();
        thread.outcome = outcome;
    }

    void go_on(std::uint32_t id) {
        auto& thread = threads_[id];
        for (;;) {
            if (thread.call.verb == os::Verb::done) {
                thread.operation = program_.next(id, thread.outcome);
                if (!os::CLibraryState::is_call(thread.operation.verb)) break;
                thread.call = program_.library().begin(thread.operation, kernel::Time{});
                thread.outcome = os::Outcome::done;
            }
            thread.operation = program_.library().next(thread.call, thread.outcome, kernel::Time{});
            if (thread.operation.verb != os::Verb::done) return;
            thread.outcome = thread.call.timed_out ? os::Outcome::timed_out : os::Outcome::done;
            thread.call = {};
        }
        if (thread.operation.verb == os::Verb::done) thread.place = Place::over;
    }

    static void append(Key& key, const Thread& thread) {
        const auto& operation = thread.operation;
        const auto& call = thread.call;
        const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
        key.insert(key.end(),
                   {number(thread.place), number(operation.verb), operation.object, operation.value,
                    number(operation.timeout.has_value()), number(thread.outcome), thread.timers,
                    number(call.verb), call.phase, number(call.mutex_phase), call.group,
                    number(call.timed_out), number(call.wakes), call.object, call.mutex,
                    call.sequence, call.g1_start});
    }

    Program program_;
    bool patient_;
    std::vector<Thread> threads_;
};

struct Explored {
    std::size_t states = 0;
    std::size_t moves = 0;
    std::size_t ends = 0;      ///< states in which all threads are over
    bool all_can_end = false;  ///< from every state some way leads to an end
    std::string broken;        ///< what went wrong first, and the way there
};

/// Depth first through every state that can be reached from `start`, until
/// something is broken: the program's own promise, or that some thread can
/// move as long as one is not over (a wake-up was lost, or a deadlock).
template <typename Program>
class Explorer {
public:
    Explored explore(const World<Program>& start, std::size_t states_max) {
        visit(start, {}, 0);
        while (!stack_.empty() && result_.broken.empty()) {
            const auto [world, id] = std::move(stack_.back());
            stack_.pop_back();
            expand(world, id);
            if (seen_.size() > states_max) result_.broken = "more states than expected";
        }
        result_.states = seen_.size();
        result_.moves = edges_.size();
        result_.all_can_end = result_.broken.empty() && all_can_end();
        return result_;
    }

private:
    struct Step {
        std::uint32_t from = 0;
        Move move;
    };

    void expand(const World<Program>& world, std::uint32_t id) {
        const auto moves = world.moves();
        if (auto broken = world.program().broken(world.ended()); !broken.empty()) {
            result_.broken = std::move(broken) + way_to(id);
        } else if (world.ended()) {
            ++result_.ends;
            ends_.push_back(id);
        } else if (moves.empty()) {
            result_.broken = "nobody can move:" + way_to(id);
        }
        for (const auto move : moves) {
            auto next = world;
            next.apply(move);
            edges_.push_back({visit(std::move(next), move, id), id});
        }
    }

    std::uint32_t visit(World<Program> world, Move move, std::uint32_t from) {
        key_.clear();
        world.append_to(key_);
        const auto [place, fresh] =
            seen_.emplace(packed(key_), static_cast<std::uint32_t>(seen_.size()));
        if (fresh) {
            steps_.push_back({from, move});
            stack_.emplace_back(std::move(world), place->second);
        }
        return place->second;
    }

    /// Seven bits a byte, the least first: most numbers take one byte.
    static std::string packed(const Key& key) {
        std::string bytes;
        bytes.reserve(key.size() + 8);
        for (auto number : key) {
            for (; number >= 128; number >>= 7)
                bytes.push_back(static_cast<char>(number % 128 + 128));
            bytes.push_back(static_cast<char>(number));
        }
        return bytes;
    }

    std::string way_to(std::uint32_t id) const {
        std::string way;
        for (; id != 0; id = steps_[id].from) {
            const auto move = steps_[id].move;
            way = (move.kind == Move::Kind::time_out ? " t" : " ") + std::to_string(move.thread) +
                  way;
        }
        return way;
    }

    bool all_can_end() {
        std::sort(edges_.begin(), edges_.end());  // by where they lead
        std::vector<bool> can(seen_.size());
        auto open = ends_;
        for (const auto end : open) can[end] = true;
        while (!open.empty()) {
            const auto to = open.back();
            open.pop_back();
            auto edge = std::lower_bound(edges_.begin(), edges_.end(), std::pair(to, 0U));
            for (; edge != edges_.end() && edge->first == to; ++edge)
                if (!can[edge->second]) {
                    can[edge->second] = true;
                    open.push_back(edge->second);
                }
        }
        return std::all_of(can.begin(), can.end(), [](bool it_can) { return it_can; });
    }

    Explored result_;
    Key key_;
    std::unordered_map<std::string, std::uint32_t> seen_;  // looked up, never iterated
    std::vector<Step> steps_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_;  // to, from
    std::vector<std::uint32_t> ends_;
    std::vector<std::pair<World<Program>, std::uint32_t>> stack_;
};

template <typename Program>
Explored explore(Program program, std::uint8_t timers_each = 0, bool patient = false) {
    constexpr std::size_t states_max = 2'000'000;
    return Explorer<Program>{}.explore(World<Program>(std::move(program), timers_each, patient),
                                       states_max);
}

}  // namespace interlock::support
