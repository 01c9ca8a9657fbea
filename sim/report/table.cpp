#include "sim/report/table.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/report/notes.hpp"
#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

/// As escape sequences of a terminal name them.
enum class Style : std::uint8_t { plain = 0, bold = 1, red = 31, green = 32 };

struct Cell {
    std::string text;
    Style style = Style::plain;
};

/// The first cell is the name; the others are figures, aligned to the right.
using Line = std::vector<Cell>;

constexpr std::size_t page_width = 100;
constexpr std::size_t name_width_min = 24;
constexpr std::string_view gap = "  ";

std::string styled(std::string_view text, Style style, bool colour) {
    if (!colour || style == Style::plain) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", static_cast<int>(style), text);
}

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

std::vector<std::size_t> widths_of(const std::vector<Line>& lines) {
    std::vector<std::size_t> widths(lines.front().size(), 0);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], display_width(line[i].text));
    std::size_t figures_width = 0;
    for (std::size_t i = 1; i < widths.size(); ++i) figures_width += gap.size() + widths[i];
    // A name that leaves the figures no room does not widen the column either.
    const auto left = page_width > figures_width ? page_width - figures_width : 0;
    const auto most = std::max(left, name_width_min);
    widths.front() = 0;
    for (const auto& line : lines)
        if (const auto width = display_width(line.front().text); width <= most)
            widths.front() = std::max(widths.front(), width);
    return widths;
}

/// A name too long for its column stands on a line of its own, above its figures.
std::string drawn(const Line& line, const std::vector<std::size_t>& widths, bool colour) {
    const auto& name = line.front();
    std::string text = styled(padded_right(name.text, widths.front()), name.style, colour);
    if (display_width(name.text) > widths.front()) text += '\n' + std::string(widths.front(), ' ');
    for (std::size_t i = 1; i < line.size(); ++i) {
        text += gap;
        text += styled(padded_left(line[i].text, widths[i]), line[i].style, colour);
    }
    return text + '\n';
}

}  // namespace

std::string table_text(const Outcome& outcome, const TableOptions& options) {
    const bool with_spread = std::any_of(outcome.strategies.begin(), outcome.strategies.end(),
                                         [](const auto& row) { return row.makespan_ci95; });
    std::vector<Line> lines{heading(with_spread)};
    for (const auto& row : outcome.strategies) lines.push_back(figures(row, with_spread));
    const auto widths = widths_of(lines);
    auto text = styled(outcome.scenario, Style::bold, options.colour) + "\n\n";
    for (const auto& line : lines) text += drawn(line, widths, options.colour);
    return text + '\n' + notes_text(outcome, page_width);
}

}  // namespace interlock::report
