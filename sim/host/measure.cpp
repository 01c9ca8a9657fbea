#include "sim/host/measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sim/host/clocks.hpp"
#include "sim/host/measure_parts.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::host {

namespace {

using kernel::Duration;

const Figure* find(const std::vector<Figure>& figures, const std::string& name) {
    for (const auto& one : figures)
        if (one.name == name) return &one;
    return nullptr;
}

void set(Duration& cost, const std::vector<Figure>& figures, const std::string& name) {
    if (const auto* it = find(figures, name)) cost = Duration{std::llround(it->value)};
}

hardware::Costs costs_of(const std::vector<Figure>& figures) {
    hardware::Costs costs;
    set(costs.user_operation, figures, "user_operation");
    set(costs.line_transfer, figures, "line_transfer");
    set(costs.syscall, figures, "syscall");
    set(costs.socket_call, figures, "socket_call");
    set(costs.clock_read, figures, "clock_read");
    set(costs.futex_wait, figures, "futex_wait");
    set(costs.futex_wake, figures, "futex_wake");
    set(costs.wake_interrupt, figures, "wake_interrupt");
    set(costs.cold_call, figures, "cold_call");
    set(costs.cold_after, figures, "cold_after");
    set(costs.context_switch, figures, "context_switch");
    set(costs.migration, figures, "migration");
    set(costs.wake_same, figures, "wake_same");
    set(costs.wake_idle_brief, figures, "wake_idle_brief");
    set(costs.idle_short_after, figures, "idle_short_after");
    set(costs.wake_idle_short, figures, "wake_idle_short");
    set(costs.wake_idle_long, figures, "wake_idle_long");
    set(costs.idle_long_after, figures, "idle_long_after");
    set(costs.timer_slack, figures, "timer_slack");
    set(costs.thread_start, figures, "thread_start");
    set(costs.thread_exit, figures, "thread_exit");
    set(costs.process_start, figures, "process_start");
    set(costs.process_exit, figures, "process_exit");
    set(costs.fork_per_mib, figures, "fork_per_mib");
    set(costs.exit_per_mib, figures, "exit_per_mib");
    set(costs.page_copy, figures, "page_copy");
    set(costs.page_touch, figures, "page_touch");
    if (const auto* spread = find(figures, "wake_spread")) costs.wake_spread = spread->value;
    if (const auto* pipe = find(figures, "pipe"))
        costs.pipe_bytes_per_second = static_cast<std::uint64_t>(pipe->value);
    return costs;
}

/// Of the CPUs that we may use; siblings as the kernel tells them, or as they
/// behave: a hypervisor may hide them.
void shape(HostFigures& it, const Environment& host) {
    auto& machine = it.machine;
    const auto cpus = static_cast<std::uint32_t>(std::max<std::size_t>(host.allowed.size(), 1));
    std::uint32_t siblings = 1;
    for (const auto& group : host.siblings) {
        const auto usable = std::count_if(group.begin(), group.end(), [&](std::uint32_t cpu) {
            return std::find(host.allowed.begin(), host.allowed.end(), cpu) != host.allowed.end();
        });
        siblings = std::max(siblings, static_cast<std::uint32_t>(usable));
    }
    constexpr double slowed = 0.92;
    const auto* beside = find(it.figures, "speed_beside");
    if (siblings == 1 && cpus % 2 == 0 && beside != nullptr && beside->value < slowed) {
        it.warnings.push_back(
            fmt::format("the kernel shows no siblings, but CPUs slow each other to {:.0f} %: taken "
                        "for hardware threads of one core",
                        beside->value * 100));
        siblings = 2;
    }
    if (cpus % siblings != 0) siblings = 1;
    machine.threads_per_core = siblings;
    machine.cores = cpus / siblings;
    machine.sockets = machine.cores % host.sockets == 0 ? host.sockets : 1;
    if (siblings > 1 && beside != nullptr)
        machine.smt_speed = {
            static_cast<std::uint32_t>(std::llround(std::clamp(beside->value, 0.001, 1.0) * 1e6))};
    if (host.memory > 0) machine.memory = host.memory;
    if (host.quota)
        it.warnings.push_back(
            fmt::format("a quota of {:.2f} CPUs is not modelled yet; predictions will be too good",
                        *host.quota));
}

void ticks(HostFigures& it, const Environment& host) {
    const auto* run = find(it.figures, "run_length");
    if (run == nullptr || run->value <= 0) return;
    // Base slice of EEVDF: 0.7 ms times 1 + log2 of the CPUs, 8 at most (specification 1.1).
    const auto cpus = std::clamp<std::size_t>(host.online.size(), 1, 8);
    const auto slice = 0.0007 * (1 + std::floor(std::log2(static_cast<double>(cpus))));
    it.os.hz = ticks_for_run(run->value / 1e9, slice);
}

/// Two CPUs that threads can be pinned to, or none.
std::vector<std::uint32_t> usable_cpus(const Environment& host, HostFigures& it) {
    if (host.allowed.size() < 2) {
        it.warnings.emplace_back("only one CPU may be used: what happens between CPUs keeps the "
                                 "model's defaults");
        return {};
    }
    const Pinned pinned(host.allowed.front());
    if (!pinned.works()) {
        it.warnings.emplace_back("affinity may not be set: what happens between CPUs keeps the "
                                 "model's defaults");
        return {};
    }
    return host.allowed;
}

}  // namespace

const Figure& figure_named(const std::vector<Figure>& figures, const std::string& name) {
    const auto* it = find(figures, name);
    kernel::check(it != nullptr, "a figure that is asked for was measured");
    return *it;
}

double Measurements::value(const std::string& name) const {
    const auto* it = find(figures, name);
    return it == nullptr ? 0 : it->value;
}

HostFigures measure_host(const Environment& environment, const Parts& progress,
                         const Interrupts* interrupts) {
    HostFigures it;
    Measurements all{.cpus = usable_cpus(environment, it)};
    const auto before = disturbance();
    const auto begin = wall_ns();
    constexpr std::array parts{measure_cpus, measure_wakes, measure_starts};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (interrupts != nullptr) interrupts->check();
        parts.at(i)(all);
        if (progress) progress(i + 1, parts.size());
    }
    const auto after = disturbance();
    const auto cpu_time = (wall_ns() - begin) / 1e9 *
                          static_cast<double>(std::max<std::size_t>(environment.allowed.size(), 1));
    const auto others = others_cpu(before, after) / cpu_time;
    const auto stolen = steal_share(before, after);
    constexpr double disturbed = 0.05;
    if (others > disturbed || stolen > disturbed / 5)
        it.warnings.push_back(fmt::format(
            "others had {:.0f} % of the CPUs' time, a hypervisor {:.1f} %: measure again when it "
            "is quiet",
            others * 100, stolen * 100));
    it.figures = std::move(all.figures);
    it.machine.name = "host";
    it.machine.costs = costs_of(it.figures);
    it.machine.costs_origin = "calibrated";
    shape(it, environment);
    ticks(it, environment);
    return it;
}

}  // namespace interlock::host
