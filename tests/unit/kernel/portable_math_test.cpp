#include "sim/kernel/portable_math.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::kernel {
namespace {

double relative_error(double found, double expected) {
    return expected == 0 ? std::abs(found) : std::abs(found - expected) / std::abs(expected);
}

/// The distribution function whose inverse the quantile is.
double normal_below(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace

TEST_CASE("portable math: log and exp agree with the C library's to a few bits", "[kernel]") {
    Random random(1, stream_of("math"));
    double log_error = 0;
    double exp_error = 0;
    for (int i = 0; i < 200'000; ++i) {
        const auto power = -700 + 1400 * random.uniform();
        const auto near_one = 0.5 + random.uniform();
        exp_error = std::max(exp_error, relative_error(kernel::exp(power), std::exp(power)));
        log_error = std::max(
            log_error, relative_error(kernel::log(std::exp(power)), std::log(std::exp(power))));
        log_error = std::max(log_error, relative_error(kernel::log(near_one), std::log(near_one)));
    }
    CHECK(exp_error < 4e-16);
    CHECK(log_error < 4e-16);
}

TEST_CASE("portable math: the edges of log and exp", "[kernel]") {
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    CHECK(kernel::log(1) == 0);
    CHECK(kernel::log(0) == -infinity);
    CHECK(std::isnan(kernel::log(-1)));
    CHECK(kernel::log(infinity) == infinity);
    CHECK(kernel::log(5e-324) == Approx(std::log(5e-324)).epsilon(1e-15));
    CHECK(kernel::exp(0) == 1);
    CHECK(kernel::exp(710) == infinity);
    CHECK(kernel::exp(-746) == 0);
    CHECK(kernel::exp(-infinity) == 0);
    CHECK(kernel::exp(709.7) == Approx(std::exp(709.7)).epsilon(1e-15));
    CHECK(kernel::exp(-740) == Approx(std::exp(-740)).margin(5e-324));
}

TEST_CASE("portable math: pow is good to 1e-14 where draws use it", "[kernel]") {
    Random random(2, stream_of("math"));
    double error = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto x = random.uniform() + 0x1p-53;
        const auto y = -1 / (1 + random.uniform() * 5);
        error = std::max(error, relative_error(kernel::pow(x, y), std::pow(x, y)));
    }
    CHECK(error < 1e-14);
    CHECK(kernel::pow(0, 2) == 0);
    CHECK(kernel::pow(7, 0) == 1);
}

TEST_CASE("portable math: the quantile undoes the normal distribution", "[kernel]") {
    CHECK(normal_quantile(0.5) == 0);
    // Abramowitz and Stegun, table 26.5 and 26.6.
    CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-14));
    CHECK(normal_quantile(0.999) == Approx(3.090232306167813).epsilon(1e-14));
    CHECK(normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-13));
    CHECK(std::isinf(normal_quantile(0)));
    CHECK(std::isinf(normal_quantile(1)));
    Random random(3, stream_of("math"));
    double error = 0;
    double asymmetry = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto tail = kernel::exp(-40 * random.uniform()) / 2;
        error = std::max(error, relative_error(normal_below(normal_quantile(tail)), tail));
        const auto p = 0x1p-20 + random.uniform() * 0.4;  // 1 - (1 - p) is p to 2^-33
        asymmetry =
            std::max(asymmetry, relative_error(-normal_quantile(1 - p), normal_quantile(p)));
    }
    CHECK(error < 2e-13);
    CHECK(asymmetry < 1e-10);
}

// Bits worked out once; another compiler or library must find the same.
TEST_CASE("portable math: the same bits everywhere", "[kernel]") {
    std::uint64_t bits = 0;
    Random random(4, stream_of("math"));
    for (int i = 0; i < 1000; ++i) {
        const auto u = random.uniform() + 0x1p-53;
        for (const auto value :
             {kernel::log(u), kernel::exp(3 * u), kernel::pow(u, -0.7), normal_quantile(u / 2)})
            bits = at(bits, std::bit_cast<std::uint64_t>(value));
    }
    CHECK(bits == 0x26cf89a40d0ea6ed);
}

}  // namespace interlock::kernel
