#include "sim/experiment/speedup.hpp"

#include <algorithm>
#include <cstddef>

#include "sim/kernel/check.hpp"
#include "sim/stats/median.hpp"

namespace interlock::experiment {

namespace {

bool done(const report::StrategyOutcome& row) { return row.ended == models::Ended::done; }

bool same_ground(const models::Case& a, const models::Case& b) {
    return a.machine == b.machine && a.os == b.os && a.runtime == b.runtime;
}

std::size_t baseline_of(std::size_t index, const std::vector<models::Case>& cases,
                        const std::vector<report::StrategyOutcome>& rows) {
    const auto first = [&](auto wanted) {
        std::size_t i = 0;
        while (i < cases.size() && !wanted(i)) ++i;
        return i;
    };
    if (const auto& named = cases[index].strategy.baseline) {
        const auto found = first([&](std::size_t i) { return cases[i].strategy.name == *named; });
        kernel::check(found < cases.size(), "a baseline is the name of a strategy");
        return found;
    }
    const auto same = first([&](std::size_t i) { return same_ground(cases[i], cases[index]); });
    if (done(rows[same])) return same;
    const auto ended = first([&](std::size_t i) { return done(rows[i]); });
    return ended < cases.size() ? ended : same;
}

/// Seconds; a strategy in which nothing is drawn stands for all its replications.
std::vector<double> makespans(const std::vector<models::Result>& results, std::size_t count) {
    std::vector<double> values;
    values.reserve(count);
    for (const auto& result : results) values.push_back(kernel::seconds(*result.makespan));
    if (values.size() == 1) values.resize(count, values.front());
    return values;
}

}  // namespace

void relate(const std::vector<models::Case>& cases,
            const std::vector<std::vector<models::Result>>& results,
            std::vector<report::StrategyOutcome>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& row = rows[i];
        const auto base = baseline_of(i, cases, rows);
        row.baseline = rows[base].strategy.name;
        if (!done(rows[base])) continue;
        const auto base_makespan = *rows[base].makespan;
        if (row.makespan_lower && *row.makespan_lower > 0)
            row.speedup_upper = base_makespan / *row.makespan_lower;
        if (!done(row) || *row.makespan <= 0) continue;
        row.speedup = base_makespan / *row.makespan;
        // `direct` has no workers to divide by.
        if (row.strategy.kind != models::StrategyKind::direct)
            row.efficiency = *row.speedup / std::max(1U, row.strategy.threads());
        const auto pairs = std::max(results[i].size(), results[base].size());
        if (pairs < 2) continue;
        row.speedup_ci95 =
            stats::paired_ratio_ci95(makespans(results[base], pairs), makespans(results[i], pairs));
    }
}

}  // namespace interlock::experiment
