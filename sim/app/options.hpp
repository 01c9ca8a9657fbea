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
    bool timehist = false;
    bool map = false;

    bool pictures() const { return timeline || timehist || map; }
};

RunOptions parse_run(const Arguments& arguments);

struct ValidateOptions {
    bool help = false;
    std::vector<std::string> scenarios;  ///< files, and folders of such
    std::vector<std::string> with;       ///< paths of interpreters
    std::vector<std::string> backends;   ///< names, or beginnings of such; empty: all
    std::uint32_t rounds = 20;
    std::optional<double> within;
    config::Overrides overrides;
    enum class Output : std::uint8_t { table, json, markdown } output = Output::table;
};
ValidateOptions parse_validate(const Arguments& arguments);
std::string validate_options_text();

struct CalibrateOptions {
    bool help = false;
    std::vector<std::string> with;
    std::vector<std::string> backends;
    bool host = true;  ///< measure the host, too
};
CalibrateOptions parse_calibrate(const Arguments& arguments);
std::string calibrate_options_text();

/// Of a command that takes words and no option but --help.
struct WordOptions {
    bool help = false;
    std::vector<std::string> words;
};
WordOptions parse_words(const std::string& command, const Arguments& arguments);

/// The options, a line each, as `--help` shows them.
std::string run_options_text();

}  // namespace interlock::app
