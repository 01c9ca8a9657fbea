#pragma once

// What threads of a scenario share: processes with their memory and objects,
// named locks, queues, barriers, conditions, and the sources of work.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/interpreter/agent.hpp"
#include "models/interpreter/lock.hpp"
#include "models/interpreter/parking_lock.hpp"
#include "models/os/ids.hpp"

namespace interlock::interpreter {

/// Threads that sleep until another lets one of them go on, the longest first:
/// the deque of waiters in Python's threading.Condition.
using Waiters = std::deque<Waiter>;

/// A named object of a process.
struct SharedObject {
    std::uint32_t version = 0;          ///< how often it was written
    std::optional<os::CpuId> count_at;  ///< who had its reference count last
    kernel::Time count_free{};          ///< when that is over
    kernel::Duration count_wait{};      ///< of all threads, for it
    std::optional<ParkingLock> lock;    ///< none: the interpreter's is enough
};

/// The interpreters of one process, which a collection of garbage stops together.
struct World {
    kernel::Maybe<os::ThreadId> main;  ///< its first thread, which handles its signals
    os::Work handler;                  ///< of a signal, what that thread has yet to run

    os::Work run;  ///< bytecode since the last collection
    std::uint32_t attached = 0;
    enum class Phase : std::uint8_t { runs, gathers, collects, wakes };
    Phase phase = Phase::runs;
    std::optional<os::ThreadId> collector;
    os::SemaphoreId all_stand{};  ///< what the collector sleeps on until then
    std::vector<os::ThreadId> stands;
};

struct Process {
    std::string name;
    std::size_t world = 0;
    std::unique_ptr<Lock> lock;            ///< none: the interpreter has none
    kernel::Maybe<os::CpuId> released_at;  ///< the CPU of who had the lock last
    bool helped = false;                   ///< the lock's own thread is there
    std::uint64_t own_memory = 0;          ///< of the interpreter itself
    std::vector<std::uint64_t> blocks;     ///< bytes of each named block
    std::vector<std::uint64_t>
        inherited;  ///< bytes of each that a fork has shared and no touch has copied yet
    std::vector<SharedObject> objects;
    StartMethod started_by = StartMethod::fork;
    bool first_of_server = false;  ///< it also waits for the fork server to come up

    std::uint64_t resident() const {
        std::uint64_t bytes = own_memory;
        for (const auto block : blocks) bytes += block;
        return bytes;
    }
};

struct NamedLock {
    os::SemaphoreId semaphore{};
    std::optional<ParkingLock> parking;  ///< instead of the semaphore
    std::optional<Waiter> holder;
    Waiters routines;  ///< of event loops, in the order in which they get it
};

struct SharedQueue {
    std::deque<std::int64_t> items;  ///< bytes of each
    std::optional<std::uint32_t> capacity;
    bool piped = false;           ///< through a pipe or a socket, by system calls
    bool socket = false;          ///< the latter: its items are bytes already
    std::uint32_t producers = 0;  ///< tasks that may still put
    Waiters getters;
    Waiters putters;
};

struct SharedBarrier {
    std::uint32_t parties = 0;
    std::uint32_t arrived = 0;
    Waiters waiters;
};

struct Source {
    std::deque<UnitId> units;
    Waiters takers;
    Waiters watchers;        ///< who only wants to know that its pipe has become readable
    std::size_t unread = 0;  ///< units that were written and not yet read to their last byte
    bool closed = false;
};

}  // namespace interlock::interpreter
