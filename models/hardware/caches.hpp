#pragma once

// Whose data are in which cache: a thread is slow until its own are there.
//
//   factor on its speed = cold_speed     until it has run for `warmup` there
//                         1              then, until its data are thrown out
//
// CPUs that share a cache are a domain. A thread that runs there with a working set is
// cold at first, and the time for which it runs counts; it counts on when the thread
// comes back. After `warmup` of it the set comes in, and while all that are in are
// larger together than the cache, the one that came in first goes out. Its thread is
// cold again, and its time counts from nothing. A set that is larger than the cache
// throws out all the others, then itself.
//
// A set is known by its thread and its size: a step that states another size works on
// other data, and what the thread had there before is gone. Steps without a set leave
// everything as it is.
//
// Source: R. and A. Arpaci-Dusseau, Operating Systems: Three Easy Pieces, the class
// `cache` of cpu-sched-multi/multi.py. Its list has the order of coming in, not of the
// last use, and so has ours. Otherwise than there, time is not cut into units, and a
// thread that exits takes its set along at once.
//
// Left out: that a set comes in piece by piece and helps before it is complete, that
// others push it out piece by piece, several levels, data that threads have in common
// or write to each other's loss, and what a miss asks of the memory's bandwidth.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/hardware/machine.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::hardware {

class Caches {
public:
    /// The machine must have a cache.
    explicit Caches(const Machine& machine);

    /// CPUs whose cold() or warm_at() may have changed, some perhaps twice. Until the next call.
    using Changed = std::vector<std::uint32_t>;

    /// From now on the CPU runs the thread, on a working set of so many bytes; 0: without.
    const Changed& runs(std::uint32_t cpu, std::uint32_t thread, std::uint64_t working_set,
                        kernel::Time now);
    /// It runs nothing.
    const Changed& stops(std::uint32_t cpu, kernel::Time now);
    /// Its time has come: warm_at() of that CPU.
    const Changed& warms(std::uint32_t cpu, kernel::Time now);
    /// A thread that runs nowhere and never will.
    void exits(std::uint32_t thread);

    bool cold(std::uint32_t cpu) const { return cpus_[cpu].cold; }
    /// When who runs there has run for long enough.
    std::optional<kernel::Time> warm_at(std::uint32_t cpu) const;

private:
    /// Of a thread, in a domain.
    struct Visit {
        std::uint64_t set = 0;
        kernel::Duration ran{};  ///< while cold
        bool warm = false;
    };
    struct Domain {
        std::unordered_map<std::uint32_t, Visit> visits;  // only looked up
        std::vector<std::uint32_t> warm;                  // the first that came in first
        std::uint64_t used = 0;
    };
    struct Cpu {
        kernel::Maybe<std::uint32_t> thread;  ///< with a working set
        std::uint64_t set = 0;
        bool cold = false;
        kernel::Time since{};  ///< counted until then
    };

    Domain& domain_of(std::uint32_t cpu) { return domains_[cpu / width_]; }
    void begin(std::uint32_t cpu, std::uint32_t thread, std::uint64_t set, kernel::Time now);
    void end(std::uint32_t cpu, kernel::Time now);
    void count(std::uint32_t cpu, kernel::Time now);
    void come_in(std::uint32_t cpu, kernel::Time now);
    void throw_out_first(std::uint32_t domain, kernel::Time now);
    static void forget(Domain& domain, std::uint32_t thread);

    CpuCache cache_;
    std::uint32_t width_;  // of a domain, in CPUs
    std::vector<Domain> domains_;
    std::vector<Cpu> cpus_;
    Changed changed_;
};

}  // namespace interlock::hardware
