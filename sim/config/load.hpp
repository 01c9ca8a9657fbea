#pragma once

// A scenario file to the whole question as plain structs. Everything that can
// be seen to be wrong is refused here, before time starts.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "sim/config/error.hpp"

namespace interlock::config {

/// What the command line says on top of the file.
struct Overrides {
    std::vector<std::string> set;  ///< "machine.cores=8"; a list gives a row a value
    std::optional<std::string> machine;
    std::optional<std::string> interpreter;
    std::optional<std::uint64_t> seed;
    std::optional<std::uint32_t> replications;
    std::string profile{};   ///< the file that says what `machine: host` is; empty: none
    bool any_steps = false;  ///< steps may take of the machine what it does not state
};

/// Throws Error.
models::Scenario load(const std::string& path, const Overrides& overrides = {});

/// The same for text that is at hand; `name` stands for the file in errors.
models::Scenario load_text(const std::string& text, const std::string& name,
                           const Overrides& overrides = {});

}  // namespace interlock::config
