#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "models/scenario.hpp"
#include "sim/kernel/trace.hpp"
#include "sim/report/outcome.hpp"

namespace interlock::experiment {

/// Told after each replication, from one thread at a time. What it throws gives the run up.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

struct RunOptions {
    Progress progress;
    /// Readers of the records of replication 0: none, or one a case.
    std::vector<kernel::TraceSink*> sinks;
};

/// Simulates every replication of every case, on all cores; the same outcome
/// on any number of them. Throws kernel::BrokenInvariant, with what it takes
/// to replay it.
report::Outcome run(const models::Scenario& scenario, const RunOptions& options = {});

/// Replications of a case where neither scenario nor command line say:
/// 20 where anything is drawn, else 1.
std::uint32_t replications_of(const models::Scenario& scenario, const models::Case& question);

}  // namespace interlock::experiment
