#include "sim/stats/median.hpp"

#include <vector>

#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::stats {

TEST_CASE("median: the middle, or the mean of the two in the middle", "[stats]") {
    CHECK(median({}) == 0);
    CHECK(median({3}) == 3);
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({9, 1, 5, 6}) == 5.5);
}

TEST_CASE("median: no interval from fewer than two values", "[stats]") {
    CHECK_FALSE(bootstrap_median_ci95({}));
    CHECK_FALSE(bootstrap_median_ci95({1}));
}

TEST_CASE("median: equal values leave no doubt", "[stats]") {
    const auto interval = bootstrap_median_ci95({4, 4, 4});
    REQUIRE(interval);
    CHECK(interval->low == 4);
    CHECK(interval->high == 4);
}

TEST_CASE("median: the same values give the same interval", "[stats]") {
    const std::vector<double> values{1, 2, 3, 5, 8, 13};
    CHECK(bootstrap_median_ci95(values)->low == bootstrap_median_ci95(values)->low);
    CHECK(bootstrap_median_ci95(values)->high == bootstrap_median_ci95(values)->high);
}

TEST_CASE("median: the interval holds the true median about 95 times of 100", "[stats]") {
    kernel::Random random(1, kernel::stream_of("coverage"));
    int inside = 0;
    int ratio_inside = 0;
    constexpr int trials = 40;
    for (int i = 0; i < trials; ++i) {
        std::vector<double> a(20);
        std::vector<double> b(20);
        for (auto& value : a) value = 10 + kernel::normal_quantile(random.uniform() + 0x1p-54);
        for (auto& value : b) value = 5 + kernel::normal_quantile(random.uniform() + 0x1p-54) / 2;
        const auto interval = bootstrap_median_ci95(a);
        inside += interval->low <= 10 && 10 <= interval->high ? 1 : 0;
        const auto ratio = paired_ratio_ci95(a, b);
        ratio_inside += ratio->low <= 2 && 2 <= ratio->high ? 1 : 0;
    }
    // 95 % of 40 is 38, with a standard deviation of 1.4; the method is a little off.
    CHECK(inside >= 34);
    CHECK(ratio_inside >= 34);
}

TEST_CASE("median: of pairs, what lengthens both sides alike leaves the ratio certain", "[stats]") {
    // Tenfold spread of the makespans, and each pair's ratio is 4.
    const auto interval = paired_ratio_ci95({4, 8, 12, 40}, {1, 2, 3, 10});
    REQUIRE(interval);
    CHECK(interval->low == 4);
    CHECK(interval->high == 4);
}

TEST_CASE("median: of pairs, the interval lies among the ratios and holds that of the medians",
          "[stats]") {
    // Ratios 2, 3 and 4 over the same denominator; medians 3 / 1.
    const auto interval = paired_ratio_ci95({2, 3, 4}, {1, 1, 1});
    REQUIRE(interval);
    CHECK(interval->low == 2);  // all three draws, or two of them, are the first: 7 in 27
    CHECK(interval->high == 4);
}

TEST_CASE("median: of pairs, the same numbers give the same interval", "[stats]") {
    const auto one = paired_ratio_ci95({5, 7, 9, 6}, {2, 3, 5, 4});
    const auto other = paired_ratio_ci95({5, 7, 9, 6}, {2, 3, 5, 4});
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->low == other->low);
    CHECK(one->high == other->high);
}

TEST_CASE("median: of pairs, one pair says nothing, and nothing is divided by 0", "[stats]") {
    CHECK_FALSE(paired_ratio_ci95({4}, {2}));
    CHECK_FALSE(paired_ratio_ci95({4, 4}, {0, 0}));
}

}  // namespace interlock::stats
