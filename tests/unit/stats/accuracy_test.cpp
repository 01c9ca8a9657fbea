#include "sim/stats/accuracy.hpp"

#include "tests/support/catch.hpp"

namespace interlock::stats {
namespace {

TEST_CASE("accuracy: an error is signed, and a share of what was measured", "[stats]") {
    CHECK(relative_error(1.5, 2.0) == Approx(-0.25));
    CHECK(relative_error(2.5, 2.0) == Approx(0.25));
}

TEST_CASE("accuracy: the mean and the largest are of absolute errors", "[stats]") {
    const auto it = accuracy({0.1, -0.3, 0.0, 0.2});
    CHECK(it.cases == 4);
    CHECK(it.mape == Approx(0.15));  // 0.6 / 4
    CHECK(it.max == Approx(0.3));
    CHECK(it.p90 == Approx(0.3));  // the 4th of 4: ceil(3.6)
    CHECK(accuracy({}).cases == 0);
}

TEST_CASE("accuracy: nine of ten do not pass the p90", "[stats]") {
    CHECK(accuracy({0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.5}).p90 ==
          Approx(0.09));
}

TEST_CASE("accuracy: the rank correlation sees order alone", "[stats]") {
    CHECK(rank_correlation({1, 2, 3}, {10, 20, 9000}) == Approx(1));
    CHECK(rank_correlation({1, 2, 3}, {3, 2, 1}) == Approx(-1));
    // Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * (4 * 1) / (4 * 15) = 0.6.
    CHECK(rank_correlation({1, 2, 3, 4}, {2, 1, 4, 3}) == Approx(0.6));
    // Ties share 1.5: (-1)(-0.5) + 0(-0.5) + 1 * 1 = 1.5; sqrt(2 * 1.5) = 1.732.
    CHECK(rank_correlation({1, 2, 3}, {5, 5, 7}) == Approx(0.8660254));
    CHECK(rank_correlation({1, 2}, {5, 5}) == 0);
    CHECK(rank_correlation({1}, {1}) == 0);
}

TEST_CASE("accuracy: regret is what the choice by prediction costs", "[stats]") {
    // The second was predicted to be the quickest; the third was.
    CHECK(regret({3, 1, 2}, {9, 6, 5}) == Approx(0.2));
    CHECK(regret({1, 2}, {1, 2}) == 0);
    CHECK(regret({}, {}) == 0);
}

}  // namespace
}  // namespace interlock::stats
