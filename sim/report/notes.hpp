#pragma once

// The words below the table.

#include <cstddef>
#include <string>

#include "sim/report/outcome.hpp"

namespace interlock::report {

/// A speedup between the two is called no gain.
inline constexpr double loss_max = 0.95;
inline constexpr double gain_min = 1.05;

/// "threads: 4 gain nothing: the lock is held 99.8 % of the time by bytecode."
/// `several_baselines` makes it say which one is meant.
std::string sentence(const StrategyOutcome& row, bool several_baselines);

/// A sentence a strategy with its findings and details, then what was assumed.
std::string notes_text(const Outcome& outcome, std::size_t width);

}  // namespace interlock::report
