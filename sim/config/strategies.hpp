#pragma once

// Strategies: flat mappings, in which a list where one value is expected
// stands for a strategy a value.

#include "models/scenario.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// One strategy, every list that stood for several replaced by one value.
struct Variant {
    Node node;              ///< a mapping
    std::string text;       ///< "processes: 4, start: spawn"
    std::string canonical;  ///< the same for the same options in another order
};

/// What an item of `strategies` (or the strategy of an expectation) stands
/// for, the first list varying slowest.
std::vector<Variant> variants_of(const Node& item);

/// A strategy while it is read. The nodes lie in the variant's.
struct StrategyDraft {
    models::Strategy strategy;
    const Node* kind = nullptr;
    const Node* machine = nullptr;
    const Node* interpreter = nullptr;
    const Node* os = nullptr;
    const Node* set = nullptr;
    const Node* baseline = nullptr;
    std::optional<bool> ready;
};

StrategyDraft read_strategy(const Variant& variant);

const Table<StrategyDraft>& strategy_table();
/// Of these, what a strategy is: one of them, or `processes` with `threads` or `asyncio`.
const Table<StrategyDraft>& strategy_kind_table();

}  // namespace interlock::config
