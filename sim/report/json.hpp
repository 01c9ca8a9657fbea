#pragma once

// The JSON of `run`, as the design fixes it: field for field, in this order.
// Times in seconds; the shortest digits that read back as the same number.

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "sim/report/outcome.hpp"

namespace interlock::report {

/// What the answer took: the only part that differs between two runs.
struct Cost {
    std::uint64_t events = 0;
    double wall = 0;  ///< seconds
};

/// An element of "strategies": what `expect` looks into.
nlohmann::ordered_json marks_json(const std::vector<MarkFigures>& marks);

/// What a document begins with, its strategies still empty.
nlohmann::ordered_json head_json(const Outcome& outcome);

/// As text, indented by two; bytes that are not UTF-8 replaced.
std::string dumped(const nlohmann::ordered_json& document);

nlohmann::ordered_json strategy_json(const StrategyOutcome& row);

/// The whole document, with a line break at its end.
std::string json_text(const Outcome& outcome, const Cost& cost);

}  // namespace interlock::report
