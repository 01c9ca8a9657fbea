#pragma once

// Runs a scenario that stands in a test as text.

#include <string>
#include <vector>

#include "models/predict.hpp"
#include "sim/config/load.hpp"

namespace interlock::support {

inline models::Scenario scenario(const std::string& text) {
    return config::load_text(text, "test.yaml");
}

/// Replication 0 of each strategy.
inline std::vector<models::Result> run(const models::Scenario& scenario,
                                       std::uint32_t replication = 0) {
    std::vector<models::Result> results;
    for (const auto& one : scenario.cases)
        results.push_back(models::predict(one, {.seed = scenario.seed,
                                                .replication = replication,
                                                .warmup = scenario.warmup,
                                                .until = scenario.until,
                                                .events_max = scenario.events_max,
                                                .sinks = {}}));
    return results;
}

inline std::vector<models::Result> run(const std::string& text) { return run(scenario(text)); }

}  // namespace interlock::support
