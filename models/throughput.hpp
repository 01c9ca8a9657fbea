#pragma once

// What CPUs of a machine get through together at most, for bounds: the work of a
// workload alone is counted, of whatever else runs nothing but that it may be there.

#include <cstdint>

#include "models/hardware/machine.hpp"
#include "models/workload/program.hpp"

namespace interlock::models {

/// In ppm of what one core does at full speed.
class Throughput {
public:
    /// `machine` must outlive it.
    Throughput(const hardware::Machine& machine, const workload::Workload& work);

    /// So many CPUs.
    std::uint64_t of(std::uint64_t workers) const;
    /// A thread alone on the machine.
    std::uint64_t alone() const;

private:
    std::uint64_t with_turbo(std::uint64_t workers) const;

    const hardware::Machine& machine_;
    std::uint64_t yield_;  ///< of a core with several threads
};

}  // namespace interlock::models
