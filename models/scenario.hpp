#pragma once

// The whole question as plain structs. sim/config reads it from a file; every
// override (--set, a strategy's own machine, os, interpreter, set) has been
// applied, so that a case is complete by itself.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/interpreter/runtime.hpp"
#include "models/os/settings.hpp"
#include "models/workload/program.hpp"

namespace interlock::models {

/// servers: processes with threads, or an event loop, in each.
enum class StrategyKind : std::uint8_t {
    serial,
    threads,
    processes,
    interpreters,
    asyncio,
    servers,
    direct
};

/// Whether it starts workers.
constexpr bool has_workers(StrategyKind kind) {
    return kind != StrategyKind::serial && kind != StrategyKind::asyncio &&
           kind != StrategyKind::direct;
}
/// Whether each worker has an interpreter of its own, and so a lock.
constexpr bool has_interpreters(StrategyKind kind) {
    return kind == StrategyKind::processes || kind == StrategyKind::interpreters ||
           kind == StrategyKind::servers;
}

struct Strategy {
    std::string name;  ///< as printed: "processes: 4, start: spawn"
    StrategyKind kind = StrategyKind::serial;
    std::uint32_t workers = 1;  ///< serial and direct: 1; asyncio: tasks in flight
    std::uint32_t in_each = 1;  ///< servers: threads or routines in each process
    bool event_loops = false;   ///< tasks are routines of event loops: asyncio, and servers with it
    bool pool = false;
    bool mn_threads = false;  ///< the threads share a native one
    std::optional<std::uint32_t> chunksize;
    std::optional<interpreter::StartMethod> start;
    bool ready = false;                   ///< the workers are up before time 0
    std::optional<std::string> baseline;  ///< name of the strategy that speedups refer to
    /// The options as the user wrote them, for the JSON: key and JSON text.
    std::vector<std::pair<std::string, std::string>> options;

    /// Whether several threads run the code of one interpreter.
    bool needs_threads() const {
        return kind == StrategyKind::threads || kind == StrategyKind::direct ||
               (kind == StrategyKind::servers && !event_loops);
    }
    /// Threads that may do work at the same time.
    std::uint32_t threads() const {
        if (kind == StrategyKind::asyncio) return 1;
        return kind == StrategyKind::servers && !event_loops ? workers * in_each : workers;
    }
};

/// One strategy with all it needs.
struct Case {
    Strategy strategy;
    hardware::Machine machine;
    os::Settings os;
    interpreter::Runtime runtime;
    hardware::Speed
        reference;  ///< speed of the scenario's interpreter, for which `compute` is told
    workload::Workload workload;
    std::optional<std::string> unavailable;  ///< why this cell cannot be
};

/// A line of `expect`.
struct Expectation {
    std::string strategy;  ///< the strategy's name, resolved to an existing one
    std::string field;     ///< path in the strategy's JSON: "makespan_s", "lock.held_share",
                           ///< "threads.0.running_s"
    std::optional<double> at_least;
    std::optional<double> at_most;
    std::optional<double> equals;
    std::optional<double> within;     ///< of `equals`: relative (0.2 for 20%); none: exactly
    std::optional<std::string> text;  ///< equals, of a field that is text ("deadlock")
    std::string source;
    std::string where;  ///< "file:line:column"
};

struct Scenario {
    std::string name;
    std::string file;
    std::uint64_t seed = 1;
    std::optional<std::uint32_t> replications;  ///< none: 20 where anything is drawn, else 1
    std::optional<kernel::Duration> warmup;
    std::optional<kernel::Duration> until;
    std::uint64_t events_max = 1'000'000'000;
    std::vector<Case> cases;
    std::vector<Expectation> expectations;
};

}  // namespace interlock::models
