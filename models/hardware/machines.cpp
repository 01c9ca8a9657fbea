// Presets of machines. Cores, threads and memory are the vendors' data sheets;
// sibling speed is the specification's default for interpreters (section 3.1)
// unless a line says otherwise.

#include "models/hardware/machine.hpp"

namespace interlock::hardware {

namespace {

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

using kernel::Duration;

/// Intel Core i7-8700K (Coffee Lake, 2017): 6 cores, 12 threads.
Machine i7_8700k() {
    return {.name = "i7-8700k",
            .sockets = 1,
            .cores = 6,
            .threads_per_core = 2,
            .speed = {},
            .memory = 32 * gib,
            .costs = {}};
}

/// Intel Xeon Platinum 8180 (Skylake-SP, 2017): 28 cores, 56 threads, one socket.
Machine xeon_8180() {
    return {.name = "xeon-8180",
            .sockets = 1,
            .cores = 28,
            .threads_per_core = 2,
            .speed = {},
            .memory = 192 * gib,
            .costs = {}};
}

/// A virtual machine of 2 vCPUs on an AMD EPYC host. Costs: the measured
/// column of the specification, section 2.1; a vCPU shows no sibling. What a
/// cross-CPU hand-off takes (35 to 63 us one way) is given as the delay of a
/// short and of a long idle.
Machine cloud_2vcpu() {
    return {.name = "cloud-2vcpu",
            .sockets = 1,
            .cores = 2,
            .threads_per_core = 1,
            .speed = {},
            .memory = 4 * gib,
            .costs = {.user_operation = Duration{25},
                      .line_transfer = Duration{100},
                      .syscall = Duration{400},
                      .futex_wait = Duration{600},
                      .futex_wake = Duration{1'200},
                      .context_switch = Duration{1'700},
                      .migration = Duration{3'000},
                      .wake_same = Duration{0},
                      .wake_idle_short = Duration{35'000},
                      .wake_idle_long = Duration{60'000},
                      .idle_long_after = Duration{200'000},
                      .timer_slack = Duration{50'000},
                      .thread_start = Duration{35'000},
                      .thread_exit = Duration{10'000},
                      .process_start = Duration{180'000},
                      .process_exit = Duration{120'000},
                      .fork_per_mib = Duration{28'000},
                      .page_copy = Duration{3'500},
                      .page_touch = Duration{2'700},
                      .pipe_bytes_per_second = 1'800'000'000}};
}

/// A laptop in the manner of an Intel Core i7-1260P (Alder Lake, 2022) with
/// its siblings left out: 4 performance cores, 8 efficiency cores at 0.55 of
/// their speed (specification 3.3: 0.5 to 0.65).
Machine laptop_p_e() {
    Machine machine{.name = "laptop-p-e",
                    .sockets = 1,
                    .cores = 12,
                    .threads_per_core = 1,
                    .speed = {},
                    .memory = 16 * gib,
                    .costs = {}};
    machine.speed.assign(4, Speed{1'000'000});
    machine.speed.insert(machine.speed.end(), 8, Speed{550'000});
    return machine;
}

/// A laptop of 2019: 4 cores, 8 threads (Intel Core i5-8265U class).
Machine laptop_2019() {
    return {.name = "laptop-2019",
            .sockets = 1,
            .cores = 4,
            .threads_per_core = 2,
            .speed = {},
            .memory = 8 * gib,
            .costs = {}};
}

}  // namespace

Costs no_costs() {
    return {.user_operation{},
            .line_transfer{},
            .syscall{},
            .socket_call{},
            .timed_wait{},
            .futex_wait{},
            .futex_wake{},
            .wake_interrupt{},
            .futex_timer{},
            .cold_timed_wait{},
            .cold_wait{},
            .cold_wait_busy{},
            .cold_wake{},
            .cold_wake_busy{},
            .cold_send{},
            .cold_receive{},
            .cold_after{},
            .context_switch{},
            .migration{},
            .wake_same{},
            .wake_idle_brief{},
            .idle_short_after{},
            .wake_idle_short{},
            .wake_idle_long{},
            .idle_long_after{},
            .wake_spread = 0,
            .pack_below = 0,
            .new_idle_pull = 1,
            .idle_balance{},
            .timer_slack{},
            .thread_start{},
            .thread_exit{},
            .process_start{},
            .process_exit{},
            .fork_per_mib{},
            .exit_per_mib{},
            .page_copy{},
            .page_touch{},
            .pipe_bytes_per_second = 0};
}

const std::vector<MachinePreset>& machine_presets() {
    static const std::vector<MachinePreset> presets{
        {"cloud-2vcpu",
         "a virtual machine of 2 vCPUs, hand-offs between them slow (measured, spec 2.1)",
         cloud_2vcpu},
        {"i7-8700k", "a desktop of 6 cores with 12 hardware threads (Coffee Lake, 2017)", i7_8700k},
        {"laptop-2019", "a laptop of 4 cores with 8 hardware threads", laptop_2019},
        {"laptop-p-e", "a laptop of 4 performance and 8 efficiency cores", laptop_p_e},
        {"xeon-8180", "a server of 28 cores with 56 hardware threads (Skylake-SP, 2017)",
         xeon_8180},
    };
    return presets;
}

}  // namespace interlock::hardware
