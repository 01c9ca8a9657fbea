#pragma once

// Durations and sizes that may be drawn: a value, or a distribution.

#include "models/workload/amount.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

enum class Quantity : std::uint8_t { duration, size };

/// A distribution while it is read: its parameters are durations or sizes.
struct AmountDraft {
    workload::Amount amount;
    Quantity quantity = Quantity::duration;
};

workload::Amount read_amount(const Node& node, Quantity quantity);

/// The distributions by name; the value behind the name is the field.
const Table<AmountDraft>& distribution_table();

/// The fields of those that take a mapping: lognormal, pareto, erlang.
const Table<AmountDraft>& distribution_fields(std::string_view distribution);

}  // namespace interlock::config
