#pragma once

#include "models/hardware/device.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// Devices by name: each a preset, or a mapping of fields over a preset or over nothing.
std::vector<hardware::Device> read_devices(const Node& node);

const Table<hardware::Device>& device_table();
const Table<hardware::Cache>& cache_table();

}  // namespace interlock::config
