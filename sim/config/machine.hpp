#pragma once

#include "models/hardware/machine.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

class Profile;

/// A preset by name, or a mapping of fields over a preset or over a bare
/// machine of one core. `profile`: what `host` is; refused without.
hardware::Machine read_machine(const Node& node, const Profile* profile = nullptr);

/// Whether the machine is `host`, or starts from it.
bool is_host(const Node& machine);

const Table<hardware::Machine>& machine_table();
const Table<hardware::Costs>& costs_table();

/// Nodes of memory that a machine may have.
inline constexpr std::uint32_t nodes_max = 64;

/// Behind `numa`, and behind `cache`.
const Table<hardware::Numa>& numa_table();
const Table<hardware::CpuCache>& cpu_cache_table();

/// Behind `smt_speed`, `matrix`, a class in it, and `dispatch`.
const Table<hardware::Machine>& siblings_table();
const Table<hardware::SiblingMatrix>& matrix_table();
const Table<hardware::SiblingMatrix::value_type>& matrix_row_table();
const Table<hardware::DispatchShares>& dispatch_table();

}  // namespace interlock::config
