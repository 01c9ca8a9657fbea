#pragma once

// How sure a speedup is, where both strategies did the same work.
//
//   ratio    = median(numerator) / median(denominator)
//   interval = 2.5 % and 97.5 % of that ratio over 2000 samples of pairs
//
// A sample draws the numbers of replications, and takes both makespans of each
// (Efron, Tibshirani: "An introduction to the bootstrap", 1993, chapters 8 and
// 13). What a replication drew lengthens both and cancels out; samples drawn
// apart (stats::bootstrap_ratio_ci95) would count it twice.

#include <optional>
#include <vector>

#include "sim/stats/median.hpp"

namespace interlock::experiment {

/// The two are in step. None for fewer than 2 pairs, or where a median to divide by
/// is 0.
std::optional<stats::Interval> paired_ratio_ci95(const std::vector<double>& numerator,
                                                 const std::vector<double>& denominator);

}  // namespace interlock::experiment
