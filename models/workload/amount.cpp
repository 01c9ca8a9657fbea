#include "models/workload/amount.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/random.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::workload {

namespace {

constexpr auto amounts = kernel::stream_of("amount");
constexpr auto branches = kernel::stream_of("choose");

constexpr double amount_max = 0x1p62;

/// `part` tells the draws of one amount from each other.
std::uint64_t bits(const DrawKey& key, std::uint64_t use, std::uint64_t part = 0) {
    return kernel::at(key.seed, use, std::uint64_t{key.part} << 32 | part,
                      std::uint64_t{key.replication} << 32 | key.instance,
                      std::uint64_t{key.place} << 32 | key.visit);
}

/// Never 0 and never 1, where the logarithm and the quantiles have no value.
double open_uniform(std::uint64_t bits) {
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

double draw_open(const DrawKey& key, std::uint64_t part = 0) {
    return open_uniform(bits(key, amounts, part));
}

/// exp(N(mu, sigma^2)) with sigma^2 = log(1 + cv^2), mu = log(mean) - sigma^2 / 2.
double draw_lognormal(const Amount& amount, const DrawKey& key) {
    const auto variance = kernel::log(1 + amount.parameter * amount.parameter);
    const auto normal = kernel::normal_quantile(draw_open(key));
    return amount.mean * kernel::exp(std::sqrt(variance) * normal - variance / 2);
}

/// least u^(-1 / a), whose mean is least a / (a - 1).
double draw_pareto(const Amount& amount, const DrawKey& key) {
    const auto least = amount.mean * (amount.parameter - 1) / amount.parameter;
    return least * kernel::pow(draw_open(key), -1 / amount.parameter);
}

double draw_erlang(const Amount& amount, const DrawKey& key) {
    const auto stages = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(amount.parameter));
    double logarithms = 0;
    for (std::uint64_t stage = 0; stage < stages; ++stage)
        logarithms -= kernel::log(draw_open(key, stage));
    return amount.mean / static_cast<double>(stages) * logarithms;
}

std::int64_t draw_choice(const Amount& amount, const DrawKey& key) {
    return amount.values[static_cast<std::uint64_t>(
        kernel::Wide{bits(key, amounts)} * amount.values.size() >> 64)];
}

std::int64_t rounded(double value) { return std::llround(std::clamp(value, 0.0, amount_max)); }

}  // namespace

std::int64_t draw(const Amount& amount, const DrawKey& key) {
    switch (amount.shape) {
    case Shape::constant:
        return amount.values.empty() ? rounded(amount.mean) : amount.values.front();
    case Shape::uniform: return rounded(amount.low + (amount.high - amount.low) * draw_open(key));
    case Shape::exponential: return rounded(-amount.mean * kernel::log(draw_open(key)));
    case Shape::lognormal: return rounded(draw_lognormal(amount, key));
    case Shape::pareto: return rounded(draw_pareto(amount, key));
    case Shape::erlang: return rounded(draw_erlang(amount, key));
    case Shape::choice: return draw_choice(amount, key);
    case Shape::trace: return amount.values[key.visit % amount.values.size()];
    }
    return 0;
}

double expectation(const Amount& amount) {
    switch (amount.shape) {
    case Shape::uniform: return (amount.low + amount.high) / 2;
    case Shape::choice:
    case Shape::trace:
        return std::accumulate(amount.values.begin(), amount.values.end(), 0.0) /
               static_cast<double>(amount.values.size());
    default: return amount.mean;
    }
}

double draw_uniform(const DrawKey& key) { return kernel::to_uniform(bits(key, branches)); }

}  // namespace interlock::workload
