#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "sim/app/calibration.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/app/progress.hpp"
#include "sim/experiment/run.hpp"
#include "sim/report/csv.hpp"
#include "sim/report/expect.hpp"
#include "sim/report/json.hpp"
#include "sim/report/table.hpp"
#include "sim/report/timeline.hpp"

namespace interlock::app {

namespace {

using Timelines = std::vector<report::Timeline>;

report::Outcome simulate(const models::Scenario& scenario, Timelines& timelines) {
    Progress progress(talk_is_on_terminal());
    experiment::RunOptions options;
    options.progress = [&](std::size_t done, std::size_t total) { progress.update(done, total); };
    for (auto& timeline : timelines) options.sinks.push_back(&timeline);
    return experiment::run(scenario, options);
}

std::string timelines_text(const report::Outcome& outcome, const Timelines& timelines) {
    std::string text;
    for (std::size_t i = 0; i < timelines.size(); ++i) {
        const auto& row = outcome.strategies[i];
        if (row.ended == models::Ended::unavailable) continue;
        std::vector<std::string> names;
        for (const auto& thread : row.threads) names.push_back(thread.name);
        text +=
            fmt::format("\n{}, replication 0\n{}", row.strategy.name, timelines[i].drawn(names));
    }
    return text;
}

std::string table(const report::Outcome& outcome, const std::vector<report::Verdict>& verdicts,
                  const Timelines& timelines) {
    auto text = report::table_text(outcome, {.colour = data_wants_colour()});
    if (!verdicts.empty()) text += '\n' + report::verdicts_text(verdicts);
    return text + timelines_text(outcome, timelines);
}

/// For a reader of JSON or CSV, who sees no table: why the exit code is 1.
void tell_failures(const report::Outcome& outcome, const std::vector<report::Verdict>& verdicts) {
    for (const auto& row : outcome.strategies)
        if (row.ended != models::Ended::done && row.ended != models::Ended::unavailable)
            talk(fmt::format("interlock: {}: {}\n", row.strategy.name, report::name_of(row.ended)));
    talk(report::unmet_text(verdicts));
}

}  // namespace

int run(const Arguments& arguments) {
    const auto options = parse_run(arguments);
    if (options.help) {
        write_data(usage_text("run") + '\n' + run_options_text());
        return 0;
    }
    const auto begin = std::chrono::steady_clock::now();
    auto overrides = options.overrides;
    overrides.profile = existing_profile();
    const auto scenario = config::load(options.scenario, overrides);
    Timelines timelines(options.timeline ? scenario.cases.size() : 0);
    const auto outcome = simulate(scenario, timelines);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const auto verdicts = report::judge(scenario.expectations, outcome);
    const bool well = report::ended_well(outcome, verdicts);
    switch (options.format) {
    case Format::table: write_data(table(outcome, verdicts, timelines)); break;
    case Format::json:
        write_data(report::json_text(outcome, {.events = outcome.events, .wall = wall.count()}));
        break;
    case Format::csv: write_data(report::csv_text(outcome)); break;
    }
    if (!well && options.format != Format::table) tell_failures(outcome, verdicts);
    return well ? 0 : 1;
}

}  // namespace interlock::app
