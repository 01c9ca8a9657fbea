#include "models/hardware/fluid.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "models/hardware/speeds.hpp"

namespace interlock::hardware {

namespace {

/// CPUs in the order in which they are best used: of siblings one after the other, fast cores
/// first, then one socket after the other in turn.
std::vector<std::uint32_t> best_first(const Machine& machine) {
    std::vector<std::uint32_t> cpus(machine.cpus());
    std::iota(cpus.begin(), cpus.end(), 0U);
    const auto before = [&machine](std::uint32_t a, std::uint32_t b) {
        const auto sibling = [&](std::uint32_t cpu) { return cpu % machine.threads_per_core; };
        if (sibling(a) != sibling(b)) return sibling(a) < sibling(b);
        const auto speed = [&](std::uint32_t cpu) {
            return machine.speed_of_core(machine.core_of(cpu)).ppm;
        };
        if (speed(a) != speed(b)) return speed(a) > speed(b);
        const auto in_socket = [&](std::uint32_t cpu) {
            return machine.core_of(cpu) % machine.cores_per_socket();
        };
        return in_socket(a) < in_socket(b);
    };
    std::stable_sort(cpus.begin(), cpus.end(), before);
    return cpus;
}

/// C(1), C(2), … of the CPUs that there are.
std::vector<std::uint64_t> capacities(const Machine& machine) {
    Speeds speeds(machine);
    std::vector<std::uint64_t> all;
    std::uint64_t most = 0;
    const auto order = best_first(machine);
    for (std::size_t n = 1; n <= order.size(); ++n) {
        speeds.starts(order[n - 1]);
        std::uint64_t together = 0;
        for (std::size_t i = 0; i < n; ++i) together += speeds.speed(order[i]).ppm;
        most = std::max(most, together);
        all.push_back(most);
    }
    return all;
}

}  // namespace

Machine fluid(const Machine& machine, std::uint32_t threads) {
    const auto all = capacities(machine);
    auto made = machine;
    made.sockets = 1;
    made.cores = threads;
    made.threads_per_core = 1;
    made.speed.clear();
    made.smt_matrix.reset();
    made.smt_dispatch.reset();
    made.turbo.clear();
    for (std::uint64_t n = 1; n <= threads; ++n) {
        const auto share = (all[std::min<std::size_t>(n, all.size()) - 1] + n / 2) / n;
        made.turbo.push_back({static_cast<std::uint32_t>(std::max<std::uint64_t>(share, 1))});
    }
    made.costs.migration = {};
    return made;
}

std::uint64_t capacity(const Machine& machine) { return capacities(machine).back(); }

}  // namespace interlock::hardware
