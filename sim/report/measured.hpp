#pragma once

// A prediction beside what real runs took: what sim/host measured, as numbers
// that the writers of this room print.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/outcome.hpp"
#include "sim/stats/accuracy.hpp"
#include "sim/stats/median.hpp"

namespace interlock::report {

enum class Fit : std::uint8_t {
    baseline,      ///< what the others are compared with: no case
    within,        ///< the error is within the bound, or the prediction inside the interval
    off,           ///< it is not
    inconclusive,  ///< the host was too disturbed to tell
    skipped,       ///< not run: the reason says which step or machine, and why
    failed,        ///< its real run crashed or hung
};

/// One row: a strategy on a backend. Times in seconds.
struct Measured {
    Fit fit = Fit::skipped;
    std::string reason{};      ///< skipped, failed, inconclusive: why
    std::size_t samples = 0;   ///< undisturbed ones
    std::size_t repeated = 0;  ///< measured again, for they were disturbed
    double makespan = 0;       ///< median
    std::optional<stats::Interval> makespan_ci95{};
    std::optional<double> speedup{};
    std::optional<stats::Interval> speedup_ci95{};
    std::optional<double> error{};  ///< of the speedup, signed; none of the baseline
    double noise = 0;               ///< error of the odd rounds as a prediction of the even ones
    double bound = 0;               ///< that the error was held against
    double cpu = 0;                 ///< CPU seconds, median
    std::vector<MarkFigures> marks{};
    double ideal = 1;   ///< speedup that "N workers, N times as fast" predicts
    double amdahl = 1;  ///< the same of what need not hold the lock
};

/// A scenario on a backend: `measured` is in step with `predicted.strategies`.
struct Comparison {
    std::string backend;
    Outcome predicted;
    std::vector<Measured> measured;
};

struct ScenarioValidation {
    std::string scenario;
    std::string file;
    std::vector<Comparison> backends;
};

struct HostFacts {
    std::vector<std::uint32_t> cpus;  ///< that may be used
    std::string model;
    std::string kernel;
    std::vector<std::string> interpreters;  ///< backends that ran
    std::string profile;                    ///< where the calibration lies
    std::uint32_t rounds = 0;
};

struct Summary {
    std::size_t rows = 0;  ///< all, the baselines included
    stats::Accuracy errors;
    double noise_floor = 0;  ///< mean of the rows' noise
    double rank_correlation = 0;
    double regret = 0;          ///< the largest of any scenario on any backend
    double inside_ci95 = 0;     ///< share of predictions inside the measured interval
    double ideal_mape = 0;      ///< of "N workers, N times as fast"
    double amdahl_mape = 0;     ///< of Amdahl's law with the lock as the serial part
    std::size_t off = 0;        ///< rows beyond their bound
    std::size_t far_off = 0;    ///< rows off by more than 20 %
    std::size_t unsettled = 0;  ///< inconclusive
    std::size_t skipped = 0;
    std::size_t failed = 0;
    std::size_t repeated = 0;  ///< samples measured again
};

struct Validation {
    HostFacts host;
    std::vector<ScenarioValidation> scenarios;
};

/// Of all rows, or of one backend's.
Summary summary(const Validation& validation, const std::optional<std::string>& backend = {});

const char* name_of(Fit fit);

}  // namespace interlock::report
