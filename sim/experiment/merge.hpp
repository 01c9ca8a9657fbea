#pragma once

// From replications to one row: a figure is the median over the replications,
// percentiles are pooled, threads and tasks are replication 0's.
//
// Counts take the lower of two middle values, so that they stay whole.
// A strategy is done if all its replications are; else it ended as the first
// that was not.

#include <vector>

#include "models/predict.hpp"
#include "models/scenario.hpp"
#include "sim/report/outcome.hpp"

namespace interlock::experiment {

/// One row without its speedup, which needs the other rows. There is at least
/// one result, unless the case is unavailable.
report::StrategyOutcome merge(const models::Case& question,
                              const std::vector<models::Result>& results);

}  // namespace interlock::experiment
