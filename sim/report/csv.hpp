#pragma once

// A row a strategy, the scalar figures of the JSON under their names there,
// quoted as RFC 4180 says. A figure that does not exist is an empty field.

#include <string>
#include <string_view>

#include "sim/report/outcome.hpp"

namespace interlock::report {

std::string csv_text(const Outcome& outcome);

/// In quotes where a comma, a quote or a line break makes it necessary.
std::string csv_field(std::string_view text);

}  // namespace interlock::report
