#include "sim/host/figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/math/statistics/univariate_statistics.hpp>

#include "sim/kernel/check.hpp"
#include "sim/stats/median.hpp"

namespace interlock::host {

double interquartile_range(std::vector<double> samples) {
    if (samples.size() < 4) return 0;
    std::sort(samples.begin(), samples.end());
    return samples[samples.size() * 3 / 4] - samples[samples.size() / 4];
}

namespace {

constexpr double spread_max = 0.25;

}  // namespace

Figure figure(std::string name, std::string unit, std::vector<double> samples, std::string how) {
    Figure it{.name = std::move(name), .unit = std::move(unit), .how = std::move(how)};
    it.samples = samples.size();
    it.value = stats::median(samples);
    if (it.value > 0) it.spread = interquartile_range(std::move(samples)) / 2 / it.value;
    it.sound = it.samples > 0 && it.spread <= spread_max;
    return it;
}

Figure mean_figure(std::string name, std::string unit, std::vector<double> samples,
                   std::string how) {
    Figure it{.name = std::move(name), .unit = std::move(unit), .how = std::move(how)};
    it.samples = samples.size();
    std::sort(samples.begin(), samples.end());
    const auto cut = static_cast<std::ptrdiff_t>(samples.size() / 20);
    const std::vector<double> kept(samples.begin() + cut, samples.end() - cut);
    if (kept.size() < 2) {
        it.sound = false;
        return it;
    }
    namespace statistics = boost::math::statistics;
    it.value = std::max(0.0, statistics::mean(kept));
    const auto error =
        std::sqrt(statistics::sample_variance(kept) / static_cast<double>(kept.size()));
    if (it.value > 0) it.spread = error / it.value;
    it.sound = it.spread <= spread_max;
    return it;
}

Figure derived(std::string name, std::string unit, double value, const Figure& from,
               std::string how) {
    return {.name = std::move(name),
            .value = std::max(0.0, value),
            .unit = std::move(unit),
            .samples = from.samples,
            .spread = from.spread,
            .how = std::move(how),
            .sound = from.sound};
}

std::pair<double, double> linear_fit(const std::vector<std::pair<double, double>>& points) {
    double x = 0;
    double y = 0;
    for (const auto& point : points) {
        x += point.first;
        y += point.second;
    }
    const auto count = static_cast<double>(points.size());
    x /= count;
    y /= count;
    double above = 0;
    double below = 0;
    for (const auto& point : points) {
        above += (point.first - x) * (point.second - y);
        below += (point.first - x) * (point.first - x);
    }
    kernel::check(below > 0, "a line goes through points of different x");
    const auto slope = above / below;
    return {y - slope * x, slope};
}

unsigned ticks_for_run(double run, double slice) {
    constexpr std::array known{100U, 250U, 300U, 1000U};
    const auto distance = [&](unsigned hz) {
        const auto expected = std::ceil(slice * hz) / hz;
        return std::abs(std::log(run / expected));
    };
    return *std::min_element(known.begin(), known.end(),
                             [&](unsigned a, unsigned b) { return distance(a) < distance(b); });
}

double half_way(const std::vector<std::pair<double, double>>& curve) {
    kernel::check(!curve.empty(), "a curve has points");
    auto low = curve.front().second;
    auto high = low;
    for (const auto& point : curve) {
        low = std::min(low, point.second);
        high = std::max(high, point.second);
    }
    const auto middle = (low + high) / 2;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const auto& [x0, y0] = curve[i - 1];
        const auto& [x1, y1] = curve[i];
        if (y0 <= middle && y1 > middle) return x0 + (x1 - x0) * (middle - y0) / (y1 - y0);
    }
    return curve.front().first;
}

}  // namespace interlock::host
