#pragma once

// What a simulated thread does, as a flat list of instructions: programs and
// strategies alike are compiled to it, and the engine has one executor.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/os/operation.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::interpreter {

enum class ScriptId : std::uint32_t {};
enum class SourceId : std::uint32_t {
};  ///< where units of work are taken from; 0 is the board of tasks

enum class Act : std::uint8_t {
    help_lock,  // what the lock's own thread does; never over
    go_round,   // other load begins anew, unless nobody else will ever do anything
    // Steps of programs. `object` is the index of the lock, queue, object, …
    compute,
    native,
    nogil,
    sleep,
    io,      // count: calls
    device,  // likewise, at a device
    acquire,
    release,
    put,
    get,
    each,  // takes from the queue, or goes to `target` when its producers have ended
    barrier,
    wait,
    notify,  // count; 0: all
    spawn,   // script, count
    join_spawned,
    yield,
    signal,
    read,
    write,
    update,
    allocate,
    touch,  // count: 1 to write
    free,
    mark,
    // Control flow.
    repeat_begin,  // count
    repeat_end,    // target: behind repeat_begin
    choose,        // object: index of the choice
    jump,
    call,    // object: the script
    finish,  // back to the caller; of a thread's own script: the thread exits
    // What strategies are made of.
    bytecode,   // time
    take_unit,  // source; target: when it is exhausted
    run_unit,   // runs the programs of all tasks of the unit; count 1: others learn of their end by
                // tell_finished
    tell_finished,  // what comes after the unit's tasks may begin
    start_thread,   // script; the unit taken goes with it
    start_process,  // script; likewise
    begun,          // in the child: its bootstrap, and the parent is told
    join_children,
    pool_size,  // an executor: goes to `target` unless another worker is to be started (count: the
                // most)
    send,       // pickles the unit's data (count 0: what goes in, 1: what comes out) and writes it
    hand_over,  // the unit goes to another source
    receive,    // reads it from the source's pipe and unpickles it
    close_source,  // takers of the source find it exhausted when it is empty
    collect,  // one more unit is done; the last one closes `source` and lets wait_collected go on
    wait_collected,
    poll_collected,  // looks every `time` whether it has been closed
    run_loop,        // an event loop; count: routines, object: the script of each
    run_threads,     // the same of threads that share a native one
    help_blocking,   // what they do outside the interpreter; never over
    watch_results,   // looks whenever the source's pipe is readable, until all is collected; count:
                     // workers
};

struct Instruction {
    Act act = Act::finish;
    std::uint32_t object = 0;
    std::uint32_t count = 0;
    std::uint32_t target = 0;
    std::uint32_t place = 0;                   ///< of the step, for draws
    std::uint32_t footprint = 0;               ///< of CPU work, by its number among the scripts'
    const workload::Amount* amount = nullptr;  ///< lives in the workload
    const workload::DeviceUse* use = nullptr;  ///< likewise
    std::optional<kernel::Duration> timeout;
    kernel::Duration time{};
    const char* label = nullptr;  ///< of the thread started; none: numbered
};

using Script = std::vector<Instruction>;

/// A `choose` step: where each branch begins.
struct Choice {
    std::vector<double> upper;  ///< cumulated share of the branches, the last 1
    std::vector<std::uint32_t> target;
};

/// All scripts of a case: those of the programs first, in order.
struct Scripts {
    std::vector<Script> scripts;
    std::vector<Choice> choices;
    std::vector<workload::Footprint> footprints = os::first_footprints();

    ScriptId add(Script script) {
        scripts.push_back(std::move(script));
        return ScriptId{static_cast<std::uint32_t>(scripts.size() - 1)};
    }
};

/// Compiles the programs: script i is program i, and script n + i of n programs
/// that of a thread that is spawned to run it. `workload` must outlive them. Bytecode moves its
/// data in the time that it takes: `reference` is the speed for which it is told, `speed` that
/// of the interpreter.
Scripts compile(const workload::Workload& workload, hardware::Speed reference = {},
                hardware::Speed speed = {});

}  // namespace interlock::interpreter
