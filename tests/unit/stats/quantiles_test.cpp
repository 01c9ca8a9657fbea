#include "sim/stats/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/kernel/check.hpp"
#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::stats {
namespace {

Quantiles of(const std::vector<std::int64_t>& values) {
    Quantiles quantiles;
    for (const auto value : values) quantiles.add(value);
    return quantiles;
}

/// Values over many orders of magnitude.
std::vector<std::int64_t> sample(std::size_t count, std::uint64_t seed) {
    kernel::Random random(seed, kernel::stream_of("quantiles"));
    std::vector<std::int64_t> values(count);
    for (auto& value : values)
        value = static_cast<std::int64_t>(kernel::exp(30 * random.uniform()));
    return values;
}

void check_same(const Quantiles& a, const Quantiles& b) {
    CHECK(a.count() == b.count());
    CHECK(a.mean() == b.mean());
    CHECK(a.sd() == b.sd());
    CHECK(a.min() == b.min());
    CHECK(a.max() == b.max());
    for (const auto p : {0.0, 0.1, 0.5, 0.9, 0.99, 1.0}) CHECK(a.quantile(p) == b.quantile(p));
}

}  // namespace

TEST_CASE("quantiles: of nothing, all are 0", "[stats]") {
    check_same(Quantiles{}, of({}));
    CHECK(Quantiles{}.count() == 0);
    CHECK(Quantiles{}.mean() == 0);
    CHECK(Quantiles{}.sd() == 0);
    CHECK(Quantiles{}.max() == 0);
    CHECK(Quantiles{}.quantile(0.5) == 0);
}

TEST_CASE("quantiles: of a few values, by hand", "[stats]") {
    // 2 4 4 4 5 5 7 9: mean 40 / 8, squares of deviations 9 1 1 1 0 0 4 16 = 32 over 7.
    const auto quantiles = of({5, 4, 9, 2, 4, 7, 4, 5});
    CHECK(quantiles.count() == 8);
    CHECK(quantiles.mean() == 5);
    CHECK(quantiles.sd() == Approx(std::sqrt(32.0 / 7)).epsilon(1e-15));
    CHECK(quantiles.min() == 2);
    CHECK(quantiles.max() == 9);
    CHECK(quantiles.quantile(0) == 2);
    CHECK(quantiles.quantile(0.5) == 4);  // 4 of 8 are not above 4
    CHECK(quantiles.quantile(0.51) == 5);
    CHECK(quantiles.quantile(0.9) == 9);
    CHECK(quantiles.quantile(1) == 9);
}

TEST_CASE("quantiles: a value added many times is that many values", "[stats]") {
    Quantiles many;
    many.add(3, 10);
    many.add(8, 0);
    check_same(many, of({3, 3, 3, 3, 3, 3, 3, 3, 3, 3}));
    many.add(7, 1'000'000'000'000);
    CHECK(many.count() == 1'000'000'000'010);
    CHECK(many.quantile(1e-12) == 3);
    CHECK(many.quantile(0.5) == 7);
}

TEST_CASE("quantiles: exact up to 4096 values, within 2^-8 beyond", "[stats]") {
    for (const std::size_t count : {4096U, 4097U, 50'000U}) {
        CAPTURE(count);
        auto values = sample(count, 1);
        const auto quantiles = of(values);
        std::sort(values.begin(), values.end());
        for (const auto p : {0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999}) {
            const auto rank =
                static_cast<std::size_t>(std::ceil(p * static_cast<double>(count))) - 1;
            const auto expected = static_cast<double>(values[rank]);
            if (count <= 4096)
                CHECK(quantiles.quantile(p) == expected);
            else
                CHECK(std::abs(quantiles.quantile(p) - expected) <= expected / 512);
        }
        CHECK(quantiles.quantile(0) >= static_cast<double>(quantiles.min()));
        CHECK(quantiles.quantile(1) <= static_cast<double>(quantiles.max()));
    }
}

TEST_CASE("quantiles: how values are split and merged does not matter", "[stats]") {
    for (const std::size_t count : {100U, 5000U, 9000U}) {
        const auto values = sample(count, 2);
        const auto whole = of(values);
        Quantiles forward;
        Quantiles backward;
        std::vector<Quantiles> parts(7);
        for (std::size_t i = 0; i < values.size(); ++i) parts[i * i % 7].add(values[i]);
        for (std::size_t i = 0; i < 7; ++i) {
            forward.merge(parts[i]);
            backward.merge(parts[6 - i]);
        }
        check_same(forward, whole);
        check_same(backward, whole);
    }
}

TEST_CASE("quantiles: merged with itself, each value counts twice", "[stats]") {
    auto quantiles = of({1, 5, 9});
    quantiles.merge(quantiles);
    check_same(quantiles, of({1, 1, 5, 5, 9, 9}));
}

TEST_CASE("quantiles: the deviation of large values that lie close is exact", "[stats]") {
    // 10^18 + {0, 1, 2}: in doubles their squares would be one number.
    constexpr std::int64_t large = 1'000'000'000'000'000'000;
    CHECK(of({large, large + 1, large + 2}).sd() == Approx(1.0).epsilon(1e-14));
    Quantiles often;
    often.add(large, 1'000'000);
    often.add(large + 2, 1'000'000);
    CHECK(often.sd() == Approx(1.0).epsilon(1e-6));
    CHECK(often.mean() == static_cast<double>(large + 1));
}

TEST_CASE("quantiles: a negative value is our mistake", "[stats]") {
    Quantiles quantiles;
    CHECK_THROWS_AS(quantiles.add(-1), kernel::BrokenInvariant);
}

}  // namespace interlock::stats
