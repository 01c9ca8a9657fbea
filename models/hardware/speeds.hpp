#pragma once

// How fast each hardware thread goes, given which of them run and what.
//
//   speed = speed of the core
//         x factor of the siblings       that run beside it: siblings.hpp
//         x turbo[cores that are active] of its socket; without a table 1
//         x cold_speed of the cache      while its data are not there: caches.hpp
//         x factor of the memory         while they are on another node and not in the
//                                        cache, for work of class memory: memory.hpp
//
// in ppm, multiplied exactly and rounded once. A core is active while one of its
// hardware threads runs. Work that moves b bytes a second at full speed asks for
// b x speed of the memory's bandwidth, and where its share (memory.hpp) is less
//
//   speed = share / b                    rounded down: no more is moved than can be
//
// Left out: that turbo falls with time as the package heats up.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/hardware/memory.hpp"
#include "models/hardware/siblings.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::hardware {

class Speeds {
public:
    /// `footprints`: of the work that there is, the first that of nothing in particular.
    explicit Speeds(const Machine& machine, std::vector<workload::Footprint> footprints =
                                                std::vector<workload::Footprint>(1));

    std::uint32_t core_of(std::uint32_t cpu) const { return core_of_[cpu]; }
    std::uint32_t threads_per_core() const { return threads_per_core_; }
    Speed speed_of_core(std::uint32_t core) const { return cores_[core]; }
    Speed fastest() const { return fastest_; }
    bool uneven_cores() const { return slowest_ < fastest_; }

    /// Whether some depend on what work it is.
    bool minds_work() const { return minds_work_; }
    /// Whether some share the memory's bandwidth.
    bool shares() const { return shares_; }
    /// Whether some are slow until their data are in a cache.
    bool minds_caches() const { return minds_caches_; }
    /// Whether some are slow where their data are on another node.
    bool minds_nodes() const { return minds_nodes_; }
    const workload::Footprint& footprint(std::uint32_t number) const { return footprints_[number]; }

    /// Who else may go at another speed now.
    enum class Reach : std::uint8_t { nobody, core, socket };
    Reach starts(std::uint32_t cpu) {
        ++busy_[core_of(cpu)];
        return fixed_ ? Reach::nobody : started(cpu);
    }
    Reach stops(std::uint32_t cpu) {
        --busy_[core_of(cpu)];
        return fixed_ ? Reach::nobody : stopped(cpu);
    }
    bool core_idle(std::uint32_t core) const { return busy_[core] == 0; }

    /// What a CPU that runs works on, by its footprint's number.
    std::uint32_t work_of(std::uint32_t cpu) const { return work_[cpu]; }
    void set_work(std::uint32_t cpu, std::uint32_t footprint) {
        end(cpu);
        begin(cpu, footprint);
    }

    /// Whether the data of what it runs are still to come into its cache.
    void set_cold(std::uint32_t cpu, bool cold) { cold_[cpu] = cold; }

    std::uint32_t node_of(std::uint32_t cpu) const { return core_of(cpu) / cores_per_node_; }
    /// Where the data of what it runs lie; whether that is another place than before.
    bool set_home(std::uint32_t cpu, Home home) { return std::exchange(homes_[cpu], home) != home; }

    /// Shares the memory's bandwidth out anew. Until then speeds are by the old shares.
    void share_bandwidth();
    /// The CPUs that move data, in no order.
    const std::vector<std::uint32_t>& streams() const { return streams_; }

    Speed speed(std::uint32_t cpu) const {
        if (plain_) [[likely]]
            return by_place_[place(cpu)];
        return combined(cpu);
    }
    /// By its core and the siblings there: what another place would change.
    Speed by_place(std::uint32_t cpu) const {
        return by_place_.empty() ? rounded(of_place(cpu)) : by_place_[place(cpu)];
    }

    /// The CPUs of its socket: from the first until before the last.
    std::uint32_t socket_begin(std::uint32_t cpu) const {
        return socket_of_core(core_of(cpu)) * cpus_per_socket();
    }
    std::uint32_t cpus_per_socket() const { return cores_per_socket_ * threads_per_core_; }

private:
    std::size_t place(std::uint32_t cpu) const {
        const auto core = core_of(cpu);
        return std::size_t{core} * (threads_per_core_ + 1) + busy_[core];
    }
    Reach started(std::uint32_t cpu);
    Reach stopped(std::uint32_t cpu);
    static Speed rounded(const Ratio& ratio);
    Ratio of_place(std::uint32_t cpu) const;
    bool waits_for_memory(std::uint32_t cpu) const;
    Speed before_sharing(std::uint32_t cpu) const;
    Speed combined(std::uint32_t cpu) const;

    std::uint32_t socket_of_core(std::uint32_t core) const { return core / cores_per_socket_; }
    Speed turbo(std::uint32_t active) const {
        if (active == 0) return turbo_.front();
        return turbo_[std::min<std::size_t>(active, turbo_.size()) - 1];
    }
    void begin(std::uint32_t cpu, std::uint32_t footprint);
    void end(std::uint32_t cpu);

    std::uint32_t threads_per_core_;
    std::uint32_t cores_per_socket_;
    std::uint32_t cores_per_node_;
    Siblings siblings_;
    Memory memory_;
    std::vector<Speed> turbo_;
    std::vector<workload::Footprint> footprints_;
    bool fixed_;
    bool minds_work_ = false;
    bool shares_ = false;
    bool minds_caches_ = false;
    bool minds_nodes_ = false;
    bool plain_ = false;                  // nothing but cores and siblings counts
    std::vector<std::uint32_t> core_of_;  // a CPU's; a division on the path of a switch is felt
    std::vector<Speed> cores_;
    Speed fastest_{};
    Speed slowest_{};
    std::vector<Speed> by_place_;  // of a core, while so many of its threads run; empty: by class
    std::vector<std::uint32_t> busy_;        // hardware threads that run, a core each
    std::vector<std::uint32_t> active_;      // cores that run something, a socket each
    std::vector<Siblings::Counts> running_;  // by class, a core each
    std::vector<std::uint32_t> work_;        // a CPU each
    std::vector<bool> cold_;                 // likewise
    Speed cold_speed_{};
    std::vector<Home> homes_;  // likewise
    std::vector<std::uint32_t> streams_;
    std::vector<kernel::Wide> granted_;  // a CPU of them each, in bytes a second x ppm
    std::vector<Memory::Stream> flows_;  // of `streams_`, while they are shared out
};

}  // namespace interlock::hardware
