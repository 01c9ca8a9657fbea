#include "sim/app/commands.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "sim/app/output.hpp"
#include "sim/config/suggest.hpp"
#include "sim/report/version.hpp"

namespace interlock::app {

namespace {

constexpr std::array table{
    Command{"run", "[OPTIONS] SCENARIO", "simulate every strategy; print them side by side", run},
    Command{"check", "SCENARIO...", "say what is wrong with scenarios, and where; run nothing",
            check},
    Command{"list", "[KIND]", "what a scenario can name: locks, policies, machines, steps, ...",
            list},
    Command{"validate", "[OPTIONS] SCENARIO...",
            "predict, then run for real on this host: predicted against measured", validate},
    Command{"calibrate", "[OPTIONS]", "measure this host, for `machine: host`", calibrate},
    Command{"advise", "SCENARIO", "search strategies and worker counts; recommend", nullptr},
    Command{"sweep", "SWEEP", "a grid of scenarios with replications", nullptr},
    Command{"schema", "", "JSON Schema of the scenario file", nullptr},
    Command{"import", "FILE", "print a workload of rt-app, a JSON document, as a scenario",
            import_workload},
    Command{"export", "SCENARIO", "print the tasks of a scenario as a workload of rt-app",
            export_workload},
};

constexpr std::string_view exit_codes =
    "Exit codes: 0 done; 1 the run ended badly (a deadlock, a bound, out of memory that no "
    "`expect`\n"
    "asked for; an `expect` not met); 2 bad scenario or options; 3 a bug.\n";

std::string help_text() {
    std::string text =
        "usage: interlock COMMAND ...\n\n"
        "Predicts what threads and processes do to a program, before anyone rewrites it.\n\n";
    for (const auto& command : table)
        text += fmt::format("  {:<10} {}{}\n", command.name, command.sentence,
                            command.act == nullptr ? " (not built yet)" : "");
    return text +
           "\n  --help     print this; after a command, what it takes\n"
           "  --version  print the version\n\n" +
           std::string(exit_codes);
}

const Command& find(const std::string& name) {
    const auto* const found = std::find_if(
        table.begin(), table.end(), [&](const Command& command) { return command.name == name; });
    if (found != table.end()) return *found;
    std::vector<std::string> names;
    names.reserve(table.size());
    for (const auto& command : table) names.emplace_back(command.name);
    if (name.substr(0, 1) == "-") {
        const std::vector<std::string> options{"--help", "--version"};
        throw UsageError(fmt::format("unknown option '{}' in place of a command{}", name,
                                     config::suggestion(name, options)));
    }
    throw UsageError(fmt::format("unknown command '{}'{}", name, config::suggestion(name, names)));
}

}  // namespace

std::span<const Command> commands() { return table; }

int obey(const Arguments& command_line) {
    if (command_line.empty()) throw UsageError("expected a command; see 'interlock --help'");
    const auto& first = command_line.front();
    if (first == "--help" || first == "-h" || first == "help") {
        write_data(help_text());
        return 0;
    }
    if (first == "--version") {
        write_data(fmt::format("interlock {}\n", report::version));
        return 0;
    }
    const Arguments rest(command_line.begin() + 1, command_line.end());
    if (first == "drive") return drive(rest);  // ours, and in no list
    const auto& command = find(first);
    if (command.act == nullptr) throw UsageError(fmt::format("{} is not built yet", command.name));
    return command.act(rest);
}

std::string usage_text(std::string_view command) {
    const auto& entry = find(std::string(command));
    auto sentence = std::string(entry.sentence);
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
    return fmt::format("usage: interlock {} {}\n\n{}.\n", entry.name, entry.takes, sentence);
}

}  // namespace interlock::app
