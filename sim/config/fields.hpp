#pragma once

// Every field of the scenario, declared once: the parser, the suggestions,
// `interlock list` and the reference page read the same tables.

#include <string>
#include <vector>

namespace interlock::config {

struct FieldInfo {
    std::string name;
    std::string type;            ///< "duration", "name", "list of steps", …
    std::string unit_or_values;  ///< "ns, us, ms, s", "from 1 to 4096", "fork, spawn, forkserver"
    std::string fallback;        ///< the default; "required" without one
    std::string sentence;
};

struct Mapping {
    std::string name;  ///< "task", "machine", "step put", "distribution pareto"
    std::string sentence;
    std::vector<FieldInfo> fields;
};

/// All of them, in the order of the reference page.
std::vector<Mapping> mappings();

/// One of them; the name must be one.
Mapping mapping(std::string_view name);

/// A kind of step, or a distribution: its name and what it does.
struct Named {
    std::string name;
    std::string sentence;
};
std::vector<Named> step_kinds();
std::vector<Named> distributions();
std::vector<Named> strategy_kinds();

}  // namespace interlock::config
