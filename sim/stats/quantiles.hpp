#pragma once

// The distribution of many values that are not negative: how many, how large
// on the average, how far apart, and which value so many lie below.
//
//   mean = sum x / n        sd = sqrt((n sum x^2 - (sum x)^2) / (n (n - 1)))
//
// The sums are integers, so they are exact and do not depend on the order in
// which values come or are merged. Up to `exact_max` values are kept as they
// are; more are counted in buckets of one value each below 256, and above of a
// width of 2^-8 of their lower end: a quantile is then off by at most 0.2 %.
// Which of the two it is depends on the number of values alone.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/wide.hpp"

namespace interlock::stats {

class Quantiles {
public:
    static constexpr std::size_t exact_max = 4096;

    /// `value` must not be negative.
    void add(std::int64_t value, std::uint64_t times = 1);
    void merge(const Quantiles& other);

    /// Of no values, all that follow are 0.
    std::uint64_t count() const { return count_; }
    double mean() const;
    double sd() const;  ///< of the sample; 0 for a single value
    std::int64_t min() const { return min_; }
    std::int64_t max() const { return max_; }
    /// The least value that at least a share `p` of all do not exceed.
    double quantile(double p) const;

private:
    bool exact() const { return buckets_.empty(); }
    void count_in_bucket(std::int64_t value, std::uint64_t times);
    void leave_exact();
    void add_square(kernel::Wide high, kernel::Wide low);

    std::uint64_t count_ = 0;
    std::int64_t min_ = 0;
    std::int64_t max_ = 0;
    kernel::Wide sum_ = 0;
    kernel::Wide squares_low_ = 0;
    kernel::Wide squares_high_ = 0;
    mutable std::vector<std::int64_t> values_;  // while exact; sorted when first asked
    mutable bool sorted_ = true;
    std::vector<std::uint64_t> buckets_;  // empty while exact
};

}  // namespace interlock::stats
