#pragma once

// The whole answer, of one replication of one strategy, as plain structs; and
// the one function that gives it. sim/experiment merges replications.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/record/books.hpp"
#include "models/scenario.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/trace.hpp"
#include "sim/stats/quantiles.hpp"

namespace interlock::models {

enum class Ended : std::uint8_t { done, deadlock, out_of_memory, bound, unavailable };

struct Finding {
    std::string kind;  ///< convoy, race, deadlock, oversubscribed, out_of_memory, starvation
    std::string text;
};

/// Where a thread's life went; the five sum to it. `slowed` is part of running.
struct Spent {
    kernel::Duration running{};
    kernel::Duration lock_wait{};
    kernel::Duration cpu_wait{};
    kernel::Duration io{};
    kernel::Duration blocked{};
    kernel::Duration slowed{};
};

struct ThreadResult {
    std::string name;
    std::uint32_t process = 0;
    Spent spent;
    stats::Quantiles lock_waits;  ///< ns, of contended requests: request to grant
    std::uint64_t drop_requests = 0;
};

struct InstanceResult {
    std::uint32_t task = 0;  ///< index of the workload's task
    std::string name;
    kernel::Time arrival{};
    std::optional<kernel::Time> first_run;
    std::optional<kernel::Time> finish;
    kernel::Duration cpu{};
    kernel::Duration io{};
};

struct LockResult {
    double held_share = 0;  ///< of the makespan; of the busiest lock
    record::LockCounts counts;
    stats::Quantiles waits;  ///< ns, of contended requests
};

struct CpuResult {
    std::vector<double> utilization;  ///< a hardware thread each
    std::uint64_t context_switches = 0;
    std::uint64_t migrations = 0;
};

/// Of the quota of CPU time; the words are those of cpu.stat.
struct QuotaResult {
    std::uint64_t periods = 0;
    std::uint64_t throttled_periods = 0;
    kernel::Duration throttled{};         ///< of all CPUs
    kernel::Duration holder_throttled{};  ///< with the holder of an interpreter lock on such a CPU
};

struct ObjectResult {
    std::string name;
    std::uint64_t writes = 0;
    std::uint64_t lost = 0;
    kernel::Duration count_wait{};  ///< threads for its reference count, at other CPUs
};

struct QueueResult {
    std::string name;
    std::uint32_t length_max = 0;
    kernel::Duration put_wait{};
    kernel::Duration get_wait{};
};

struct DeviceResult {
    std::string name;
    std::uint64_t served = 0;
    /// Of its servers, its bandwidth or the operations that it could let in, whichever is most;
    /// 0 without any. What is under way at the end counts as far as it has come.
    double utilization = 0;
    std::uint64_t queue_max = 0;  ///< operations that waited at the same time
    stats::Quantiles waits;       ///< ns, from reaching it until a server took it
    stats::Quantiles responses;   ///< ns, from reaching it until it was done
};

/// Latencies between one task's consecutive marks.
struct MarkResult {
    std::string from;
    std::string to;
    double rate_per_second = 0;
    stats::Quantiles latency;  ///< ns
};

/// Of one task: turnaround (completion - arrival) of its instances.
struct TaskResult {
    std::string name;
    std::uint64_t count = 0;  ///< finished after the warm-up
    bool has_deadline = false;
    std::uint64_t missed = 0;     ///< of those deadlines
    stats::Quantiles turnaround;  ///< ns
};

/// Zero-cost laws of work, span and lock.
struct Bounds {
    kernel::Duration makespan_lower{};
};

struct Result {
    Ended ended = Ended::done;
    std::optional<std::string> reason;  ///< unavailable, bound: why
    std::optional<kernel::Duration>
        makespan;  ///< from main's first start until all is joined; if done
    Bounds bounds;
    double throughput = 0;        ///< tasks finished a second, after the warm-up
    Spent totals;                 ///< of all threads
    kernel::Duration observed{};  ///< from the end of the warm-up on
    std::vector<TaskResult> by_task;
    std::optional<LockResult> lock;
    CpuResult cpu;
    std::optional<QuotaResult> quota;
    std::vector<ObjectResult> objects;
    std::vector<QueueResult> queues;
    std::vector<DeviceResult> devices;
    std::uint64_t memory_peak = 0;
    std::vector<ThreadResult> threads;
    std::vector<InstanceResult> instances;        ///< in file order, at most 10 000
    std::vector<std::uint32_t> completion_order;  ///< indices of instances as they finished
    std::vector<MarkResult> marks;
    std::vector<Finding> findings;
    std::string why;  ///< one sentence: why it took so long, or so little
    std::uint64_t fingerprint = 0;
    std::uint64_t events = 0;
    std::vector<std::string>
        stated;  ///< assumptions taken, in words ("workers are up before time 0")
};

struct PredictOptions {
    std::uint64_t seed = 1;
    std::uint32_t replication = 0;
    std::optional<kernel::Duration> warmup;
    std::optional<kernel::Duration> until;
    std::uint64_t events_max = 1'000'000'000;
    std::vector<kernel::TraceSink*> sinks;  ///< further readers of the records: the timeline
};

/// Simulates one case. Deterministic: same case, options and version, same result.
/// Throws kernel::BrokenInvariant when the simulation contradicts itself.
Result predict(const Case& question, const PredictOptions& options);

/// Whether replications of this case differ (something is drawn: a duration,
/// an arrival, the phase of the tick).
bool random(const Case& question);

}  // namespace interlock::models
