#include "sim/report/validation.hpp"

#include <cmath>

#include <fmt/format.h>

#include "sim/report/columns.hpp"
#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

std::string signed_percent(double share) {
    return fmt::format("{}{}", share < 0 ? "-" : "+", percent_text(std::abs(share)));
}

std::string interval_text(const std::optional<stats::Interval>& interval) {
    if (!interval) return "";
    return fmt::format("{} to {}", ratio_text(interval->low), ratio_text(interval->high));
}

Style style_of(Fit fit) {
    switch (fit) {
    case Fit::within: return Style::green;
    case Fit::off:
    case Fit::failed: return Style::red;
    default: return Style::plain;
    }
}

Line heading() {
    Line line;
    for (const auto* const name :
         {"strategy", "predicted", "measured", "speedup", "measured", "95 %", "error", "noise", ""})
        line.push_back({name, Style::bold});
    return line;
}

Line figures(const StrategyOutcome& row, const Measured& it) {
    const bool ran = it.makespan > 0;
    return {{row.strategy.name},
            {row.makespan ? seconds_text(*row.makespan) : name_of(row.ended)},
            {ran ? seconds_text(it.makespan) : "-"},
            {row.speedup ? ratio_text(*row.speedup) : "-"},
            {it.speedup ? ratio_text(*it.speedup) : "-"},
            {interval_text(it.speedup_ci95)},
            {it.error ? signed_percent(*it.error) : ""},
            {it.error ? percent_text(it.noise) : ""},
            {name_of(it.fit), style_of(it.fit)}};
}

const MarkFigures* same_marks(const std::vector<MarkFigures>& all, const MarkFigures& wanted) {
    for (const auto& one : all)
        if (one.from == wanted.from && one.to == wanted.to) return &one;
    return nullptr;
}

double ns(const MarkFigures& figures, double p) { return figures.latency.quantile(p) / 1e9; }

/// "threads: 2: sent to answered: p50 5.11 ms, measured 5.20 ms (-1.7 %); p90 …".
std::string marks_text(const StrategyOutcome& row, const Measured& it) {
    std::string text;
    for (const auto& measured : it.marks) {
        const auto* predicted = same_marks(row.marks, measured);
        if (predicted == nullptr || predicted->count == 0 || measured.count == 0) continue;
        text += fmt::format("{}, {} to {}:", row.strategy.name, measured.from, measured.to);
        for (const auto& [name, p] : {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}}) {
            const auto expected = ns(*predicted, p);
            const auto found = ns(measured, p);
            text += fmt::format("{} {} {}, measured {}", p > 0.5 ? ";" : "", name,
                                seconds_text(expected), seconds_text(found));
            if (found > 0) text += fmt::format(" ({})", signed_percent((expected - found) / found));
        }
        text += '\n';
    }
    return text;
}

std::string reasons_text(const Comparison& comparison) {
    std::string text;
    for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
        const auto& it = comparison.measured[i];
        if (it.reason.empty()) continue;
        text += wrapped(fmt::format("{}: {}: {}", comparison.predicted.strategies[i].strategy.name,
                                    name_of(it.fit), it.reason),
                        page_width, 2) +
                '\n';
    }
    return text;
}

std::string errors_text(const Summary& all) {
    if (all.errors.cases == 0) return "nothing could be compared\n";
    auto text = fmt::format(
        "{} prediction{}, off by {} on average (nine of ten by at most {}, all by {})\n",
        all.errors.cases, all.errors.cases == 1 ? "" : "s", percent_text(all.errors.mape),
        percent_text(all.errors.p90), percent_text(all.errors.max));
    text += fmt::format("noise floor {}; \"N times as fast\" is off by {}, Amdahl's law by {}\n",
                        percent_text(all.noise_floor), percent_text(all.ideal_mape),
                        percent_text(all.amdahl_mape));
    return text +
           fmt::format("rank correlation {:.2f}, regret {}, {} of the predictions inside the "
                       "measured 95 %\n",
                       all.rank_correlation, percent_text(all.regret),
                       percent_text(all.inside_ci95));
}

std::string counts_text(const Summary& all) {
    std::string text;
    if (all.off + all.unsettled + all.skipped + all.failed > 0)
        text += fmt::format("rows off: {}, inconclusive: {}, skipped: {}, failed: {}\n", all.off,
                            all.unsettled, all.skipped, all.failed);
    if (all.repeated > 0)
        text += fmt::format("{} disturbed samples were measured again\n", all.repeated);
    return text;
}

}  // namespace

std::string comparison_text(const std::string& scenario, const Comparison& comparison,
                            const TableOptions& options) {
    std::vector<Line> lines{heading()};
    std::string marks;
    for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
        lines.push_back(figures(comparison.predicted.strategies[i], comparison.measured[i]));
        marks += marks_text(comparison.predicted.strategies[i], comparison.measured[i]);
    }
    auto text = styled(fmt::format("{}, by {}", scenario, comparison.backend), Style::bold,
                       options.colour) +
                "\n\n" + columns_text(lines, options.colour);
    if (!marks.empty()) text += '\n' + marks;
    if (const auto reasons = reasons_text(comparison); !reasons.empty()) text += '\n' + reasons;
    return text;
}

std::string summary_text(const Validation& validation) {
    const auto all = summary(validation);
    return errors_text(all) + counts_text(all);
}

}  // namespace interlock::report
