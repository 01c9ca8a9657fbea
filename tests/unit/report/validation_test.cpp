#include "sim/report/validation.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/unit/report/hand_made.hpp"

namespace interlock::report {
namespace {

Validation by_hand() {
    Comparison comparison{.backend = "builtin",
                          .predicted = outcome_of({serial_row(), processes_row(), threads_row()}),
                          .measured = {}};
    comparison.measured.push_back(
        {.fit = Fit::baseline, .samples = 20, .makespan = 0.48, .speedup = 1});
    comparison.measured.push_back({.fit = Fit::within,
                                   .samples = 19,
                                   .repeated = 2,
                                   .makespan = 0.25,
                                   .makespan_ci95 = stats::Interval{0.24, 0.26},
                                   .speedup = 1.92,
                                   .speedup_ci95 = stats::Interval{1.9, 1.94},
                                   .error = 2 / 1.92 - 1,
                                   .noise = 0.01,
                                   .bound = 0.1,
                                   .ideal = 2,
                                   .amdahl = 2});
    comparison.measured.push_back({.fit = Fit::skipped, .reason = "barrier: there is none"});
    return {.host = {.cpus = {0, 1},
                     .model = "a CPU",
                     .kernel = "6.1",
                     .interpreters = {"builtin"},
                     .profile = "/home/me/profile.yaml",
                     .rounds = 20},
            .scenarios = {{.scenario = "by hand", .file = "x.yaml", .backends = {comparison}}}};
}

TEST_CASE("validation: predicted stands beside measured, and what was skipped says why",
          "[report]") {
    const auto validation = by_hand();
    const auto text = comparison_text("by hand", validation.scenarios.front().backends.front(), {});
    CHECK(text.find("by hand") != std::string::npos);
    CHECK(text.find("builtin") != std::string::npos);
    CHECK(text.find("1.90x to 1.94x") != std::string::npos);
    CHECK(text.find("+4.2 %") != std::string::npos);  // 2 / 1.92
    CHECK(text.find("barrier: there is none") != std::string::npos);
}

TEST_CASE("validation: where nothing could be compared no mean is printed", "[report]") {
    auto validation = by_hand();
    CHECK(summary_text(validation).find("1 prediction, off by 4.2 %") == 0);
    for (auto& row : validation.scenarios.front().backends.front().measured)
        row = {.fit = Fit::inconclusive, .reason = "disturbed"};
    CHECK(summary_text(validation) ==
          "nothing could be compared\nrows off: 0, inconclusive: 3, skipped: 0, failed: 0\n");
}

TEST_CASE("validation: the JSON of one scenario is the design's document", "[report]") {
    const auto document = nlohmann::json::parse(validation_json_text(by_hand()));
    CHECK(document.at("format") == 1);
    CHECK(document.at("scenario") == "by hand");
    REQUIRE(document.at("strategies").size() == 3);
    const auto& row = document.at("strategies").at(1);
    CHECK(row.at("measured").at("speedup").at("median") == 1.92);
    CHECK(row.at("measured").at("speedup").at("ci95") == nlohmann::json({1.9, 1.94}));
    CHECK(row.at("measured").at("error").get<double>() == Approx(0.0416667));
    CHECK(document.at("strategies").at(0).at("measured").at("error").is_null());
    CHECK(document.at("summary").at("cases") == 1);
    CHECK(document.at("summary").at("skipped") == 1);
    CHECK(document.at("host").at("quality").at("repeated") == 2);
    CHECK(document.at("host").at("kernel") == "6.1");
}

TEST_CASE("validation: several scenarios are a list", "[report]") {
    auto validation = by_hand();
    validation.scenarios.push_back(validation.scenarios.front());
    const auto document = nlohmann::json::parse(validation_json_text(validation));
    CHECK(document.at("scenarios").size() == 2);
    CHECK(document.at("summary").at("cases") == 2);
}

TEST_CASE("validation: the page tells the command, the host and each row", "[report]") {
    const auto page = validation_page(by_hand(), "interlock validate x.yaml");
    CHECK(page.find("`interlock validate x.yaml`") != std::string::npos);
    CHECK(page.find("2 CPUs (a CPU), Linux 6.1; 20 rounds") != std::string::npos);
    CHECK(page.find("| builtin | processes: 2 | 250 ms | 250 ms | 2.00x | 1.92x | +4.2 % | 1.0 % "
                    "| within |") != std::string::npos);
    CHECK(page.find("skipped: barrier: there is none") != std::string::npos);
}

}  // namespace
}  // namespace interlock::report
