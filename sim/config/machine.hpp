#pragma once

#include "models/hardware/machine.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// A preset by name, or a mapping of fields over a preset or over a bare
/// machine of one core.
hardware::Machine read_machine(const Node& node);

const Table<hardware::Machine>& machine_table();
const Table<hardware::Costs>& costs_table();

}  // namespace interlock::config
