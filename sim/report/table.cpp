#include "sim/report/table.hpp"

#include <algorithm>
#include <vector>

#include "sim/report/columns.hpp"
#include "sim/report/notes.hpp"
#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

/// Half the interval as a part of the median: "± 0.4 %".
std::string spread(const StrategyOutcome& row) {
    if (!row.makespan || !row.makespan_ci95 || *row.makespan <= 0) return "";
    const auto half = (row.makespan_ci95->high - row.makespan_ci95->low) / 2;
    return "±" + percent_text(half / *row.makespan);
}

Cell time_cell(const StrategyOutcome& row) {
    if (row.makespan) return {seconds_text(*row.makespan), Style::plain};
    return {name_of(row.ended), Style::red};
}

Cell speedup_cell(const StrategyOutcome& row) {
    if (!row.speedup) return {"-", Style::plain};
    const auto style = *row.speedup > gain_min   ? Style::green
                       : *row.speedup < loss_max ? Style::red
                                                 : Style::plain;
    return {ratio_text(*row.speedup), style};
}

Line heading(bool with_spread) {
    Line line{{"strategy", Style::bold}, {"time", Style::bold}};
    if (with_spread) line.push_back({"", Style::bold});
    for (const auto* const name : {"speedup", "running", "lock wait", "CPU wait", "I/O", "blocked"})
        line.push_back({name, Style::bold});
    return line;
}

Line figures(const StrategyOutcome& row, bool with_spread) {
    Line line{{row.strategy.name, Style::plain}, time_cell(row)};
    if (with_spread) line.push_back({spread(row), Style::plain});
    line.push_back(speedup_cell(row));
    const auto& totals = row.totals;
    for (const auto part :
         {totals.running, totals.lock_wait, totals.cpu_wait, totals.io, totals.blocked})
        line.push_back(
            {totals.life() > 0 ? percent_text(part / totals.life()) : "-", Style::plain});
    return line;
}

}  // namespace

std::string table_text(const Outcome& outcome, const TableOptions& options) {
    const bool with_spread = std::any_of(outcome.strategies.begin(), outcome.strategies.end(),
                                         [](const auto& row) { return row.makespan_ci95; });
    std::vector<Line> lines{heading(with_spread)};
    for (const auto& row : outcome.strategies) lines.push_back(figures(row, with_spread));
    return styled(outcome.scenario, Style::bold, options.colour) + "\n\n" +
           columns_text(lines, options.colour) + '\n' + notes_text(outcome, page_width);
}

}  // namespace interlock::report
