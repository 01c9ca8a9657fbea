// What samples are made into.

#include <cmath>
#include <vector>

#include "sim/host/figure.hpp"
#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

TEST_CASE("figure: a mean leaves out the least and the greatest twentieth", "[host]") {
    // 18 samples of 90 and 110 in turn between two that were disturbed: the mean of the 18 is 100,
    // their sample deviation sqrt(18 / 17) * 10, its error that by sqrt(18).
    std::vector<double> samples{-5'000, 90'000};
    for (int i = 0; i < 9; ++i) samples.insert(samples.end(), {90, 110});
    const auto it = mean_figure("cold_wait", "ns", samples, "");
    CHECK(it.samples == 20);
    CHECK(it.value == Approx(100));
    CHECK(it.spread == Approx(10 / std::sqrt(17.0) / 100));
    CHECK(it.sound);
}

TEST_CASE("figure: a mean below 0 is none, and one sample is not sound", "[host]") {
    CHECK(mean_figure("cold_wait", "ns", {-3, -1}, "").value == 0);
    CHECK_FALSE(mean_figure("cold_wait", "ns", {3}, "").sound);
}

}  // namespace
}  // namespace interlock::host
