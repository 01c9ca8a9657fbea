#pragma once

// An interpreter as plain data: its lock, its speed, what it charges.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/hardware/machine.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {
class CLibraryState;
}

namespace interlock::interpreter {

class Lock;

/// How a worker with an interpreter of its own comes to be. The last is a thread that
/// makes a sub-interpreter with its own lock, a ractor or a domain.
enum class StartMethod : std::uint8_t { fork, spawn, forkserver, interpreter };

/// Who sees a drop request: whoever holds the lock, or the thread that was asked.
enum class RequestScope : std::uint8_t { lock, thread };

/// Where bytecode may notice a drop request: before nearly every instruction
/// (to 3.9), or at calls and backward jumps only (from 3.10).
enum class CheckPoints : std::uint8_t { dense, sparse };

struct Runtime {
    std::string name = "none";  ///< the preset, or what the fields make of it
    std::string preset{};       ///< that it starts from; empty: none
    std::string lock = "none";  ///< a name of interpreter::locks
    kernel::Duration switch_interval{5'000'000};
    std::uint32_t check_interval = 100;     ///< check points between two drops by the holder itself
    kernel::Duration quantum{100'000'000};  ///< of a holder while others wait: Ruby, OCaml
    RequestScope request_scope = RequestScope::lock;
    CheckPoints check_points = CheckPoints::sparse;
    kernel::Duration check_spacing{50};     ///< between check points in bytecode, at full speed
    hardware::Speed speed;                  ///< of bytecode, against CPython 3.11
    StartMethod start = StartMethod::fork;  ///< of processes, where the strategy does not say
    kernel::Duration thread_start{30'000};  ///< in Thread.start, and in the child but for its work
    kernel::Duration thread_begin{4'000};   ///< of it, the child's until it tells that it runs
    kernel::Duration thread_join{5'000};    ///< bytecode in Thread.join
    bool start_waits = true;                ///< Thread.start waits until the child has run
    kernel::Duration fork_start{
        400'000};  ///< bytecode in Process.start and the child's bootstrap, each half
    kernel::Duration spawn_start{
        25'000'000};  ///< a fresh interpreter and its imports, in the child
    kernel::Duration forkserver_start{4'000'000};
    kernel::Duration process_join{50'000};
    bool threads = true;                  ///< several may run the code of one interpreter
    bool sub_interpreters = false;        ///< a process may have several, with a lock each
    bool mn_threads = false;              ///< threads may share a native one
    kernel::Duration thread_switch{300};  ///< from one of these to the next
    bool object_locks = false;   ///< each object has a lock of its own, taken by who writes
    bool parking_locks = false;  ///< locks of programs are handed over after 1 ms
    kernel::Duration interpreter_start{10'000'000};  ///< bytecode to make one, in its thread
    kernel::Duration interpreter_end{2'000'000};
    std::uint64_t interpreter_memory = 2'621'440;  ///< bytes resident in a fresh one
    std::uint64_t memory = 10'485'760;             ///< bytes resident in a fresh process
    std::uint64_t pickle_array_bytes_per_second = 1'600'000'000;
    std::uint64_t pickle_objects_bytes_per_second = 100'000'000;
    kernel::Duration task_dispatch{
        2'000};  ///< bytecode to take the next task and call it, or to use a queue within a process
    kernel::Duration loop_start{150'000};   ///< bytecode to make an event loop and to close it
    kernel::Duration loop_turn{1'000};      ///< bytecode of a turn of the event loop
    kernel::Duration loop_callback{2'500};  ///< bytecode of a callback, or to go on with a routine
    kernel::Duration loop_cold{0};          ///< on top of a turn for which it slept 2 ms or longer
    kernel::Duration loop_resolution{1'000'000};  ///< its timers are rounded up to this
    kernel::Duration object_access{30};           ///< a read or write of a shared object
    /// Bytecode that the threads of a process run, together, until one of them stops all
    /// to collect garbage, and for how long; 0: never.
    kernel::Duration stop_every{0};
    kernel::Duration stop_pause{0};
    /// What a thread pays that gets the lock when who had it before ran on another CPU,
    /// in whose cache the interpreter's data is.
    kernel::Duration cold_holder{0};
    /// What an access takes more when another CPU had the object's reference count last,
    /// and for how long it keeps others from it; 0: the count is not atomic.
    kernel::Duration refcount{0};
    kernel::Duration message{
        15'000};  ///< bytecode to put or get one item of a queue between processes
    kernel::Duration pool_poll{0};  ///< the pool's worker handler looks this often; 0: it is told
    /// Bytecode of a look of the pool's worker handler at the pipe of results, which
    /// wakes it as it wakes the result handler; 0: it does not look there.
    kernel::Duration pool_watch{0};

    bool has_lock() const { return lock != "none"; }

    friend bool operator==(const Runtime&, const Runtime&) = default;
};

struct RuntimePreset {
    std::string_view name;
    std::string_view sentence;
    Runtime (*make)();
};

/// In the order of versions; the first is `none`.
const std::vector<RuntimePreset>& runtime_presets();

/// An interpreter lock that a scenario can name.
struct LockEntry {
    std::string_view name;
    std::string_view sentence;
    std::vector<std::string_view> parameters;  ///< fields of a Runtime; the first sets the turn
    /// What it means if a thread that waits long never makes a drop request; may be empty.
    std::string_view never_asks;
    /// Sets its parameters to what they are where the lock comes from; null for `none`.
    void (*usual)(Runtime& runtime);
    /// For how long a holder that computes keeps the lock while others wait; null for `none`.
    kernel::Duration (*turn)(const Runtime& runtime);
    /// Adds its mutexes and condition variables to `library`; null for `none`.
    std::unique_ptr<Lock> (*make)(const Runtime& runtime, os::CLibraryState& library);
};
const std::vector<LockEntry>& locks();

/// `name` is one of locks().
const LockEntry& lock_named(std::string_view name);

/// The runtime is behind that lock of locks() from now on; unless it was already, with
/// the usual parameters.
void use_lock(Runtime& runtime, std::string_view name);

}  // namespace interlock::interpreter
