#pragma once

// The state of one simulated thread as the interpreter sees it: where it is in
// its script, whether it holds its interpreter's lock, what it waits for.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/interpreter/board.hpp"
#include "models/interpreter/lock.hpp"
#include "models/interpreter/script.hpp"
#include "models/os/device_call.hpp"
#include "models/os/ids.hpp"
#include "models/os/operation.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::interpreter {

enum class ProcessId : std::uint32_t {};
enum class EventLoopId : std::uint32_t {};

/// What a thread waits for, so that a deadlock can be told in words.
struct WaitingFor {
    enum class What : std::uint8_t {
        nothing,
        lock,
        queue_item,
        queue_room,
        barrier,
        condition,
        thread,
        task,
        result
    };
    What what = What::nothing;
    std::uint32_t object = 0;
};

struct ScriptPosition {
    ScriptId script{};
    std::uint32_t next = 0;
    std::uint8_t phase = 0;
};

/// What the thread wants to do next, and whether it must hold its
/// interpreter's lock for it or must not.
struct Want {
    enum class With : std::uint8_t { lock, no_lock };
    With with = With::lock;
    os::Operation operation;
};

/// What a coroutine takes along while others run on its thread: where it is in
/// its script, and what it has of its tasks. A thread without an event loop has one.
struct Routine {
    std::uint32_t number = 0;  ///< among those of the thread's event loop; 0: the thread itself
    ScriptPosition at;
    std::vector<ScriptPosition> callers;
    std::uint32_t counter = 0;           ///< within the instruction
    std::vector<std::uint32_t> loops;    ///< rounds left, of the repeats it is in
    std::optional<os::Outcome> resumed;  ///< how what it awaited ended

    std::optional<UnitId> unit;
    std::uint32_t in_unit = 0;  ///< tasks of the unit that have been started
    std::optional<std::uint32_t> instance;
    std::uint32_t spawned_as = 0;  ///< 0: the task's own thread; else its number among the spawned
    std::vector<std::uint32_t> visits;    ///< of each step, by the current task
    std::vector<std::uint32_t> versions;  ///< of each object, when it was read

    std::vector<os::ThreadId> children;  ///< in the order of their start
    std::uint32_t children_spawned = 0;
    WaitingFor waiting_for;
    std::int64_t amount = 0;  ///< drawn for the instruction
    workload::DrawKey visit;  ///< of the instruction, if more is drawn for it
    os::Work left;            ///< of a burst of bytecode that another routine's turn cut
    kernel::Time waits_since{};
    kernel::Time beat{};  ///< end of the last sleep that counts from the one before
};

/// A routine of a thread, as others find it.
struct Waiter {
    os::ThreadId thread{};
    std::uint32_t routine = 0;

    friend bool operator==(const Waiter&, const Waiter&) = default;
};

/// What a thread is there for, known before it is queued for the first time.
struct Origin {
    std::optional<UnitId> unit{};
    std::optional<std::uint32_t> instance{};
    std::uint32_t spawned_as = 0;
    bool other = false;
    std::uint32_t draws_as = 0;
};

/// A thread, and of its routines the one that runs.
struct Agent : Routine {
    std::string name;
    ProcessId process{};

    bool holds = false;     ///< its interpreter's lock
    bool at_check = false;  ///< its bytecode stands at a check point, where a slice ends
    bool handling = false;  ///< its burst is a signal's handler; what is pending comes after
    os::Work rest;          ///< of the burst of bytecode, after the part under way
    os::Work turn_used;     ///< of its routine's quantum, where those take turns
    LockCall call;
    LockCall inner;  ///< of a lock that threads have among themselves
    std::optional<Want> pending;
    std::vector<os::SemaphoreId> to_post;  ///< those it has yet to wake
    bool posts_in_kernel = false;  ///< by its system call, without the lock: pipes and sockets
    os::SemaphoreId own{};         ///< what it sleeps on when it waits for others
    std::optional<EventLoopId> event_loop;
    bool attached = false;     ///< runs what a collection of garbage must not overlap
    os::DeviceCall asks;       ///< of a device, by the call under way
    os::Work issued;           ///< bytecode under way, to be counted when it has run
    os::SemaphoreId resume{};  ///< what it sleeps on while the world stands

    std::optional<os::ThreadId> parent;
    std::optional<Waiter> joiner;
    bool leads_process = false;  ///< the process ends with it
    bool background = false;
    bool other = false;          ///< load of others on the machine
    std::uint32_t draws_as = 0;  ///< in place of an instance, where it has none
    bool exited = false;
};

}  // namespace interlock::interpreter
