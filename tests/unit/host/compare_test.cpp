#include "sim/host/compare.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"
#include "tests/unit/report/hand_made.hpp"

namespace interlock::host {
namespace {

using report::Fit;

/// Strategies serial and two processes, predicted to be twice as fast.
class TwoRows {
public:
    TwoRows()
        : scenario_(support::scenario(R"(
machine: {cores: 2}
interpreter: cpython-3.11
programs: {work: [{compute: 1s}]}
tasks: [{program: work, count: 2}]
strategies: [serial, {processes: 2}]
)")),
          predicted_(report::outcome_of({report::serial_row(), report::processes_row()})) {}

    std::vector<report::Measured> against(std::vector<double> serial, std::vector<double> processes,
                                          CompareOptions options = {}) const {
        options.rounds = static_cast<std::uint32_t>(serial.size());
        return compare(scenario_.cases, predicted_, {samples(serial), samples(processes)}, options);
    }

    /// A makespan a round; 0 is a disturbed one.
    static Samples samples(const std::vector<double>& makespans) {
        Samples all;
        for (std::uint32_t i = 0; i < makespans.size(); ++i) {
            if (makespans[i] == 0)
                ++all.lost;
            else
                all.kept.push_back({.replication = i, .makespan = makespans[i]});
        }
        return all;
    }

private:
    models::Scenario scenario_;
    report::Outcome predicted_;
};

TEST_CASE("compare: the error is of the speedup, signed", "[host]") {
    const auto rows = TwoRows().against({0.8, 0.8, 0.8, 0.8}, {0.5, 0.5, 0.5, 0.5});
    CHECK(rows[0].fit == Fit::baseline);
    CHECK_FALSE(rows[0].error);
    CHECK(rows[1].makespan == 0.5);
    CHECK(*rows[1].speedup == Approx(1.6));
    CHECK(*rows[1].error == Approx(0.25));  // 2 predicted: (2 - 1.6) / 1.6
    CHECK(rows[1].noise == 0);
    CHECK(rows[1].bound == Approx(0.1));
    CHECK(rows[1].fit == Fit::off);
}

TEST_CASE("compare: the bound is the larger of 10 % and twice the noise", "[host]") {
    // Odd rounds: 1.0 / 0.5 = 2; even rounds: 1.0 / 0.625 = 1.6; 2 as a prediction of 1.6 is
    // off by 25 %.
    const auto rows = TwoRows().against({1, 1, 1, 1}, {0.5, 0.625, 0.5, 0.625});
    CHECK(rows[1].noise == Approx(0.25));
    CHECK(rows[1].bound == Approx(0.5));
    CHECK(rows[1].fit == Fit::within);
}

TEST_CASE("compare: a bound that is asked for holds instead", "[host]") {
    const TwoRows rows;
    CHECK(rows.against({1, 1}, {0.52, 0.52}, {.within = 0.05})[1].fit == Fit::within);
    CHECK(rows.against({1, 1}, {0.53, 0.53}, {.within = 0.05})[1].fit == Fit::off);
}

TEST_CASE("compare: only rounds count in which both were undisturbed", "[host]") {
    const auto rows = TwoRows().against({1, 0, 1, 1, 1}, {0.5, 9, 0, 0.5, 0.5});
    CHECK(*rows[1].speedup == Approx(2));
    CHECK(rows[1].samples == 4);
}

TEST_CASE("compare: with most rounds disturbed nothing is concluded", "[host]") {
    const auto rows = TwoRows().against({1, 1, 1, 1}, {0.5, 0, 0, 0});
    CHECK(rows[1].fit == Fit::inconclusive);
    CHECK(rows[1].reason == "3 of 4 rounds were disturbed");
    CHECK_FALSE(rows[1].speedup);
    CHECK(TwoRows().against({1, 0, 0, 0}, {1, 1, 1, 1})[1].reason == "its baseline was disturbed");
}

TEST_CASE("compare: \"N workers, N times as fast\" and Amdahl's law stand beside it", "[host]") {
    const auto rows = TwoRows().against({1, 1}, {0.5, 0.5});
    CHECK(rows[1].ideal == Approx(2));
    CHECK(rows[1].amdahl == Approx(2));  // processes share no lock
}

TEST_CASE("compare: the summary counts, and means over the rows with an error", "[host]") {
    const TwoRows two;
    report::Comparison good{.backend = "builtin",
                            .predicted =
                                report::outcome_of({report::serial_row(), report::processes_row()}),
                            .measured = two.against({1, 1}, {0.5, 0.5})};
    auto bad = good;
    bad.backend = "cpython-3.11.7";
    bad.measured = two.against({0.8, 0.8}, {0.5, 0.5});
    const report::Validation validation{
        .host = {}, .scenarios = {{.scenario = "x", .file = "x.yaml", .backends = {good, bad}}}};
    const auto all = report::summary(validation);
    CHECK(all.rows == 4);
    CHECK(all.errors.cases == 2);
    CHECK(all.errors.mape == Approx(0.125));  // of 0 and 0.25
    CHECK(all.errors.max == Approx(0.25));
    CHECK(all.off == 1);
    CHECK(all.far_off == 1);
    CHECK(all.regret == 0);
    CHECK(report::summary(validation, "builtin").errors.mape == 0);
}

}  // namespace
}  // namespace interlock::host
