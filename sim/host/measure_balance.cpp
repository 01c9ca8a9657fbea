// How long a thread waits for a busy CPU beside one that has gone idle.

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "sim/host/clocks.hpp"
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

}  // namespace

void measure_balance(Measurements& it) {
    if (it.cpus.size() < 2) return;
    constexpr int trials = 40;
    constexpr double at_once = 1e6;
    std::vector<double> later;
    for (int i = 0; i < trials; ++i) {
        const auto took = until_pulled(it.cpus[0], it.cpus[1]);
        if (took > at_once) later.push_back(took);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
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
