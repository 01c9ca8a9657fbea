#include "sim/stats/median.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sim/kernel/check.hpp"
#include "sim/kernel/random.hpp"

namespace interlock::stats {

namespace {

constexpr std::size_t resamples = 2000;

/// Reorders the values.
double median_of(std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

Interval middle_95(std::vector<double> statistics) {
    std::sort(statistics.begin(), statistics.end());
    const auto outside = statistics.size() / 40;
    return {statistics[outside], statistics[statistics.size() - 1 - outside]};
}

}  // namespace

double median(std::vector<double> values) { return median_of(values); }

std::optional<Interval> bootstrap_median_ci95(const std::vector<double>& values) {
    if (values.size() < 2) return std::nullopt;
    kernel::Random random(1, kernel::stream_of("bootstrap"));
    std::vector<double> sample(values.size());
    std::vector<double> medians(resamples);
    for (auto& statistic : medians) {
        for (auto& value : sample) value = values[random.below(values.size())];
        statistic = median_of(sample);
    }
    return middle_95(std::move(medians));
}

std::optional<Interval> paired_ratio_ci95(const std::vector<double>& numerator,
                                          const std::vector<double>& denominator) {
    kernel::check(numerator.size() == denominator.size(), "pairs have two sides");
    if (numerator.size() < 2) return std::nullopt;
    kernel::Random random(1, kernel::stream_of("bootstrap pairs"));
    std::vector<double> above(numerator.size());
    std::vector<double> below(numerator.size());
    std::vector<double> ratios(resamples);
    for (auto& ratio : ratios) {
        for (std::size_t i = 0; i < numerator.size(); ++i) {
            const auto pair = static_cast<std::size_t>(random.below(numerator.size()));
            above[i] = numerator[pair];
            below[i] = denominator[pair];
        }
        const auto divisor = median_of(below);
        if (divisor <= 0) return std::nullopt;
        ratio = median_of(above) / divisor;
    }
    return middle_95(std::move(ratios));
}

}  // namespace interlock::stats
