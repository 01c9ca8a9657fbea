#pragma once

// The timers of sleeping threads that one CPU keeps. Each has a time before which it does not
// expire and one at which it does, its slack later, so that several may share an interrupt:
//
//   the interrupt comes   when the first of them must expire, later by what a hypervisor and cold
//                         caches take (Costs::timer_interrupt), or with a tick while the CPU runs
//   and ends              all that may expire by then, in the order in which they must
//
// Source followed: Linux's kernel/time/hrtimer.c, __hrtimer_run_queues(), whose queue is in the
// order of the later times too, and which stops at the first that may not expire yet.

#include <cstdint>
#include <set>
#include <tuple>

#include "models/os/ids.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

class Timers {
public:
    /// `may` and `must`: when it may expire and when it does at the latest.
    struct Timer {
        kernel::Time must;
        std::uint64_t number;  ///< in the order in which they are set, of all CPUs
        kernel::Time may;
        ThreadId thread;
        kernel::Time since;  ///< it was set

        friend bool operator<(const Timer& a, const Timer& b) {
            return std::tie(a.must, a.number) < std::tie(b.must, b.number);
        }
    };

    bool empty() const { return timers_.empty(); }
    /// The one that must expire first; there is one.
    const Timer& first() const { return *timers_.begin(); }
    void add(const Timer& timer) { timers_.insert(timer); }
    void remove(const Timer& timer) { timers_.erase(timer); }

    /// The next that may expire by now, which is no longer there.
    kernel::Maybe<ThreadId> take(kernel::Time now) {
        if (empty() || first().may > now) return std::nullopt;
        const auto thread = first().thread;
        timers_.erase(timers_.begin());
        return thread;
    }

private:
    std::set<Timer> timers_;
};

}  // namespace interlock::os
