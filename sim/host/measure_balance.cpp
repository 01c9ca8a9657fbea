// Whether woken threads leave a busy CPU for an idle one, and how long they wait for it otherwise.

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "sim/host/clocks.hpp"
#include "sim/host/futex.hpp"
#include "sim/host/measure_parts.hpp"

namespace interlock::host {

namespace {

/// Two threads compute on the first CPU and may go to the second, on which a third
/// one ends: ns from its end until one of the two runs there.
double until_pulled(std::uint32_t first, std::uint32_t second) {
    constexpr double busy = 10e6;
    constexpr double patience = 100e6;
    std::atomic<int> ready{0};
    std::atomic<double> ended{0};
    std::atomic<double> moved{0};
    const auto meet = [&] {
        ++ready;
        while (ready < 3) {
        }
    };
    const auto compute = [&] {
        const Pinned pinned(first);
        meet();
        Pinned::allow({first, second});
        const auto last = wall_ns() + busy + patience;
        while (moved == 0 && wall_ns() < last)
            if (sched_getcpu() == static_cast<int>(second)) {
                double none = 0;
                moved.compare_exchange_strong(none, wall_ns());
            }
    };
    {
        const std::jthread a(compute);
        const std::jthread b(compute);
        const std::jthread c([&] {
            const Pinned pinned(second);
            meet();
            spin_ns(busy);
            ended = wall_ns();
        });
    }
    return moved == 0 ? patience : std::max(0.0, moved - ended);
}

/// How much of a CPU was used of late (the kernel's average, whose weights halve every 32 ms) that
/// for long has been busy for `busy` and idle for `idle` ns in turn, when it becomes busy.
double use_after(double busy, double idle) {
    const auto kept = [](double ns) { return std::exp2(-ns / 32e6); };
    return (1 - kept(busy)) * kept(idle) / (1 - kept(busy + idle));
}

/// A thread on the first CPU, busy for `busy` and idle for `idle` ns in turn, wakes another that
/// last ran there and may go to the second, idle one: how often it does.
double share_that_leaves(std::uint32_t first, std::uint32_t second, double busy, double idle) {
    constexpr std::uint32_t settling = 20;
    constexpr std::uint32_t trials = 10;
    constexpr double patience = 1e6;
    constexpr int nowhere = -1;
    std::atomic<std::uint32_t> wakes{0};
    std::atomic<int> ran_on{nowhere};
    const std::jthread woken([&] {
        for (std::uint32_t seen = 0; seen < settling + trials; ++seen) {
            Pinned::move(first);
            Pinned::allow({first, second});
            while (wakes == seen) futex_wait(wakes, seen);
            ran_on = sched_getcpu();
        }
    });
    const Pinned pinned(first);
    std::uint32_t left = 0;
    for (std::uint32_t i = 0; i < settling + trials; ++i) {
        spin_ns(busy);
        std::this_thread::sleep_for(std::chrono::nanoseconds(std::llround(idle)));
        spin_ns(50e3);
        ran_on = nowhere;
        ++wakes;
        futex_wake(wakes);
        const auto last = wall_ns() + patience;
        while (ran_on == nowhere && wall_ns() < last) {
        }
        if (i >= settling && ran_on == static_cast<int>(second)) ++left;
        while (ran_on == nowhere) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return static_cast<double>(left) / trials;
}

/// The use of its CPU from which a woken thread leaves it for an idle one: 0 if it always does, or
/// never.
Figure pack_below(const Measurements& it) {
    constexpr double period = 10e6;
    constexpr int steps = 9;
    std::vector<std::pair<double, double>> leaving;
    for (int i = 1; i <= steps; ++i) {
        it.rest();
        const auto busy = period * i / (steps + 1);
        const auto idle = period - busy;
        leaving.emplace_back(use_after(busy, idle),
                             share_that_leaves(it.cpus[0], it.cpus[1], busy, idle));
    }
    const bool packs = leaving.front().second < 0.5 && leaving.back().second > 0.5;
    return {.name = "pack_below",
            .value = packs ? half_way(leaving) : 0,
            .unit = "ratio",
            .samples = leaving.size(),
            .how = "use of its CPU from which a woken thread leaves it for an idle one"};
}

}  // namespace

void measure_balance(Measurements& it) {
    if (it.cpus.size() < 2) return;
    it.add(pack_below(it));
    constexpr int trials = 40;
    constexpr double at_once = 1e6;
    std::vector<double> later;
    for (int i = 0; i < trials; ++i) {
        const auto took = until_pulled(it.cpus[0], it.cpus[1]);
        if (took > at_once) later.push_back(took);
        it.rest(std::chrono::milliseconds(5));
    }
    it.add({.name = "new_idle_pull",
            .value = 1 - static_cast<double>(later.size()) / trials,
            .unit = "ratio",
            .samples = trials,
            .how = "how often one of two threads on a CPU is within 1 ms on another that went "
                   "idle"});
    it.add(figure("idle_balance", "ns", later, "how long it takes otherwise"));
}

}  // namespace interlock::host
