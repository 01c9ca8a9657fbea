#pragma once

// A case as the drivers of real interpreters read it: one replication, all its
// draws made, so that a real run does the work that was simulated.
//
//   { "plan": 1,
//     "strategy": {"kind": "threads", "workers": 4, "pool": false, "ready": false,
//                  "chunksize": null, "start": "fork"},
//     "switch_interval_ns": 5000000,             // null: the interpreter's own
//     "programs": [[step, ...], ...],
//     "tasks": [{"name", "program", "process", "background", "nice", "singly",
//                "after": [{"task", "each"}]}, ...],
//     "instances": [{"task", "number", "arrival_ns", "bytes_in", "bytes_out",
//                    "draws": {"7": [[of its own visits], [of the first it spawned], ...]}}, ...],
//     "locks": 1, "conditions": 0, "objects": 1, "blocks": 0, "marks": 2,
//     "queues": [{"capacity", "over", "producers"}, ...], "barriers": [parties, ...],
//     "data": [{"block", "bytes"}, ...] }
//
//   step: {"do": "compute", "place": 7, "ns": 5000000}   // without "ns" it is drawn: see "draws"
//
// Times are whole nanoseconds, sizes bytes. The n-th visit of a step takes the
// n-th of its draws, and after the last the first again.

#include <cstdint>
#include <stdexcept>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "models/scenario.hpp"

namespace interlock::host {

/// The case has more draws than can be handed over, or steps without end.
class Unplannable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws Unplannable.
nlohmann::json plan_of(const models::Case& question, std::uint64_t seed, std::uint32_t replication);

}  // namespace interlock::host
