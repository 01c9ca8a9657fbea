#include "sim/host/measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <thread>
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
    for (const auto& [name, member] : cost_figures())
        if (member != nullptr) set(costs.*member, figures, name);
    if (const auto* spread = find(figures, "wake_spread")) costs.wake_spread = spread->value;
    if (const auto* pack = find(figures, "pack_below")) costs.pack_below = pack->value;
    if (const auto* pull = find(figures, "new_idle_pull")) costs.new_idle_pull = pull->value;
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
    if (siblings == 1 && cpus % 2 == 0 && beside != nullptr && beside->sound &&
        beside->value < slowed) {
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

const std::vector<CostFigure>& cost_figures() {
    using hardware::Costs;
    static const std::vector<CostFigure> all{{"user_operation", &Costs::user_operation},
                                             {"line_transfer", &Costs::line_transfer},
                                             {"syscall", &Costs::syscall},
                                             {"socket_call", &Costs::socket_call},
                                             {"timed_wait", &Costs::timed_wait},
                                             {"futex_wait", &Costs::futex_wait},
                                             {"futex_wake", &Costs::futex_wake},
                                             {"wake_interrupt", &Costs::wake_interrupt},
                                             {"futex_timer", &Costs::futex_timer},
                                             {"cold_timed_wait", &Costs::cold_timed_wait},
                                             {"cold_wait", &Costs::cold_wait},
                                             {"cold_wait_busy", &Costs::cold_wait_busy},
                                             {"cold_wake", &Costs::cold_wake},
                                             {"cold_wake_busy", &Costs::cold_wake_busy},
                                             {"cold_send", &Costs::cold_send},
                                             {"cold_receive", &Costs::cold_receive},
                                             {"context_switch", &Costs::context_switch},
                                             {"migration", &Costs::migration},
                                             {"wake_same", &Costs::wake_same},
                                             {"wake_idle_brief", &Costs::wake_idle_brief},
                                             {"idle_short_after", &Costs::idle_short_after},
                                             {"wake_idle_short", &Costs::wake_idle_short},
                                             {"wake_idle_long", &Costs::wake_idle_long},
                                             {"idle_long_after", &Costs::idle_long_after},
                                             {"wake_spread", nullptr},
                                             {"pack_below", nullptr},
                                             {"new_idle_pull", nullptr},
                                             {"idle_balance", &Costs::idle_balance},
                                             {"timer_slack", &Costs::timer_slack},
                                             {"timer_interrupt", &Costs::timer_interrupt},
                                             {"cold_timer", &Costs::cold_timer},
                                             {"thread_start", &Costs::thread_start},
                                             {"thread_exit", &Costs::thread_exit},
                                             {"process_start", &Costs::process_start},
                                             {"process_exit", &Costs::process_exit},
                                             {"fork_per_mib", &Costs::fork_per_mib},
                                             {"exit_per_mib", &Costs::exit_per_mib},
                                             {"page_copy", &Costs::page_copy},
                                             {"page_touch", &Costs::page_touch},
                                             {"pipe", nullptr}};
    return all;
}

const Figure& figure_named(const std::vector<Figure>& figures, const std::string& name) {
    const auto* it = find(figures, name);
    kernel::check(it != nullptr, "a figure that is asked for was measured");
    return *it;
}

double Measurements::value(const std::string& name) const {
    const auto* it = find(figures, name);
    return it == nullptr ? 0 : it->value;
}

void Measurements::rest(std::chrono::milliseconds time) const {
    if (interrupts != nullptr)
        interrupts->check(time);
    else
        std::this_thread::sleep_for(time);
}

namespace {

/// Shares of the CPUs' time.
struct Disturbed {
    double others = 0;
    double stolen = 0;

    bool is() const { return others > 0.05 || stolen > 0.01; }
    bool worse_than(const Disturbed& it) const { return others + stolen > it.others + it.stolen; }
};

/// A part of the measurements, again if it was disturbed, at most twice and not
/// after `end`: the quietest counts.
Disturbed measure_part(void (*part)(Measurements&), Measurements& all, std::size_t cpus,
                       double end) {
    constexpr int tries = 3;
    const auto without = all;
    std::optional<Disturbed> least;
    for (int i = 0; i < tries && (!least || (least->is() && wall_ns() < end)); ++i) {
        auto with = without;
        const auto before = disturbance();
        const auto begin = wall_ns();
        with.rest();
        part(with);
        const auto after = disturbance();
        const auto cpu_time = (wall_ns() - begin) / 1e9 * static_cast<double>(cpus);
        const Disturbed now{.others = others_cpu(before, after) / cpu_time,
                            .stolen = steal_share(before, after)};
        if (least && !least->worse_than(now)) continue;
        least = now;
        all = std::move(with);
    }
    return *least;
}

}  // namespace

HostFigures measure_host(const Environment& environment, const Parts& progress,
                         const Interrupts* interrupts) {
    HostFigures it;
    Measurements all{.cpus = usable_cpus(environment, it), .interrupts = interrupts};
    Disturbed worst;
    // The parts take 10 s of it, once each.
    const auto no_more = wall_ns() + 20e9;
    constexpr std::array parts{measure_cpus, measure_wakes, measure_cold, measure_balance,
                               measure_starts};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto part = measure_part(
            parts.at(i), all, std::max<std::size_t>(environment.allowed.size(), 1), no_more);
        if (part.worse_than(worst)) worst = part;
        if (progress) progress(i + 1, parts.size());
    }
    if (worst.is())
        it.warnings.push_back(fmt::format(
            "others had {:.0f} % of the CPUs' time, a hypervisor {:.1f} %: measure again when it "
            "is quiet",
            worst.others * 100, worst.stolen * 100));
    it.figures = std::move(all.figures);
    it.machine.name = "host";
    it.machine.costs = costs_of(it.figures);
    it.machine.costs_origin = "calibrated";
    shape(it, environment);
    ticks(it, environment);
    return it;
}

}  // namespace interlock::host
