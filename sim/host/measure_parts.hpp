#pragma once

// The parts of the host's calibration, a file each. All throw Interrupted.

#include <chrono>
#include <cstdint>
#include <vector>

#include "sim/host/child.hpp"
#include "sim/host/figure.hpp"

namespace interlock::host {

struct Measurements {
    std::vector<std::uint32_t> cpus;  ///< that threads can be pinned to; two at least, or none
    const Interrupts* interrupts = nullptr;
    std::vector<Figure> figures{};

    void add(Figure figure) { figures.push_back(std::move(figure)); }
    double value(const std::string& name) const;
    /// Where a measurement sleeps, or may be given up: a second or two apart.
    void rest(std::chrono::milliseconds time = {}) const;
};

/// speed_beside, speed_beside_wide, line_transfer, user_operation, clock_read, syscall.
void measure_cpus(Measurements& it);
/// futex_wake, futex_wait, context_switch, migration, wake_*, idle_*_after,
/// timer_slack, timer_interrupt, cold_timer, run_length. After measure_cpus.
void measure_wakes(Measurements& it);
/// timed_wait, socket_call, cold_*. After measure_cpus.
void measure_cold(Measurements& it);
/// pack_below, new_idle_pull, idle_balance.
void measure_balance(Measurements& it);
/// thread_start, thread_exit, process_start, process_exit, fork_per_mib, exit_per_mib,
/// page_touch, page_copy, pipe, memory_bandwidth_*. After measure_wakes.
void measure_starts(Measurements& it);

}  // namespace interlock::host
