#include "sim/experiment/paired.hpp"

#include "tests/support/catch.hpp"

namespace interlock::experiment {

TEST_CASE("paired: what lengthens both sides alike leaves the ratio certain", "[experiment]") {
    // Tenfold spread of the makespans, and each pair's ratio is 4.
    const auto interval = paired_ratio_ci95({4, 8, 12, 40}, {1, 2, 3, 10});
    REQUIRE(interval);
    CHECK(interval->low == 4);
    CHECK(interval->high == 4);
}

TEST_CASE("paired: the interval lies among the ratios and holds that of the medians",
          "[experiment]") {
    // Ratios 2, 3 and 4 over the same denominator; medians 3 / 1.
    const auto interval = paired_ratio_ci95({2, 3, 4}, {1, 1, 1});
    REQUIRE(interval);
    CHECK(interval->low == 2);  // all three draws, or two of them, are the first: 7 in 27
    CHECK(interval->high == 4);
}

TEST_CASE("paired: the same numbers give the same interval", "[experiment]") {
    const auto one = paired_ratio_ci95({5, 7, 9, 6}, {2, 3, 5, 4});
    const auto other = paired_ratio_ci95({5, 7, 9, 6}, {2, 3, 5, 4});
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->low == other->low);
    CHECK(one->high == other->high);
}

TEST_CASE("paired: one pair says nothing, and nothing is divided by 0", "[experiment]") {
    CHECK_FALSE(paired_ratio_ci95({4}, {2}));
    CHECK_FALSE(paired_ratio_ci95({4, 4}, {0, 0}));
}

}  // namespace interlock::experiment
