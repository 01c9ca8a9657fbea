#pragma once

// What a speedup is against: the strategy that `baseline` names; else the first
// of the same interpreter, machine and os; where that one did not end, the first
// that did. It is the ratio of the median makespans; its interval comes from
// pairs of replications of the same number, which did the same work.

#include <vector>

#include "models/predict.hpp"
#include "models/scenario.hpp"
#include "sim/report/outcome.hpp"

namespace interlock::experiment {

/// Fills baseline, speedup, its interval, efficiency and speedup_upper of all
/// rows. The three are in step: `results[i]` are the replications of `cases[i]`.
void relate(const std::vector<models::Case>& cases,
            const std::vector<std::vector<models::Result>>& results,
            std::vector<report::StrategyOutcome>& rows);

}  // namespace interlock::experiment
