#include <chrono>
#include <deque>
#include <span>
#include <string>
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
#include "sim/report/switches.hpp"
#include "sim/report/table.hpp"
#include "sim/report/timeline.hpp"

namespace interlock::app {

namespace {

/// What was asked for of one strategy, below the table.
class Pictures final : public kernel::TraceSink {
public:
    explicit Pictures(const RunOptions& options) : options_(options) {}

    void take(std::span<const kernel::Record> records) override {
        if (options_.timeline) timeline_.take(records);
        if (options_.timehist || options_.map) switches_.take(records);
    }

    std::string drawn(const report::StrategyOutcome& row) const {
        std::vector<std::string> names;
        for (const auto& thread : row.threads) names.push_back(thread.name);
        std::string text;
        const auto add = [&](bool wanted, const auto& draw) {
            if (wanted) text += (text.empty() ? "" : "\n") + draw();
        };
        add(options_.timeline, [&] { return timeline_.drawn(names); });
        add(options_.timehist, [&] { return switches_.timehist(names); });
        add(options_.map, [&] { return switches_.map(names, row.cpu.utilization.size()); });
        return fmt::format("\n{}, replication 0\n{}", row.strategy.name, text);
    }

private:
    const RunOptions& options_;
    report::Timeline timeline_;
    report::Switches switches_;
};

report::Outcome simulate(const models::Scenario& scenario, std::deque<Pictures>& pictures) {
    Progress progress(talk_is_on_terminal());
    experiment::RunOptions options;
    options.progress = [&](std::size_t done, std::size_t total) { progress.update(done, total); };
    for (auto& picture : pictures) options.sinks.push_back(&picture);
    return experiment::run(scenario, options);
}

std::string table(const report::Outcome& outcome, const std::vector<report::Verdict>& verdicts,
                  const std::deque<Pictures>& pictures) {
    auto text = report::table_text(outcome, {.colour = data_wants_colour()});
    if (!verdicts.empty()) text += '\n' + report::verdicts_text(verdicts);
    for (std::size_t i = 0; i < pictures.size(); ++i)
        if (const auto& row = outcome.strategies[i]; row.ended != models::Ended::unavailable)
            text += pictures[i].drawn(row);
    return text;
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
    std::deque<Pictures> pictures;
    for (std::size_t i = 0; options.pictures() && i < scenario.cases.size(); ++i)
        pictures.emplace_back(options);
    const auto outcome = simulate(scenario, pictures);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const auto verdicts = report::judge(scenario.expectations, outcome);
    const bool well = report::ended_well(outcome, verdicts);
    switch (options.format) {
    case Format::table: write_data(table(outcome, verdicts, pictures)); break;
    case Format::json:
        write_data(report::json_text(outcome, {.events = outcome.events, .wall = wall.count()}));
        break;
    case Format::csv: write_data(report::csv_text(outcome)); break;
    }
    if (!well && options.format != Format::table) tell_failures(outcome, verdicts);
    return well ? 0 : 1;
}

}  // namespace interlock::app
