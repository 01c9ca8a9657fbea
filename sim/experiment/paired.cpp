#include "sim/experiment/paired.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/kernel/check.hpp"
#include "sim/kernel/random.hpp"

namespace interlock::experiment {

std::optional<stats::Interval> paired_ratio_ci95(const std::vector<double>& numerator,
                                                 const std::vector<double>& denominator) {
    kernel::check(numerator.size() == denominator.size(), "pairs have two sides");
    if (numerator.size() < 2) return std::nullopt;
    constexpr std::size_t resamples = 2000;
    constexpr std::size_t outside = resamples / 40;  // 2.5 % on either side
    // The same numbers give the same interval: the draws start at the same place each time.
    kernel::Random random(1, kernel::stream_of("bootstrap pairs"));
    std::vector<double> above(numerator.size());
    std::vector<double> below(numerator.size());
    std::vector<double> ratios(resamples);
    for (auto& ratio : ratios) {
        for (std::size_t i = 0; i < numerator.size(); ++i) {
            const auto replication = static_cast<std::size_t>(random.below(numerator.size()));
            above[i] = numerator[replication];
            below[i] = denominator[replication];
        }
        const auto divisor = stats::median(below);
        if (divisor <= 0) return std::nullopt;
        ratio = stats::median(above) / divisor;
    }
    std::sort(ratios.begin(), ratios.end());
    return stats::Interval{ratios[outside], ratios[resamples - 1 - outside]};
}

}  // namespace interlock::experiment
