#pragma once

// Expectations: what makes a scenario a test.

#include "models/scenario.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// A strategy as expectations and baselines may refer to it.
struct Known {
    std::string name;       ///< complete, as printed: with what --set appended
    std::string own_name;   ///< without that
    std::string canonical;  ///< of its own text
    std::string suffix;     ///< what --set appended
};

/// An expectation while it is read.
struct ExpectationDraft {
    models::Expectation expectation;
    const Node* strategy = nullptr;
    const Node* equals = nullptr;
};

/// One expectation for every strategy that is meant.
std::vector<models::Expectation> read_expectations(const Node& node,
                                                   const std::vector<Known>& strategies);

const Table<ExpectationDraft>& expectation_table();

/// Those that `node` (a name, or a strategy in full) means; at least one.
std::vector<const Known*> strategies_meant(const Node& node, const std::vector<Known>& strategies);

}  // namespace interlock::config
