#include "models/workload/amount.hpp"

#include <cmath>
#include <set>

#include "tests/support/catch.hpp"

namespace interlock::workload {
namespace {

struct Moments {
    double mean = 0;
    double cv = 0;
};

Moments moments(const Amount& amount, std::uint32_t draws = 40'000) {
    double sum = 0;
    double squares = 0;
    for (std::uint32_t visit = 0; visit < draws; ++visit) {
        const auto value = static_cast<double>(draw(amount, {.place = 3, .visit = visit}));
        sum += value;
        squares += value * value;
    }
    const auto mean = sum / draws;
    return {mean, std::sqrt(squares / draws - mean * mean) / mean};
}

}  // namespace

TEST_CASE("amount: a constant is itself, to the last ns", "[workload]") {
    constexpr std::int64_t odd = 4'611'686'018'427'387'903;  // no double is equal to it
    CHECK(draw(Amount::of(odd), {}) == odd);
    CHECK(draw({.mean = 2.6}, {}) == 3);
    CHECK(expectation(Amount::of(7)) == 7);
}

// Means within four standard errors, 4 cv / sqrt(40 000) = 2 % of the mean for cv = 1.
TEST_CASE("amount: each distribution has the mean and the spread it is asked for", "[workload]") {
    const auto exponential = moments({.shape = Shape::exponential, .mean = 1e6});
    CHECK(exponential.mean == Approx(1e6).epsilon(0.02));
    CHECK(exponential.cv == Approx(1).epsilon(0.03));

    const auto uniform = moments({.shape = Shape::uniform, .low = 1e6, .high = 3e6});
    CHECK(uniform.mean == Approx(2e6).epsilon(0.006));
    CHECK(uniform.cv == Approx(2e6 / std::sqrt(12.0) / 2e6).epsilon(0.02));

    const auto lognormal = moments({.shape = Shape::lognormal, .mean = 2e6, .parameter = 1.5});
    CHECK(lognormal.mean == Approx(2e6).epsilon(0.03));
    CHECK(lognormal.cv == Approx(1.5).epsilon(0.15));  // the tail makes it slow to settle

    // Of tail index 4: cv^2 = 1 / (4 * 2).
    const auto pareto = moments({.shape = Shape::pareto, .mean = 2e6, .parameter = 4});
    CHECK(pareto.mean == Approx(2e6).epsilon(0.01));
    CHECK(pareto.cv == Approx(std::sqrt(1.0 / 8)).epsilon(0.1));

    const auto erlang = moments({.shape = Shape::erlang, .mean = 4e6, .parameter = 4});
    CHECK(erlang.mean == Approx(4e6).epsilon(0.01));
    CHECK(erlang.cv == Approx(0.5).epsilon(0.03));

    const auto choice = moments({.shape = Shape::choice, .values = {1'000, 2'000, 6'000}});
    CHECK(choice.mean == Approx(3'000).epsilon(0.015));
}

TEST_CASE("amount: expectations", "[workload]") {
    CHECK(expectation({.shape = Shape::uniform, .low = 1, .high = 4}) == 2.5);
    CHECK(expectation({.shape = Shape::choice, .values = {1, 2, 6}}) == 3);
    CHECK(expectation({.shape = Shape::trace, .values = {1, 3}}) == 2);
    CHECK(expectation({.shape = Shape::pareto, .mean = 9, .parameter = 2}) == 9);
}

TEST_CASE("amount: a draw stays within its bounds", "[workload]") {
    for (std::uint32_t visit = 0; visit < 2000; ++visit) {
        const DrawKey key{.visit = visit};
        const auto uniform = draw({.shape = Shape::uniform, .low = 10, .high = 20}, key);
        REQUIRE(uniform >= 10);
        REQUIRE(uniform <= 20);
        REQUIRE(draw({.shape = Shape::pareto, .mean = 200, .parameter = 2}, key) >= 100);
        REQUIRE(draw({.shape = Shape::exponential, .mean = 1e300}, key) >= 0);
        REQUIRE(draw({.shape = Shape::exponential, .mean = 1e300}, key) <= std::int64_t{1} << 62);
    }
    CHECK(draw({.shape = Shape::lognormal, .mean = 500, .parameter = 0}, {}) == 500);
}

TEST_CASE("amount: a trace is gone through in turn, and again", "[workload]") {
    const Amount trace{.shape = Shape::trace, .values = {5, 6, 7}};
    CHECK(draw(trace, {.seed = 9, .instance = 4, .visit = 0}) == 5);
    CHECK(draw(trace, {.seed = 8, .instance = 3, .visit = 2}) == 7);
    CHECK(draw(trace, {.visit = 3}) == 5);
}

TEST_CASE("amount: every part of the key draws anew, and the same key the same", "[workload]") {
    const Amount amount{.shape = Shape::exponential, .mean = 1e15};
    const std::set<std::int64_t> draws{
        draw(amount, {.seed = 1}),     draw(amount, {.seed = 2}),  draw(amount, {.replication = 1}),
        draw(amount, {.instance = 1}), draw(amount, {.place = 1}), draw(amount, {.visit = 1})};
    CHECK(draws.size() == 6);
    CHECK(draw(amount, {.place = 1}) == draw(amount, {.place = 1}));
    CHECK(draw_uniform({.visit = 1}) != draw_uniform({.visit = 2}));
    CHECK(draw_uniform({}) < 1);
}

}  // namespace interlock::workload
