#pragma once

// What a run has found, replications merged: the one thing that every writer
// of this room reads. Times are in seconds, for a median may lie between two
// nanoseconds. sim/experiment fills it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/predict.hpp"
#include "models/scenario.hpp"
#include "sim/stats/median.hpp"
#include "sim/stats/quantiles.hpp"

namespace interlock::report {

struct Assumptions {
    std::string machine;
    std::string policy;
    std::string interpreter;
    std::string lock;
    std::string costs;  ///< default, calibrated, none or given

    friend bool operator==(const Assumptions&, const Assumptions&) = default;
};

/// Where the threads' lives went, in seconds. `slowed` is part of running.
struct Totals {
    double running = 0;
    double lock_wait = 0;
    double cpu_wait = 0;
    double io = 0;
    double blocked = 0;
    double slowed = 0;

    double life() const { return running + lock_wait + cpu_wait + io + blocked; }
};

struct QueueFigures {
    std::string name;
    std::uint64_t length_max = 0;
    double put_wait = 0;
    double get_wait = 0;
};

struct MarkFigures {
    std::string from;
    std::string to;
    std::uint64_t count = 0;
    double rate_per_second = 0;
    stats::Quantiles latency;  ///< ns
};

/// One strategy: a row of the table, an object of the JSON.
struct StrategyOutcome {
    models::Strategy strategy;
    Assumptions assumptions;
    std::uint32_t replications = 1;
    models::Ended ended = models::Ended::done;
    std::optional<std::string> reason;  ///< unavailable, bound: why
    std::optional<double> makespan;     ///< if done
    std::optional<stats::Interval> makespan_ci95;
    std::string baseline;  ///< the strategy that the speedup refers to
    std::optional<double> speedup;
    std::optional<stats::Interval> speedup_ci95;
    std::optional<double> efficiency;      ///< speedup / workers
    std::optional<double> makespan_lower;  ///< none if unavailable
    std::optional<double> speedup_upper;
    double throughput = 0;
    Totals totals;
    std::vector<models::TaskResult> by_task;  ///< percentiles pooled
    std::optional<models::LockResult> lock;   ///< percentiles pooled
    models::CpuResult cpu;
    std::optional<models::QuotaResult> quota;
    std::vector<models::ObjectResult> objects;
    std::vector<QueueFigures> queues;
    std::vector<models::DeviceResult> devices;  ///< percentiles pooled
    std::uint64_t memory_peak = 0;
    std::vector<models::ThreadResult> threads;      ///< of replication 0
    std::vector<models::InstanceResult> instances;  ///< of replication 0
    std::vector<std::uint32_t> completion_order;    ///< of replication 0
    std::vector<MarkFigures> marks;
    std::vector<models::Finding> findings;
    std::string why;
    std::vector<std::string> stated;  ///< assumptions taken, in words
};

struct Outcome {
    std::string scenario;
    std::uint64_t seed = 1;
    std::uint32_t replications = 1;  ///< the most that any strategy had
    std::uint64_t fingerprint = 0;   ///< of all records of all replications
    std::uint64_t events = 0;
    std::vector<StrategyOutcome> strategies;
};

/// The word of the JSON and the table: "out_of_memory".
const char* name_of(models::Ended ended);
/// The word of the scenario file: "processes".
const char* name_of(models::StrategyKind kind);

}  // namespace interlock::report
