#pragma once

// What stands after `interlock`: a table that help, dispatch and suggestions read.

#include <span>
#include <string>
#include <string_view>

#include "sim/app/options.hpp"

namespace interlock::app {

/// The value is the program's exit code: 0 done, 1 the run ended badly, 2 bad input.
int run(const Arguments& arguments);
int check(const Arguments& arguments);
int list(const Arguments& arguments);
int validate(const Arguments& arguments);
int calibrate(const Arguments& arguments);
int import_workload(const Arguments& arguments);
int export_workload(const Arguments& arguments);
int drive(const Arguments& arguments);

struct Command {
    std::string_view name;
    std::string_view takes;  ///< as the usage line shows it
    std::string_view sentence;
    int (*act)(const Arguments&);  ///< null: not built yet
};

std::span<const Command> commands();

/// Does what the command line says. Throws UsageError when it says nothing sensible.
int obey(const Arguments& command_line);

/// "usage: interlock run [options] SCENARIO", and what the command does.
std::string usage_text(std::string_view command);

}  // namespace interlock::app
