#pragma once

// The profile of a host as text: YAML that people read, and that `machine:
// host` reads (sim/config/profile.hpp), with each figure's quality beside it.

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "models/interpreter/runtime.hpp"
#include "sim/host/environment.hpp"
#include "sim/host/measure.hpp"

namespace interlock::host {

/// An interpreter's own figures, and what the model charges for them.
struct InterpreterFigures {
    std::string name;  ///< cpython-3.11.7
    std::vector<Figure> figures;
    std::vector<std::string> warnings;
    interpreter::Runtime runtime;  ///< of its model, with what was measured
    bool known = true;             ///< there is a model for it
};

/// Of the answer to {"mode": "calibrate"}. The driver measures wholes; what the
/// machine charges of them by itself is taken off.
InterpreterFigures interpreter_figures(const std::string& name, const std::string& preset,
                                       const nlohmann::json& answer,
                                       const hardware::Costs& machine);

/// A profile in the parts in which it is renewed.
struct ProfileText {
    ProfileText() = default;
    /// Of a text that text() has given.
    explicit ProfileText(const std::string& text);

    std::string host;                                 ///< all before the interpreters
    std::map<std::string, std::string> interpreters;  ///< their entries, by name

    std::string text() const;
};

/// `host:`, `machine:` and `os:`.
std::string host_section(const Environment& host, const HostFigures& measured);

/// An entry under `interpreters:`, and its comments. Empty if it has no model.
std::string interpreter_section(const InterpreterFigures& measured);

}  // namespace interlock::host
