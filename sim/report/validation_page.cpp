// The page that tells how well predictions fit, in Markdown.

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "sim/report/text.hpp"
#include "sim/report/validation.hpp"
#include "sim/report/version.hpp"

namespace interlock::report {

namespace {

std::string signed_percent(double share) { return fmt::format("{:+.1f} %", share * 100); }

std::set<std::string> backends_of(const Validation& validation) {
    std::set<std::string> names;
    for (const auto& scenario : validation.scenarios)
        for (const auto& comparison : scenario.backends) names.insert(comparison.backend);
    return names;
}

std::string summary_row(const std::string& name, const Summary& it) {
    return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {:.2f} | {} | {} | {} |\n", name,
                       it.errors.cases, percent_text(it.errors.mape), percent_text(it.noise_floor),
                       percent_text(it.errors.p90), percent_text(it.errors.max), it.off,
                       it.unsettled, it.rank_correlation, percent_text(it.regret),
                       percent_text(it.ideal_mape), percent_text(it.amdahl_mape));
}

std::string summaries(const Validation& validation) {
    std::string text =
        "| backend | cases | mean error | noise floor | nine of ten within | largest | "
        "off | inconclusive | rank correlation | regret | \"N times\" off by | "
        "Amdahl off by |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    for (const auto& name : backends_of(validation))
        text += summary_row(name, summary(validation, name));
    return text + summary_row("all", summary(validation));
}

std::string row_text(const Comparison& comparison, std::size_t i) {
    const auto& row = comparison.predicted.strategies[i];
    const auto& it = comparison.measured[i];
    const bool ran = it.makespan > 0;
    return fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", comparison.backend, row.strategy.name,
        row.makespan ? seconds_text(*row.makespan) : name_of(row.ended),
        ran ? seconds_text(it.makespan) : "-", row.speedup ? ratio_text(*row.speedup) : "-",
        it.speedup ? ratio_text(*it.speedup) : "-", it.error ? signed_percent(*it.error) : "",
        it.error ? percent_text(it.noise) : "",
        it.reason.empty() ? name_of(it.fit) : fmt::format("{}: {}", name_of(it.fit), it.reason));
}

std::string latencies(const ScenarioValidation& scenario) {
    std::string rows;
    for (const auto& comparison : scenario.backends)
        for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
            const auto& row = comparison.predicted.strategies[i];
            for (const auto& measured : comparison.measured[i].marks)
                for (const auto& predicted : row.marks) {
                    if (predicted.from != measured.from || predicted.to != measured.to) continue;
                    const auto cell = [&](double p) {
                        const auto expected = predicted.latency.quantile(p) / 1e9;
                        const auto found = measured.latency.quantile(p) / 1e9;
                        return fmt::format(
                            "{} | {} | {}", seconds_text(expected), seconds_text(found),
                            found > 0 ? signed_percent((expected - found) / found) : "");
                    };
                    rows += fmt::format("| {} | {} | {} to {} | {} | {} |\n", comparison.backend,
                                        row.strategy.name, measured.from, measured.to, cell(0.5),
                                        cell(0.9));
                }
        }
    if (rows.empty()) return "";
    return "\n| backend | strategy | latency | p50 predicted | measured | error | p90 predicted | "
           "measured | error |\n|---|---|---|---|---|---|---|---|---|\n" +
           rows;
}

std::string scenario_text(const ScenarioValidation& scenario) {
    std::string text = fmt::format(
        "### {}\n\n| backend | strategy | predicted | measured | speedup predicted | measured | "
        "error | noise | |\n|---|---|---|---|---|---|---|---|---|\n",
        scenario.scenario);
    for (const auto& comparison : scenario.backends)
        for (std::size_t i = 0; i < comparison.measured.size(); ++i)
            text += row_text(comparison, i);
    return text + latencies(scenario) + '\n';
}

}  // namespace

std::string validation_page(const Validation& validation, const std::string& command) {
    const auto& host = validation.host;
    std::string text = fmt::format(
        "## The figures\n\n`{}`, Interlock {}, on {} CPUs ({}), Linux {}; {} rounds after a "
        "warm-up, the strategies of a scenario in a new random order in each.\n\n",
        command, version, host.cpus.size(), host.model, host.kernel, host.rounds);
    text += summaries(validation) + "\n## The rows\n\n";
    for (const auto& scenario : validation.scenarios) text += scenario_text(scenario);
    return text;
}

}  // namespace interlock::report
