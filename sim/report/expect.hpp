#pragma once

// `expect`: what a scenario says its own answer must be.

#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "sim/report/outcome.hpp"

namespace interlock::report {

struct Verdict {
    models::Expectation expectation;
    bool met = false;
    std::string found;  ///< the value as text, or what is wrong with the path
};

/// A verdict an expectation, in their order.
std::vector<Verdict> judge(const std::vector<models::Expectation>& expectations,
                           const Outcome& outcome);

/// A line each: "met: speedup of 'threads: 4' is 0.98, expected at most 1 (source)";
/// an unmet one begins with its place in the file.
std::string verdicts_text(const std::vector<Verdict>& verdicts);
/// The same, of those that are not met.
std::string unmet_text(const std::vector<Verdict>& verdicts);

/// Whether the run ended well: every expectation is met, and no strategy ended in
/// a deadlock, out of memory or at a bound that none asked for.
bool ended_well(const Outcome& outcome, const std::vector<Verdict>& verdicts);

}  // namespace interlock::report
