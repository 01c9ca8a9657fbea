#include "models/throughput.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "models/hardware/siblings.hpp"
#include "models/workload/uses.hpp"

namespace interlock::models {

namespace {

using namespace workload;

constexpr std::uint64_t full_speed = 1'000'000;

std::vector<std::uint64_t> speeds(const hardware::Machine& machine) {
    std::vector<std::uint64_t> all;
    for (std::uint32_t core = 0; core < machine.cores; ++core)
        all.push_back(machine.speed_of_core(core).ppm);
    return all;
}

/// At most what a core of the machine does of this work with several threads, in ppm of what
/// it does with one.
std::uint64_t yield_of_core(const hardware::Machine& machine, const Workload& work) {
    std::array<bool, work_classes> used{};
    for (const auto& program : work.programs)
        any_step(program.steps, [&](const StepKind& kind) {
            if (const auto* footprint = footprint_of(kind))
                used[static_cast<std::size_t>(footprint->work_class)] = true;
            return false;  // goes on
        });
    return hardware::Siblings(machine).yield_max(used);
}

/// What cores of these speeds gain by second threads.
std::vector<std::uint64_t> gains_of_siblings(const hardware::Machine& machine, std::uint64_t yield,
                                             const std::vector<std::uint64_t>& cores) {
    std::vector<std::uint64_t> gains;
    if (machine.threads_per_core == 1 || yield <= full_speed) return gains;
    // Each sibling's speed is rounded to a whole ppm.
    for (const auto core : cores)
        gains.push_back(core * (yield - full_speed) / full_speed + machine.threads_per_core);
    return gains;
}

std::vector<std::uint64_t> sums_of_best(std::vector<std::uint64_t> values) {
    std::sort(values.rbegin(), values.rend());
    std::vector<std::uint64_t> sums{0};
    for (const auto value : values) sums.push_back(sums.back() + value);
    return sums;
}

std::uint64_t turbo_of(const hardware::Machine& machine, std::size_t active) {
    const auto& turbo = machine.turbo;
    if (turbo.empty()) return full_speed;
    return turbo[std::min(active, turbo.size()) - 1].ppm;
}

/// What so many CPUs of a socket with these cores get through, in ppm: on so many of the best
/// cores as is best, first a core each, then as second threads what those add.
std::uint64_t throughput_of_socket(const hardware::Machine& machine, std::size_t threads,
                                   const std::vector<std::uint64_t>& cores,
                                   const std::vector<std::uint64_t>& siblings) {
    std::uint64_t best = 0;
    for (std::size_t active = 1; active < cores.size() && active <= threads; ++active) {
        const auto second = std::min({threads - active, active, siblings.size() - 1});
        const auto all = cores[active] + siblings[second];
        // Each core's speed is rounded to a whole ppm.
        best = std::max(best, all * turbo_of(machine, active) / full_speed + active + 1);
    }
    return best;
}

}  // namespace

Throughput::Throughput(const hardware::Machine& machine, const Workload& work)
    : machine_(machine), yield_(yield_of_core(machine, work)) {}

/// The best ones taken, on the best sockets.
std::uint64_t Throughput::with_turbo(std::uint64_t workers) const {
    const auto& machine = machine_;
    const auto all = speeds(machine);
    const auto width = machine.cores_per_socket();
    const auto most = std::min<std::uint64_t>(workers, machine.cpus());
    std::vector<std::uint64_t> best{0};  // by threads, on the sockets looked at
    for (std::uint32_t first = 0; first < machine.cores; first += width) {
        const std::vector<std::uint64_t> own(all.begin() + first, all.begin() + first + width);
        const auto cores = sums_of_best(own);
        const auto siblings = sums_of_best(gains_of_siblings(machine, yield_, own));
        const auto here = std::min<std::uint64_t>(most, machine.cpus() / machine.sockets);
        std::vector<std::uint64_t> next(std::min<std::uint64_t>(most, best.size() - 1 + here) + 1);
        for (std::size_t threads = 0; threads <= here; ++threads) {
            const auto gain = throughput_of_socket(machine, threads, cores, siblings);
            for (std::size_t i = 0; i < best.size() && i + threads < next.size(); ++i)
                next[i + threads] = std::max(next[i + threads], best[i] + gain);
        }
        best = std::move(next);
    }
    return *std::max_element(best.begin(), best.end());
}

/// First a core each, then as second threads what those add; the best ones taken.
std::uint64_t Throughput::of(std::uint64_t workers) const {
    if (!machine_.turbo.empty()) return with_turbo(workers);
    auto gains = speeds(machine_);
    const auto siblings = gains_of_siblings(machine_, yield_, gains);
    gains.insert(gains.end(), siblings.begin(), siblings.end());
    std::sort(gains.rbegin(), gains.rend());
    gains.resize(std::min<std::uint64_t>(gains.size(), workers));
    return std::accumulate(gains.begin(), gains.end(), std::uint64_t{0});
}

std::uint64_t Throughput::alone() const {
    const auto all = speeds(machine_);
    const auto product = *std::max_element(all.begin(), all.end()) * turbo_of(machine_, 1);
    return (product + full_speed / 2) / full_speed;
}

}  // namespace interlock::models
