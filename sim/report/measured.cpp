#include "sim/report/measured.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace interlock::report {

namespace {

/// Rows that have an error, and what it is compared with.
struct Cases {
    std::vector<double> errors;
    std::vector<double> ideal;
    std::vector<double> amdahl;
    std::vector<double> predicted;
    std::vector<double> measured;
    double noise = 0;
    std::size_t inside = 0;

    void add(const StrategyOutcome& row, const Measured& it) {
        errors.push_back(*it.error);
        ideal.push_back(stats::relative_error(it.ideal, *it.speedup));
        amdahl.push_back(stats::relative_error(it.amdahl, *it.speedup));
        predicted.push_back(*row.speedup);
        measured.push_back(*it.speedup);
        noise += it.noise;
        if (it.speedup_ci95 && it.speedup_ci95->low <= *row.speedup &&
            *row.speedup <= it.speedup_ci95->high)
            ++inside;
    }
};

double regret_of(const Comparison& comparison) {
    std::vector<double> predicted;
    std::vector<double> measured;
    for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
        const auto& row = comparison.predicted.strategies[i];
        const auto& it = comparison.measured[i];
        if (!it.speedup || !row.makespan) continue;
        predicted.push_back(*row.makespan);
        measured.push_back(it.makespan);
    }
    return stats::regret(predicted, measured);
}

void count(Summary& into, const Measured& it) {
    constexpr double far = 0.2;
    ++into.rows;
    into.repeated += it.repeated;
    if (it.fit == Fit::off) ++into.off;
    if (it.fit == Fit::inconclusive) ++into.unsettled;
    if (it.fit == Fit::skipped) ++into.skipped;
    if (it.fit == Fit::failed) ++into.failed;
    if (it.error && std::abs(*it.error) > far) ++into.far_off;
}

}  // namespace

Summary summary(const Validation& validation, const std::optional<std::string>& backend) {
    Summary all;
    Cases cases;
    for (const auto& scenario : validation.scenarios)
        for (const auto& comparison : scenario.backends) {
            if (backend && comparison.backend != *backend) continue;
            for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
                const auto& it = comparison.measured[i];
                count(all, it);
                if (it.error) cases.add(comparison.predicted.strategies[i], it);
            }
            all.regret = std::max(all.regret, regret_of(comparison));
        }
    all.errors = stats::accuracy(cases.errors);
    all.rank_correlation = stats::rank_correlation(cases.predicted, cases.measured);
    all.ideal_mape = stats::accuracy(cases.ideal).mape;
    all.amdahl_mape = stats::accuracy(cases.amdahl).mape;
    const auto number = static_cast<double>(std::max<std::size_t>(cases.errors.size(), 1));
    all.noise_floor = cases.noise / number;
    all.inside_ci95 = static_cast<double>(cases.inside) / number;
    return all;
}

const char* name_of(Fit fit) {
    switch (fit) {
    case Fit::baseline: return "baseline";
    case Fit::within: return "within";
    case Fit::off: return "off";
    case Fit::inconclusive: return "inconclusive";
    case Fit::skipped: return "skipped";
    case Fit::failed: return "failed";
    }
    return "";
}

}  // namespace interlock::report
