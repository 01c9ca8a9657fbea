#include "sim/host/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/check.hpp"
#include "sim/stats/accuracy.hpp"
#include "sim/stats/median.hpp"

namespace interlock::host {

namespace {

using report::Fit;
using report::Measured;

/// Makespans of rounds in which both had an undisturbed sample.
struct Pairs {
    std::vector<double> base;
    std::vector<double> own;

    double speedup() const { return stats::median(base) / stats::median(own); }
};

Pairs pairs(const Samples& base, const Samples& own) {
    Pairs both;
    for (const auto& sample : own.kept)
        for (const auto& other : base.kept)
            if (other.replication == sample.replication) {
                both.base.push_back(other.makespan);
                both.own.push_back(sample.makespan);
            }
    return both;
}

/// The odd rounds' speedup as a prediction of the even rounds'.
double noise_of(const Pairs& both) {
    Pairs odd;
    Pairs even;
    for (std::size_t i = 0; i < both.own.size(); ++i) {
        auto& half = i % 2 == 0 ? odd : even;
        half.base.push_back(both.base[i]);
        half.own.push_back(both.own[i]);
    }
    if (even.own.empty()) return 0;
    return std::abs(stats::relative_error(odd.speedup(), even.speedup()));
}

std::vector<report::MarkFigures> marks_of(const models::Case& question, const Samples& samples) {
    const auto& names = question.workload.marks;
    std::map<std::pair<std::uint32_t, std::uint32_t>, report::MarkFigures> found;
    for (const auto& sample : samples.kept)
        for (const auto& one : sample.latencies) {
            auto& figures = found[{one.from, one.to}];
            figures.from = names.at(one.from);
            figures.to = names.at(one.to);
            ++figures.count;
            figures.latency.add(std::max<std::int64_t>(0, std::llround(one.seconds * 1e9)));
        }
    std::vector<report::MarkFigures> all;
    all.reserve(found.size());
    for (auto& [places, figures] : found) all.push_back(std::move(figures));
    return all;
}

std::size_t row_named(const report::Outcome& outcome, const std::string& name) {
    std::size_t i = 0;
    while (i < outcome.strategies.size() && outcome.strategies[i].strategy.name != name) ++i;
    kernel::check(i < outcome.strategies.size(), "a baseline is a row");
    return i;
}

/// At most as many workers as there are tasks to do.
double crew_of(const models::Case& question, const report::StrategyOutcome& row) {
    std::uint64_t tasks = 0;
    for (const auto& task : row.by_task) tasks += task.count;
    const auto workers = std::max(1U, question.strategy.threads());
    return static_cast<double>(tasks == 0 ? workers : std::min<std::uint64_t>(workers, tasks));
}

/// 1 / (s + (1 - s) / n), where threads share a lock; s = 0 where each has its own.
double amdahl(double crew, double serial_part) {
    return 1 / (serial_part + (1 - serial_part) / crew);
}

class Comparer {
public:
    Comparer(const std::vector<models::Case>& cases, const report::Outcome& predicted,
             const std::vector<Samples>& samples, const CompareOptions& options)
        : cases_(cases), predicted_(predicted), samples_(samples), options_(options) {
        kernel::check(cases.size() == samples.size() && cases.size() == predicted.strategies.size(),
                      "each case has a prediction and samples");
    }

    Measured row(std::size_t i) const {
        const auto& samples = samples_[i];
        Measured it{.samples = samples.kept.size(), .repeated = samples.repeated};
        if (samples.skipped || samples.failed) {
            it.fit = samples.failed ? Fit::failed : Fit::skipped;
            it.reason = samples.failed ? *samples.failed : *samples.skipped;
            return it;
        }
        if (samples.kept.size() * 2 < options_.rounds || samples.kept.empty()) {
            it.fit = Fit::inconclusive;
            it.reason =
                fmt::format("{} of {} rounds were disturbed", samples.lost, options_.rounds);
            return it;
        }
        times(it, i);
        relate(it, i);
        return it;
    }

private:
    void times(Measured& it, std::size_t i) const {
        std::vector<double> makespans;
        std::vector<double> cpu;
        for (const auto& sample : samples_[i].kept) {
            makespans.push_back(sample.makespan);
            cpu.push_back(sample.cpu);
        }
        it.makespan = stats::median(makespans);
        it.makespan_ci95 = stats::bootstrap_median_ci95(makespans);
        it.cpu = stats::median(cpu);
        it.marks = marks_of(cases_[i], samples_[i]);
    }

    void relate(Measured& it, std::size_t i) const {
        const auto& row = predicted_.strategies[i];
        const auto base = row_named(predicted_, row.baseline);
        if (base == i) {
            it.fit = Fit::baseline;
            it.speedup = 1;
            return;
        }
        const auto both = pairs(samples_[base], samples_[i]);
        if (both.own.size() * 2 < options_.rounds || !row.speedup) {
            it.fit = Fit::inconclusive;
            it.reason = row.speedup ? "its baseline was disturbed" : "nothing was predicted";
            return;
        }
        it.speedup = both.speedup();
        it.speedup_ci95 = stats::paired_ratio_ci95(both.base, both.own);
        it.error = stats::relative_error(*row.speedup, *it.speedup);
        it.noise = noise_of(both);
        naive(it, i, base);
        judge(it, *row.speedup);
    }

    void naive(Measured& it, std::size_t i, std::size_t base) const {
        const auto& lock = predicted_.strategies[base].lock;
        const auto held = lock ? std::min(1.0, lock->held_share) : 0.0;
        const auto of = [&](std::size_t row, double serial_part) {
            const bool shared = cases_[row].strategy.kind == models::StrategyKind::threads;
            return amdahl(crew_of(cases_[row], predicted_.strategies[row]),
                          shared ? serial_part : 0);
        };
        it.ideal = of(i, 0) / of(base, 0);
        it.amdahl = of(i, held) / of(base, held);
    }

    void judge(Measured& it, double predicted) const {
        constexpr double at_least = 0.1;
        it.bound = options_.within.value_or(std::max(at_least, 2 * it.noise));
        const bool inside = it.speedup_ci95 && it.speedup_ci95->low <= predicted &&
                            predicted <= it.speedup_ci95->high;
        it.fit = inside || std::abs(*it.error) <= it.bound ? Fit::within : Fit::off;
    }

    const std::vector<models::Case>& cases_;
    const report::Outcome& predicted_;
    const std::vector<Samples>& samples_;
    const CompareOptions& options_;
};

}  // namespace

std::vector<Measured> compare(const std::vector<models::Case>& cases,
                              const report::Outcome& predicted, const std::vector<Samples>& samples,
                              const CompareOptions& options) {
    const Comparer comparer(cases, predicted, samples, options);
    std::vector<Measured> rows;
    rows.reserve(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) rows.push_back(comparer.row(i));
    return rows;
}

}  // namespace interlock::host
