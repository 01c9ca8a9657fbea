#pragma once

// Tasks: which program, how many, when, after what.

#include "models/workload/program.hpp"
#include "sim/config/names.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// What a task waits for, while the other tasks are not all known.
struct AfterDraft {
    std::string task;
    bool each = false;
    Place place;
};

struct TaskDraft {
    workload::Task task;
    std::vector<AfterDraft> after;
    std::optional<kernel::Duration> period;
    std::optional<kernel::Duration> offset;
    std::optional<bool> on_miss;  ///< abort
    const WorkloadNames* names = nullptr;
    Place place;
    Place name_place;
    Place sched_place;
};

/// Reads the list, checks names, counts and the order that `after` asks for.
std::vector<workload::Task> read_tasks(const Node& node, const WorkloadNames& names);

const Table<TaskDraft>& task_table();
const Table<workload::Arrival>& arrival_table();
const Table<workload::Payload>& payload_table();
const Table<workload::Scheduling>& sched_table();

/// Any task that arrives by rate: then workers are up before time 0.
bool arrives_by_rate(const std::vector<workload::Task>& tasks);

}  // namespace interlock::config
