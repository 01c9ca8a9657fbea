#pragma once

// Programs, tasks and what they share: the part of a scenario that says what
// the work is.

#include "models/workload/program.hpp"
#include "sim/config/steps.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// `root` is the scenario's own mapping; only its fields of the workload are
/// looked at. `stated`: what the machine has that steps may ask for.
workload::Workload read_workload(const Node& root, const hardware::Machine& machine, Stated stated);

/// Whether a field of the scenario is one of those: programs, tasks, queues, …
bool of_workload(std::string_view field);

/// The size of a declared block, while it is read.
struct DataDraft {
    std::string name;
    workload::Amount bytes;
    Place place;
};

const Table<workload::Queue>& queue_table();
const Table<workload::Object>& object_table();
const Table<workload::NamedBarrier>& barrier_table();
const Table<DataDraft>& data_table();

}  // namespace interlock::config
