#pragma once

// A workload as text of a scenario file.

#include <string>
#include <vector>

namespace interlock::exchange {

/// A step as it is written: "compute: 20ms", or "repeat: 10" with steps of its own.
struct StepText {
    std::string text;
    std::vector<StepText> steps{};
};

struct ProgramText {
    std::string name;
    std::vector<StepText> steps;
};

/// A name as YAML reads it back: in quotes where it needs them.
std::string word(const std::string& name);

/// A whole number of µs, in the unit that makes it short: "20ms".
std::string microseconds_text(std::int64_t microseconds);

/// `programs:` and all below it.
std::string programs_text(const std::vector<ProgramText>& programs);

}  // namespace interlock::exchange
