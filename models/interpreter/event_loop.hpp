#pragma once

// asyncio's event loop: one thread whose routines run one at a time, each until it
// awaits something.
//
// A turn of the loop (BaseEventLoop._run_once, Lib/asyncio/base_events.py of 3.11):
// select() for as long as nothing is ready, at most until the next timer; then
// everything that is ready now, what becomes ready by it comes in the next turn. An
// event or a timer is a callback that lets its routine go on in the turn after.
// EpollSelector.select (Lib/selectors.py) rounds the time up to whole milliseconds.
// Left out: what cancelled timers cost.
//
// Threads that share a native thread (M:N, Ruby 3.3 and later with RUBY_MN_THREADS=1) are
// routines that have a quantum: whose is used up goes behind those that are ready. What
// one of them does outside the interpreter goes to a native thread of its own meanwhile.

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "models/interpreter/agent.hpp"
#include "models/os/ids.hpp"
#include "models/os/operation.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::interpreter {

class EventLoop {
public:
    /// What a routine awaits.
    enum class Awaits : std::uint8_t {
        others,  ///< to be woken, by a timer at the latest if it has one
        timer,
        event,  ///< of the outside world, at a time that is known or told when it is there
        turn,   ///< its turn among those that are ready
    };
    /// A callback that is ready.
    struct Ready {
        std::uint32_t routine = 0;
        Awaits by = Awaits::turn;  ///< turn: the routine itself goes on
    };

    /// Routines 1 to `count` run `script` each.
    EventLoop(std::uint32_t count, ScriptId script, os::SemaphoreId posted);

    /// The running routine of `me` has come to where it awaits; the loop runs.
    void suspend(Agent& me, Awaits what, kernel::Time now,
                 std::optional<kernel::Time> due = std::nullopt);
    /// The loop is `me`; the routine runs. For how long it waited for time or the outside.
    kernel::Duration resume(Agent& me, std::uint32_t routine, kernel::Time now);
    /// The running routine of `me` is over; the loop runs.
    void end(Agent& me);

    /// The event that the routine awaits is there.
    void happened(std::uint32_t routine, kernel::Time now);
    /// Somebody lets the routine go on, if it still awaits that.
    void wake(std::uint32_t routine);
    /// What is due by now becomes ready. How many are ready then: the turn.
    std::size_t collect(kernel::Time now);
    Ready take();
    /// The callback of an event or a timer has run.
    void came(const Ready& what);

    bool over() const { return alive_ == 0; }
    /// select() has nothing to wait for.
    bool busy(kernel::Time now) const {
        return !ready_.empty() || (!events_.empty() && events_.begin()->at <= now);
    }
    /// When the first timer is due that is not an event.
    std::optional<kernel::Time> next_timer() const;
    /// Whether it is time or the outside world that is waited for.
    bool awaits_outside() const { return !timers_.empty() || !events_.empty() || untold_ > 0; }

    /// Those that await something.
    std::vector<const Routine*> suspended() const;

    os::SemaphoreId selector;  ///< posted to end select()
    bool selecting = false;    ///< it is in select(), or about to be
    std::size_t turn = 0;      ///< callbacks of the turn still to run
    Ready callback;            ///< that runs

    /// What a routine does outside the interpreter.
    struct Blocking {
        std::uint32_t routine = 0;
        std::optional<std::uint32_t> instance;
        kernel::Duration work{};
        std::uint32_t footprint = os::plain_work;
    };
    std::optional<kernel::Duration> quantum;  ///< of a routine's turn; none: until it awaits
    os::ThreadId thread{};                    ///< that runs it
    std::deque<Blocking> blocking;            ///< not begun yet
    std::vector<os::ThreadId> idle_helpers;

private:
    struct Due {
        kernel::Time at{};
        std::uint64_t order = 0;
        std::uint32_t routine = 0;

        friend bool operator<(const Due& a, const Due& b) {
            return a.at != b.at ? a.at < b.at : a.order < b.order;
        }
    };
    struct State {
        Routine routine;  // of the one that runs: the loop's own
        bool suspended = false;
        Awaits what = Awaits::turn;
        kernel::Time since{};
        std::optional<Due> due;
        os::Outcome outcome = os::Outcome::done;
    };

    State& state(std::uint32_t routine) { return states_[routine - 1]; }
    std::set<Due>& list_of(const State& state) {
        return state.what == Awaits::event ? events_ : timers_;
    }

    std::vector<State> states_;
    std::deque<Ready> ready_;
    std::set<Due> timers_;
    std::set<Due> events_;
    std::size_t untold_ = 0;  ///< events whose time is not known yet
    std::uint64_t order_ = 0;
    std::size_t alive_;
};

}  // namespace interlock::interpreter
