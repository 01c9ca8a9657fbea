#pragma once

// How fast each hardware thread goes, given which of them run.
//
//   speed = speed of the core                          alone on its core
//         = speed of the core * 2 * smt_speed / k      with k of its siblings running, itself
//         included
//
// With two hardware threads a core that is `smt_speed` each; with more, the
// yield of the core stays that of two. Left out: turbo, classes of work, the
// share of memory bandwidth.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/hardware/machine.hpp"

namespace interlock::hardware {

class Speeds {
public:
    explicit Speeds(const Machine& machine)
        : threads_per_core_(machine.threads_per_core), smt_(machine.smt_speed),
          busy_(machine.cores, 0) {
        for (std::uint32_t cpu = 0; cpu < machine.cpus(); ++cpu)
            core_of_.push_back(machine.core_of(cpu));
        for (std::uint32_t core = 0; core < machine.cores; ++core)
            cores_.push_back(machine.speed_of_core(core));
        fastest_ = *std::max_element(cores_.begin(), cores_.end());
    }

    std::uint32_t core_of(std::uint32_t cpu) const { return core_of_[cpu]; }
    std::uint32_t threads_per_core() const { return threads_per_core_; }
    Speed speed_of_core(std::uint32_t core) const { return cores_[core]; }
    Speed fastest() const { return fastest_; }

    void starts(std::uint32_t cpu) { ++busy_[core_of(cpu)]; }
    void stops(std::uint32_t cpu) { --busy_[core_of(cpu)]; }
    bool core_idle(std::uint32_t core) const { return busy_[core] == 0; }

    Speed speed(std::uint32_t cpu) const {
        const auto core = core_of(cpu);
        const auto running = busy_[core];
        if (running < 2) return cores_[core];
        constexpr std::uint64_t one = 1'000'000;
        const std::uint64_t divisor = one * running;
        const std::uint64_t product = std::uint64_t{cores_[core].ppm} * smt_.ppm * 2;
        return {static_cast<std::uint32_t>((product + divisor / 2) / divisor)};
    }

private:
    std::uint32_t threads_per_core_;
    Speed smt_;
    std::vector<std::uint32_t> core_of_;  // a CPU's; a division on the path of a switch is felt
    std::vector<Speed> cores_;
    Speed fastest_{};
    std::vector<std::uint32_t> busy_;  // hardware threads that run, a core each
};

}  // namespace interlock::hardware
