#pragma once

#include <chrono>
#include <cstdint>

namespace interlock::kernel {

/// The simulated clock. It has no now(): time is read from the Simulation.
struct Clock {
    using duration = std::chrono::nanoseconds;  // 64 bits: 292 years each way
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using Time = Clock::time_point;

/// `more`, which is not negative, after that time; the end of time where that is beyond it.
constexpr Time later(Time time, Duration more) {
    return more < Time::max() - time ? time + more : Time::max();
}

/// Seconds as statistics and output want them; never on the path of an event.
constexpr double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace interlock::kernel
