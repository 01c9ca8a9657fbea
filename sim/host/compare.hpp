#pragma once

// Samples of real runs to rows beside their predictions.

#include <optional>
#include <vector>

#include "models/scenario.hpp"
#include "sim/host/rounds.hpp"
#include "sim/report/measured.hpp"

namespace interlock::host {

struct CompareOptions {
    /// A share that no error may pass; none: the larger of 10 % and twice the row's noise.
    std::optional<double> within;
    std::uint32_t rounds = 20;
};

/// A row for each strategy of the prediction, in step with cases and samples.
std::vector<report::Measured> compare(const std::vector<models::Case>& cases,
                                      const report::Outcome& predicted,
                                      const std::vector<Samples>& samples,
                                      const CompareOptions& options);

}  // namespace interlock::host
