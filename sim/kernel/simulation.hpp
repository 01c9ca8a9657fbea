#pragma once

// What every model of a run shares: the time, the future, and the record of
// the past.

#include <cstdint>

#include "sim/kernel/calendar.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/trace.hpp"

namespace interlock::kernel {

class Simulation {
public:
    Time now() const { return now_; }
    Calendar& calendar() { return calendar_; }
    Trace& trace() { return trace_; }
    std::uint64_t events() const { return events_; }

    /// Takes the earliest event and moves the time to it.
    Event advance() {
        now_ = calendar_.next_time();
        ++events_;
        return calendar_.pop();
    }

    /// Moves the time to an event that need not stand in the calendar, because
    /// nothing in there is as early; false, and nothing done, if something is.
    bool advance_before_calendar(Time time) {
        check(time >= now_, "an event is not before the last one that happened");
        if (calendar_.any_until(time)) return false;
        now_ = time;
        ++events_;
        return true;
    }

    /// Moves the time without an event, to the end of a bounded run.
    void advance_to(Time time) { now_ = time; }

private:
    Time now_{};
    Calendar calendar_;
    Trace trace_;
    std::uint64_t events_ = 0;
};

}  // namespace interlock::kernel
