#include <cmath>

#include <fmt/format.h>

#include "sim/report/json.hpp"
#include "sim/report/validation.hpp"

namespace interlock::report {

namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<stats::Interval>& interval) {
    return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

Json measured_json(const Comparison& comparison, const Measured& it) {
    Json object{{"backend", comparison.backend}, {"verdict", name_of(it.fit)}};
    if (!it.reason.empty()) object["reason"] = it.reason;
    if (it.makespan <= 0) {
        object["error"] = nullptr;
        return object;
    }
    object["samples"] = it.samples;
    object["repeated"] = it.repeated;
    object["makespan_s"] = {{"median", it.makespan}, {"ci95", or_null(it.makespan_ci95)}};
    object["speedup"] = {{"median", it.speedup ? Json(*it.speedup) : Json(nullptr)},
                         {"ci95", or_null(it.speedup_ci95)}};
    object["error"] = it.error ? Json(*it.error) : Json(nullptr);
    object["noise"] = it.noise;
    object["bound"] = it.bound;
    object["cpu_s"] = it.cpu;
    object["marks"] = marks_json(it.marks);
    return object;
}

Json host_json(const HostFacts& host) {
    return {{"cpus", host.cpus},       {"model", host.model},
            {"kernel", host.kernel},   {"interpreters", host.interpreters},
            {"profile", host.profile}, {"rounds", host.rounds}};
}

Json quality_json(const Summary& all) {
    return {{"repeated", all.repeated}, {"inconclusive", all.unsettled}};
}

Json summary_json(const Summary& all) {
    return {{"cases", all.errors.cases},
            {"mape", all.errors.mape},
            {"p90", all.errors.p90},
            {"max", all.errors.max},
            {"noise_floor", all.noise_floor},
            {"rank_correlation", all.rank_correlation},
            {"regret", all.regret},
            {"inside_ci95", all.inside_ci95},
            {"ideal_mape", all.ideal_mape},
            {"amdahl_mape", all.amdahl_mape},
            {"off", all.off},
            {"inconclusive", all.unsettled},
            {"skipped", all.skipped},
            {"failed", all.failed}};
}

Json scenario_json(const Validation& validation, const ScenarioValidation& scenario) {
    const Validation alone{.host = validation.host, .scenarios = {scenario}};
    const auto all = summary(alone);
    Json document =
        scenario.backends.empty() ? Json::object() : head_json(scenario.backends.front().predicted);
    document["scenario"] = scenario.scenario;
    for (const auto& comparison : scenario.backends)
        for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
            auto row = strategy_json(comparison.predicted.strategies[i]);
            row["measured"] = measured_json(comparison, comparison.measured[i]);
            document["strategies"].push_back(std::move(row));
        }
    document["host"] = host_json(validation.host);
    document["host"]["quality"] = quality_json(all);
    document["summary"] = summary_json(all);
    return document;
}

}  // namespace

std::string validation_json_text(const Validation& validation) {
    if (validation.scenarios.size() == 1)
        return dumped(scenario_json(validation, validation.scenarios.front()));
    const auto all = summary(validation);
    Json document{{"format", 1}, {"scenarios", Json::array()}};
    for (const auto& scenario : validation.scenarios)
        document["scenarios"].push_back(scenario_json(validation, scenario));
    document["host"] = host_json(validation.host);
    document["host"]["quality"] = quality_json(all);
    document["summary"] = summary_json(all);
    return dumped(document);
}

}  // namespace interlock::report
