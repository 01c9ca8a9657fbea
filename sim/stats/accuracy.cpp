#include "sim/stats/accuracy.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "sim/kernel/check.hpp"

namespace interlock::stats {

namespace {

/// From 1; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t first = 0; first < order.size();) {
        auto last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
        const auto shared = static_cast<double>(first + last) / 2 + 1;
        for (; first <= last; ++first) result[order[first]] = shared;
    }
    return result;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double relative_error(double predicted, double measured) {
    return (predicted - measured) / measured;
}

Accuracy accuracy(const std::vector<double>& errors) {
    if (errors.empty()) return {};
    std::vector<double> sizes;
    sizes.reserve(errors.size());
    for (const auto error : errors) sizes.push_back(std::abs(error));
    std::sort(sizes.begin(), sizes.end());
    // The nearest rank: ceil(0.9 n), in integers.
    const auto rank = (sizes.size() * 9 + 9) / 10;
    return {
        .cases = sizes.size(), .mape = mean(sizes), .p90 = sizes[rank - 1], .max = sizes.back()};
}

double rank_correlation(const std::vector<double>& left, const std::vector<double>& right) {
    kernel::check(left.size() == right.size(), "ranks are compared of pairs");
    if (left.size() < 2) return 0;
    const auto a = ranks(left);
    const auto b = ranks(right);
    const auto middle = mean(a);
    double product = 0;
    double of_a = 0;
    double of_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += (a[i] - middle) * (b[i] - middle);
        of_a += (a[i] - middle) * (a[i] - middle);
        of_b += (b[i] - middle) * (b[i] - middle);
    }
    return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

double regret(const std::vector<double>& predicted, const std::vector<double>& measured) {
    kernel::check(predicted.size() == measured.size(), "each prediction was measured");
    if (predicted.empty()) return 0;
    const auto chosen = std::min_element(predicted.begin(), predicted.end()) - predicted.begin();
    return measured[static_cast<std::size_t>(chosen)] /
               *std::min_element(measured.begin(), measured.end()) -
           1;
}

}  // namespace interlock::stats
