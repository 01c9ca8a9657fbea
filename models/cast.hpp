#pragma once

// What a strategy makes of the work: the units it is cut into, the scripts of
// the main thread, of workers and helpers, and who is there at time 0.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/interpreter/board.hpp"
#include "models/interpreter/script.hpp"
#include "models/scenario.hpp"
#include "models/workload/program.hpp"

namespace interlock::models {

/// A thread or process that is up before time 0 (`ready: true`).
struct ReadyChild {
    std::string name;
    interpreter::ScriptId script{};
    bool process = false;
    std::uint32_t threads = 0;  ///< that it has started
    interpreter::ScriptId of_threads{};
};

/// The thread of a periodic task, which takes its jobs from a source of its own.
struct PeriodicThread {
    std::size_t task = 0;
    interpreter::ScriptId script{};
    interpreter::SourceId source{};
};

struct Cast {
    interpreter::Scripts scripts;
    std::vector<interpreter::Unit> units;
    std::optional<interpreter::ScriptId> main;  ///< none: `direct`
    interpreter::ScriptId self_starting{};      ///< of tasks that nobody starts
    std::vector<ReadyChild> ready;
    std::uint32_t sources = 1;  ///< the board included
    std::vector<PeriodicThread> periodic;
    std::size_t collected = 0;        ///< units a pool's results are waited for
    std::vector<std::string> stated;  ///< assumptions taken, in words
};

/// Whether a pool's worker handler is woken by results (see Runtime::pool_watch). Not
/// where system calls take no time, nor under a policy that never preempts: there it
/// would never let the result handler read them.
bool watches_results(const Case& question);

Cast make_cast(const Case& question, const std::vector<workload::Instance>& instances);

}  // namespace interlock::models
