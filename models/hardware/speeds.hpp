#pragma once

// How fast each hardware thread goes, given which of them run.
//
//   speed = speed of the core
//         x 2 smt_speed / k              where k >= 2 of its siblings run, itself included
//         x turbo[cores that are active] of its socket; without a table 1
//
// in ppm, multiplied exactly and rounded once. With two hardware threads a core
// that is `smt_speed` each; with more, the yield of the core stays that of two.
// A core is active while one of its hardware threads runs. Left out: that turbo
// falls with time as the package heats up, classes of work, the share of memory
// bandwidth.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/hardware/machine.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::hardware {

class Speeds {
public:
    explicit Speeds(const Machine& machine)
        : threads_per_core_(machine.threads_per_core),
          cores_per_socket_(machine.cores_per_socket()), smt_(machine.smt_speed),
          turbo_(machine.turbo), busy_(machine.cores, 0), active_(machine.sockets, 0) {
        for (std::uint32_t cpu = 0; cpu < machine.cpus(); ++cpu)
            core_of_.push_back(machine.core_of(cpu));
        for (std::uint32_t core = 0; core < machine.cores; ++core) {
            cores_.push_back(machine.speed_of_core(core));
            for (std::uint32_t k = 0; k <= threads_per_core_; ++k)
                by_place_.push_back(combined(cores_.back(), smt_, k, Speed{}));
        }
        fastest_ = *std::max_element(cores_.begin(), cores_.end());
    }

    std::uint32_t core_of(std::uint32_t cpu) const { return core_of_[cpu]; }
    std::uint32_t threads_per_core() const { return threads_per_core_; }
    Speed speed_of_core(std::uint32_t core) const { return cores_[core]; }
    Speed fastest() const { return fastest_; }

    /// Whether none depends on what else runs.
    bool fixed() const { return threads_per_core_ == 1 && turbo_.empty(); }

    /// Whether it changed the speed of all that run on its socket.
    bool starts(std::uint32_t cpu) {
        const auto core = core_of(cpu);
        if (++busy_[core] > 1 || turbo_.empty()) return false;
        const auto active = active_[socket_of_core(core)]++;
        return turbo(active) != turbo(active + 1);
    }
    /// Likewise.
    bool stops(std::uint32_t cpu) {
        const auto core = core_of(cpu);
        if (--busy_[core] > 0 || turbo_.empty()) return false;
        const auto active = --active_[socket_of_core(core)];
        return turbo(active) != turbo(active + 1);
    }
    bool core_idle(std::uint32_t core) const { return busy_[core] == 0; }

    Speed speed(std::uint32_t cpu) const {
        if (turbo_.empty()) return by_place(cpu);
        return boosted(cpu);
    }
    /// By its core and the siblings there: what another place would change.
    Speed by_place(std::uint32_t cpu) const {
        const auto core = core_of(cpu);
        return by_place_[core * (threads_per_core_ + 1) + busy_[core]];
    }

    /// The CPUs of its socket: from the first until before the last.
    std::uint32_t socket_begin(std::uint32_t cpu) const {
        return socket_of_core(core_of(cpu)) * cpus_per_socket();
    }
    std::uint32_t cpus_per_socket() const { return cores_per_socket_ * threads_per_core_; }

private:
    static constexpr std::uint64_t one = 1'000'000;

    static Speed rounded(kernel::Wide value, kernel::Wide divisor) {
        const auto ppm = (value + divisor / 2) / divisor;
        return {static_cast<std::uint32_t>(std::max<kernel::Wide>(ppm, 1))};
    }
    /// A core's, while so many of its threads run, with so much turbo.
    static Speed combined(Speed core, Speed smt, std::uint32_t running, Speed turbo) {
        const auto boosted = kernel::Wide{core.ppm} * turbo.ppm;
        if (running < 2) return rounded(boosted, one);
        return rounded(boosted * smt.ppm * 2, kernel::Wide{one} * one * running);
    }

    std::uint32_t socket_of_core(std::uint32_t core) const { return core / cores_per_socket_; }
    Speed turbo(std::uint32_t active) const {
        if (active == 0) return turbo_.front();
        return turbo_[std::min<std::size_t>(active, turbo_.size()) - 1];
    }
    Speed boosted(std::uint32_t cpu) const {
        const auto core = core_of(cpu);
        return combined(cores_[core], smt_, busy_[core], turbo(active_[socket_of_core(core)]));
    }

    std::uint32_t threads_per_core_;
    std::uint32_t cores_per_socket_;
    Speed smt_;
    std::vector<Speed> turbo_;
    std::vector<std::uint32_t> core_of_;  // a CPU's; a division on the path of a switch is felt
    std::vector<Speed> cores_;
    Speed fastest_{};
    std::vector<Speed> by_place_;        // of a core, while so many of its threads run
    std::vector<std::uint32_t> busy_;    // hardware threads that run, a core each
    std::vector<std::uint32_t> active_;  // cores that run something, a socket each
};

}  // namespace interlock::hardware
