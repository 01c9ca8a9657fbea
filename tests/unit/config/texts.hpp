#pragma once

// Scenario files as text, for the tests of the room.

#include <string>

#include "sim/config/load.hpp"

namespace interlock::config {

/// A file of eight lines before the tasks' own, in which the step stands at
/// line 5, column 5:
///
///     1 machine: {cores: 4}
///     2 interpreter: cpython-3.11
///     3 programs:
///     4   p:
///     5   - compute: 1ms
///     6 tasks:
///     7 - {program: p}
///     8 strategies: [serial]
inline std::string file_with(const std::string& step = "compute: 1ms",
                             const std::string& task = "{program: p}",
                             const std::string& strategies = "[serial]",
                             const std::string& rest = "") {
    return "machine: {cores: 4}\ninterpreter: cpython-3.11\nprograms:\n  p:\n  - " + step +
           "\ntasks:\n- " + task + "\nstrategies: " + strategies + "\n" + rest;
}

inline std::string with_step(const std::string& step) { return file_with(step); }
inline std::string with_task(const std::string& task) { return file_with("compute: 1ms", task); }
inline std::string with_strategies(const std::string& strategies) {
    return file_with("compute: 1ms", "{program: p}", strategies);
}
inline std::string with_rest(const std::string& rest) {
    return file_with("compute: 1ms", "{program: p}", "[serial]", rest);
}

/// As file_with, with another line for the machine, or for the interpreter.
inline std::string with_machine(const std::string& machine) {
    const auto file = file_with();
    return "machine: " + machine + file.substr(file.find('\n'));
}
inline std::string with_interpreter(const std::string& interpreter) {
    const auto file = file_with();
    const auto rest = file.substr(file.find("\nprograms"));
    return "machine: {cores: 4}\ninterpreter: " + interpreter + rest;
}

/// What is wrong with the text, or "" if nothing is.
inline std::string error_of(const std::string& text, const Overrides& overrides = {}) {
    try {
        load_text(text, "a.yaml", overrides);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// The names of the strategies, with "; " between them.
inline std::string strategies_of(const models::Scenario& scenario) {
    std::string names;
    for (const auto& question : scenario.cases)
        names += (names.empty() ? "" : "; ") + question.strategy.name;
    return names;
}

}  // namespace interlock::config
