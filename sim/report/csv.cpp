#include "sim/report/csv.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace interlock::report {

namespace {

using Row = std::vector<std::pair<std::string, std::string>>;

/// The shortest digits that read back as the same number.
std::string number(double value) { return fmt::format("{}", value); }
std::string number(std::uint64_t value) { return fmt::format("{}", value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : ""; }

std::string low(const std::optional<stats::Interval>& interval) {
    return interval ? number(interval->low) : "";
}
std::string high(const std::optional<stats::Interval>& interval) {
    return interval ? number(interval->high) : "";
}

void add_question(Row& row, const Outcome& outcome, const StrategyOutcome& strategy) {
    const auto& assumptions = strategy.assumptions;
    row.insert(row.end(), {{"scenario", outcome.scenario},
                           {"seed", number(outcome.seed)},
                           {"replications", number(std::uint64_t{strategy.replications})},
                           {"strategy", strategy.strategy.name},
                           {"kind", name_of(strategy.strategy.kind)},
                           {"workers", number(std::uint64_t{strategy.strategy.workers})},
                           {"baseline", strategy.baseline},
                           {"machine", assumptions.machine},
                           {"policy", assumptions.policy},
                           {"interpreter", assumptions.interpreter},
                           {"lock", assumptions.lock},
                           {"costs", assumptions.costs}});
}

void add_times(Row& row, const StrategyOutcome& strategy) {
    const auto& totals = strategy.totals;
    row.insert(row.end(), {{"ended", name_of(strategy.ended)},
                           {"makespan_s", number(strategy.makespan)},
                           {"makespan_low_s", low(strategy.makespan_ci95)},
                           {"makespan_high_s", high(strategy.makespan_ci95)},
                           {"speedup", number(strategy.speedup)},
                           {"speedup_low", low(strategy.speedup_ci95)},
                           {"speedup_high", high(strategy.speedup_ci95)},
                           {"efficiency", number(strategy.efficiency)},
                           {"makespan_lower_s", number(strategy.makespan_lower)},
                           {"speedup_upper", number(strategy.speedup_upper)},
                           {"throughput_per_s", number(strategy.throughput)},
                           {"running_s", number(totals.running)},
                           {"lock_wait_s", number(totals.lock_wait)},
                           {"cpu_wait_s", number(totals.cpu_wait)},
                           {"io_s", number(totals.io)},
                           {"blocked_s", number(totals.blocked)},
                           {"slowed_s", number(totals.slowed)}});
}

void add_lock(Row& row, const std::optional<models::LockResult>& lock) {
    const auto wait = [&](double p) {
        if (!lock) return std::string();
        constexpr double nanoseconds = 1e9;
        return number(lock->waits.count() > 0
                          ? static_cast<double>(lock->waits.quantile(p)) / nanoseconds
                          : 0.0);
    };
    row.emplace_back("lock_held_share", lock ? number(lock->held_share) : "");
    for (const auto& count : record::lock_counts)
        row.emplace_back(fmt::format("lock_{}", count.name),
                         lock ? number(lock->counts.*count.field) : "");
    row.insert(row.end(), {{"lock_wait_p50_s", wait(0.5)},
                           {"lock_wait_p90_s", wait(0.9)},
                           {"lock_wait_p99_s", wait(0.99)}});
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const auto value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

Row row_of(const Outcome& outcome, const StrategyOutcome& strategy) {
    Row row;
    add_question(row, outcome, strategy);
    add_times(row, strategy);
    add_lock(row, strategy.lock);
    row.insert(row.end(), {{"cpu_utilization_mean", number(mean(strategy.cpu.utilization))},
                           {"context_switches", number(strategy.cpu.context_switches)},
                           {"migrations", number(strategy.cpu.migrations)},
                           {"memory_peak_bytes", number(strategy.memory_peak)}});
    return row;
}

}  // namespace

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const auto letter : text) {
        if (letter == '"') quoted += '"';
        quoted += letter;
    }
    return quoted + '"';
}

std::string csv_text(const Outcome& outcome) {
    std::string header;
    std::string lines;
    for (const auto& strategy : outcome.strategies) {
        header.clear();
        std::string line;
        for (const auto& [name, value] : row_of(outcome, strategy)) {
            const auto* const separator = header.empty() ? "" : ",";
            header.append(separator).append(name);
            line.append(separator).append(csv_field(value));
        }
        lines += line + '\n';
    }
    return header + '\n' + lines;
}

}  // namespace interlock::report
