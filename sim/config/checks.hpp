#pragma once

// What can be seen to be wrong with a workload before it runs.

#include <vector>

#include "models/workload/program.hpp"
#include "sim/config/node.hpp"

namespace interlock::config {

/// `places` says where each step was written, by its number.
void check_workload(const workload::Workload& work, const std::vector<Place>& places);

// Its parts.

/// A lock is released only by who holds it, and held by nobody at the end.
void check_locks(const workload::Workload& work, const std::vector<Place>& places);

/// A queue that is taken from is put into; a block that is used is allocated.
void check_uses(const workload::Workload& work, const std::vector<Place>& places);

/// No program spawns itself, and nothing spawns too much.
void check_spawns(const workload::Workload& work, const std::vector<Place>& places);

}  // namespace interlock::config
