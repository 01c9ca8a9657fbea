#pragma once

// How well predictions fit measurements. All numbers are above 0.

#include <cstddef>
#include <vector>

namespace interlock::stats {

/// Signed: (predicted - measured) / measured.
double relative_error(double predicted, double measured);

struct Accuracy {
    std::size_t cases = 0;
    double mape = 0;  ///< mean absolute error, as a share
    double p90 = 0;   ///< of the absolute errors: the least that 90 % do not pass
    double max = 0;
};

/// Of signed errors; all 0 for none.
Accuracy accuracy(const std::vector<double>& errors);

/// Spearman's: the correlation of ranks, ties sharing their mean rank. Of one
/// size. 0 for fewer than two pairs, or where all of one side are equal.
/// Source: Spearman, "The proof and measurement of association between two
/// things", 1904; Kendall, "Rank correlation methods", 1948, for ties.
double rank_correlation(const std::vector<double>& left, const std::vector<double>& right);

/// What following the predictions costs: measured time of the one that was
/// predicted to be the quickest, against the quickest measured, minus 1. Of one
/// size; 0 for none.
double regret(const std::vector<double>& predicted, const std::vector<double>& measured);

}  // namespace interlock::stats
