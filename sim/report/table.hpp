#pragma once

// What a person reads: the strategies side by side, and below them one
// sentence each that says why, what was found, and what was assumed.

#include <string>

#include "sim/report/outcome.hpp"

namespace interlock::report {

struct TableOptions {
    bool colour = false;
};

std::string table_text(const Outcome& outcome, const TableOptions& options = {});

}  // namespace interlock::report
