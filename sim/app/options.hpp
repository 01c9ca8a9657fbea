#pragma once

// The command line: what each command takes, read with Boost.Program_options.

#include <stdexcept>
#include <string>
#include <vector>

#include "sim/config/load.hpp"

namespace interlock::app {

using Arguments = std::vector<std::string>;

/// The command line cannot be understood, or asks for what is not built yet.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

enum class Format : std::uint8_t { table, json, csv };

struct RunOptions {
    bool help = false;
    std::string scenario;
    config::Overrides overrides;
    Format format = Format::table;
    bool timeline = false;
};

RunOptions parse_run(const Arguments& arguments);

/// Of a command that takes words and no option but --help.
struct WordOptions {
    bool help = false;
    std::vector<std::string> words;
};
WordOptions parse_words(const std::string& command, const Arguments& arguments);

/// The options, a line each, as `--help` shows them.
std::string run_options_text();

}  // namespace interlock::app
