#pragma once

// The scenario's own fields: those of the whole, not of a strategy.

#include "models/scenario.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// Most fields are read elsewhere, once a strategy; the table has them all.
const Table<models::Scenario>& scenario_table();

/// Fields of which a strategy may have its own: machine, os, programs, ….
bool of_strategy(std::string_view field);

}  // namespace interlock::config
