#pragma once

// One EEVDF policy of eight CPUs and two queues, driven by hand.

#include <chrono>
#include <cstdlib>
#include <optional>

#include "models/os/eevdf.hpp"
#include "tests/support/catch.hpp"

namespace interlock::support {

struct EevdfFixture {
    using Duration = kernel::Duration;

    static constexpr os::RunqueueId queue{0};
    static constexpr os::RunqueueId other{1};

    explicit EevdfFixture(std::optional<Duration> tick = {},
                          const os::PolicyParameters& parameters = {})
        : policy({.runqueues = 2,
                  .cpus = 8,
                  .tick = tick,
                  .parameters = parameters,
                  .now = {},
                  .draw = {}}) {}

    void start(os::ThreadId thread, std::uint32_t weight = 1024, os::RunqueueId where = queue) {
        policy.enqueue(where, thread, os::Joining::started, {.weight = weight, .burst = {}});
    }
    /// With a slice of its own, or the base slice.
    void wake(os::ThreadId thread, std::optional<Duration> slice = {}) {
        os::Facts facts;
        facts.scheduling.runtime = slice;
        policy.enqueue(queue, thread, os::Joining::woken, facts);
    }
    /// Picks, which must give this thread, and lets it run.
    void run(os::ThreadId thread, Duration time) {
        REQUIRE(policy.pick(queue) == thread);
        policy.charge(queue, thread, time);
    }
    void put_back(os::ThreadId thread, os::Joining why = os::Joining::expired) {
        policy.enqueue(queue, thread, why, {});
    }
    void block(os::ThreadId thread) { policy.dequeue(queue, thread, os::Leaving::blocked); }
    Duration lag(os::ThreadId thread, os::RunqueueId where = queue) const {
        return policy.lag(where, thread);
    }
    std::optional<Duration> due(os::ThreadId thread) {
        const auto due = policy.due(queue, thread);
        return due ? std::optional(*due) : std::nullopt;
    }

    os::Eevdf policy;
};

inline bool close(kernel::Duration one, kernel::Duration another) {
    return std::abs((one - another).count()) <= 2;
}

}  // namespace interlock::support
