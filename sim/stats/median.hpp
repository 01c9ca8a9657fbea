#pragma once

// The middle of a few numbers, and how sure it is.
//
// Intervals are percentile bootstraps (Efron, Tibshirani: "An introduction to
// the bootstrap", 1993, chapter 13): the statistic of 2000 samples drawn from
// the sample, and the 2.5 % and 97.5 % of them. The draws are our own and start
// at the same place each time, so the same numbers give the same interval.
//
// Left out: the bias of the percentile method for small samples; of 20 values
// it covers about 93 % where 95 % are claimed.

#include <optional>
#include <vector>

namespace interlock::stats {

struct Interval {
    double low = 0;
    double high = 0;
};

/// The mean of the two in the middle for an even number; 0 for none.
double median(std::vector<double> values);

/// None for fewer than 2 values.
std::optional<Interval> bootstrap_median_ci95(const std::vector<double>& values);

/// Of median(numerator) / median(denominator), of pairs: replication i of the
/// one and of the other drew the same work, so a sample takes both sides of
/// each pair that it draws (ibid., chapter 8). What lengthens both cancels out;
/// drawn apart it would count twice. The two are of one size. None for fewer
/// than 2 pairs, or where a median to divide by is 0.
std::optional<Interval> paired_ratio_ci95(const std::vector<double>& numerator,
                                          const std::vector<double>& denominator);

}  // namespace interlock::stats
