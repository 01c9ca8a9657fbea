#include "sim/stats/median.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

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

/// Medians of samples drawn with replacement.
class Resampler {
public:
    Resampler(const std::vector<double>& values, const char* stream)
        : values_(values), sample_(values.size()), random_(1, kernel::stream_of(stream)) {}

    double next() {
        for (auto& value : sample_) value = values_[random_.below(values_.size())];
        return median_of(sample_);
    }

private:
    const std::vector<double>& values_;
    std::vector<double> sample_;
    kernel::Random random_;
};

Interval middle_95(std::vector<double> statistics) {
    std::sort(statistics.begin(), statistics.end());
    const auto outside = statistics.size() / 40;
    return {statistics[outside], statistics[statistics.size() - 1 - outside]};
}

}  // namespace

double median(std::vector<double> values) { return median_of(values); }

std::optional<Interval> bootstrap_median_ci95(const std::vector<double>& values) {
    if (values.size() < 2) return std::nullopt;
    Resampler resampler(values, "bootstrap");
    std::vector<double> medians(resamples);
    for (auto& statistic : medians) statistic = resampler.next();
    return middle_95(std::move(medians));
}

std::optional<Interval> bootstrap_ratio_ci95(const std::vector<double>& numerator,
                                             const std::vector<double>& denominator) {
    if (numerator.size() < 2 || denominator.size() < 2) return std::nullopt;
    Resampler above(numerator, "bootstrap numerator");
    Resampler below(denominator, "bootstrap denominator");
    std::vector<double> ratios(resamples);
    for (auto& ratio : ratios) {
        const auto divisor = below.next();
        if (divisor == 0) return std::nullopt;
        ratio = above.next() / divisor;
    }
    return middle_95(std::move(ratios));
}

}  // namespace interlock::stats
