#pragma once

// What `validate` prints: predictions beside measurements.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/report/measured.hpp"
#include "sim/report/table.hpp"

namespace interlock::report {

/// The rows of one scenario on one backend, as a person reads them.
std::string comparison_text(const std::string& scenario, const Comparison& comparison,
                            const TableOptions& options = {});

/// How well it fits, in a few lines, against the noise and the naive laws.
std::string summary_text(const Validation& validation);

/// The design's document for one scenario; for several, a list of such under
/// "scenarios" with a summary of all.
std::string validation_json_text(const Validation& validation);

/// The page docs/validation.md: what was compared, how well it fits, where not.
/// `command`: what was typed.
std::string validation_page(const Validation& validation, const std::string& command);

}  // namespace interlock::report
