#include <algorithm>

#include <fmt/format.h>

#include "sim/app/calibration.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/config/error.hpp"
#include "sim/config/load.hpp"

namespace interlock::app {

namespace {

/// Here an error is not the end: the other files are looked at as well.
bool good(const std::string& file) {
    try {
        config::Overrides overrides;
        overrides.profile = existing_profile();
        const auto scenario = config::load(file, overrides);
        const auto& cases = scenario.cases;
        const auto& asked = scenario.expectations;
        const bool may_be = std::any_of(asked.begin(), asked.end(),
                                        [](const auto& one) { return one.field == "ended"; });
        if (!may_be && std::none_of(cases.begin(), cases.end(),
                                    [](const models::Case& one) { return !one.unavailable; })) {
            talk(fmt::format("{}: no strategy can be: {}: {}\n", file, cases.front().strategy.name,
                             *cases.front().unavailable));
            return false;
        }
    } catch (const config::Error& error) {
        talk(fmt::format("{}\n", error.what()));
        return false;
    }
    write_data(fmt::format("{}: ok\n", file));
    return true;
}

}  // namespace

int check(const Arguments& arguments) {
    const auto options = parse_words("check", arguments);
    if (options.help) {
        write_data(usage_text("check"));
        return 0;
    }
    if (options.words.empty())
        throw UsageError("check: expected at least one scenario; see 'interlock check --help'");
    bool all_good = true;
    for (const auto& file : options.words)
        if (!good(file)) all_good = false;
    return all_good ? 0 : 2;
}

}  // namespace interlock::app
