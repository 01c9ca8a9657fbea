#include "sim/report/expect.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/report/hand_made.hpp"

namespace interlock::report {

using namespace std::chrono_literals;

namespace {

models::Expectation about(const std::string& strategy, const std::string& field) {
    models::Expectation wanted;
    wanted.strategy = strategy;
    wanted.field = field;
    wanted.source = "a book";
    wanted.where = "x.yaml:7:3";
    return wanted;
}

Outcome two_rows() {
    auto threads = threads_row();
    threads.threads = {thread("main", 2ms), thread("v1.2 worker", 9ms)};
    return outcome_of({serial_row(), threads});
}

std::string found(const std::string& field) {
    return judge({about("threads: 2", field)}, two_rows()).front().found;
}

}  // namespace

TEST_CASE("expect: a path goes by field, by number and by name", "[report]") {
    CHECK(found("speedup") == "1");
    CHECK(found("lock.held_share") == "0.998");
    CHECK(found("threads.0.running_s") == "0.002");
    CHECK(found("threads.main.running_s") == "0.002");
    CHECK(found("threads.v1.2 worker.running_s") == "0.009");  // the dot belongs to the name
    CHECK(found("ended") == "done");
    CHECK(found("quota") == "null");
}

TEST_CASE("expect: a path that leads nowhere is not met, and says what there is", "[report]") {
    const auto verdict = judge({about("threads: 2", "bounds.speed")}, two_rows()).front();
    CHECK_FALSE(verdict.met);
    CHECK(verdict.found == "not there: no field 'speed', but makespan_lower_s or speedup_upper");
    CHECK(found("threads.7.running_s") ==
          "not there: no field '7', but a name or a number below 2");
    CHECK(found("speedup.x") == "not there: no field 'x', but a single value");
}

TEST_CASE("expect: bounds hold at their edge", "[report]") {
    const auto met = [](auto set) {
        auto wanted = about("threads: 2", "lock.held_share");  // is 0.998
        set(wanted);
        return judge({wanted}, two_rows()).front().met;
    };
    CHECK(met([](auto& wanted) { wanted.at_least = 0.998; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.at_least = 0.999; }));
    CHECK(met([](auto& wanted) { wanted.at_most = 0.998; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.at_most = 0.997; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.at_least = 0.9, wanted.at_most = 0.95; }));
    CHECK(met([](auto& wanted) { wanted.equals = 0.998; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.equals = 1.0; }));
    CHECK(met([](auto& wanted) { wanted.equals = 1.0, wanted.within = 0.01; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.equals = 1.0, wanted.within = 0.001; }));
    CHECK_FALSE(met([](auto& wanted) { wanted.text = "0.998"; }));
}

TEST_CASE("expect: null meets no bound", "[report]") {
    auto wanted = about("threads: 2", "makespan_ci95_s");
    wanted.at_least = 0;
    CHECK_FALSE(judge({wanted}, two_rows()).front().met);
}

TEST_CASE("expect: a line says what was found, wanted, by whom, and where if unmet", "[report]") {
    auto met = about("threads: 2", "speedup");
    met.at_most = 1.0;
    auto unmet = about("threads: 2", "makespan_s");
    unmet.equals = 0.008;
    unmet.within = 0.2;
    const auto verdicts = judge({met, unmet}, two_rows());
    CHECK(verdicts_text(verdicts) ==
          "met: speedup of 'threads: 2' is 1, expected at most 1 (a book)\n"
          "x.yaml:7:3: not met: makespan_s of 'threads: 2' is 0.5, expected 0.008 within 20 % (a "
          "book)\n");
    CHECK(unmet_text(verdicts) == "x.yaml:7:3: not met: makespan_s of 'threads: 2' is 0.5, "
                                  "expected 0.008 within 20 % (a book)\n");
    CHECK_FALSE(ended_well(two_rows(), verdicts));
}

TEST_CASE("expect: a deadlock that was asked for is a good end", "[report]") {
    auto row = serial_row();
    row.ended = models::Ended::deadlock;
    const auto outcome = outcome_of({row, threads_row()});
    CHECK_FALSE(ended_well(outcome, {}));
    auto wanted = about("serial", "ended");
    wanted.text = "deadlock";
    CHECK(ended_well(outcome, judge({wanted}, outcome)));
    wanted.strategy = "threads: 2";
    CHECK_FALSE(ended_well(outcome, judge({wanted}, outcome)));
}

TEST_CASE("expect: a cell that cannot be is no failure", "[report]") {
    auto row = serial_row();
    row.ended = models::Ended::unavailable;
    CHECK(ended_well(outcome_of({row, threads_row()}), {}));
    CHECK_FALSE(ended_well(outcome_of({row}), {}));  // unless none can
}

}  // namespace interlock::report
