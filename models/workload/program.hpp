#pragma once

// What the work wants: programs of steps, and the tasks that run them. Plain
// data; names have become indices into the tables of the Workload.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/workload/amount.hpp"
#include "models/workload/scheduling.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::workload {

enum class ProgramId : std::uint32_t {};
enum class LockId : std::uint32_t {};
enum class QueueId : std::uint32_t {};
enum class ObjectId : std::uint32_t {};
enum class BarrierId : std::uint32_t {};
enum class ConditionId : std::uint32_t {};
enum class BlockId : std::uint32_t {};  ///< a named allocation
enum class MarkId : std::uint32_t {};
enum class DeviceId : std::uint32_t {};  ///< a device of the machine, by name
enum class TaskId : std::uint32_t {};

struct Step;

/// What work keeps busy in its core: threads of one core slow each other by it.
enum class WorkClass : std::uint8_t {
    compute,
    memory,
    branchy,
    spin,  ///< waits by looking again and again
};
inline constexpr std::size_t work_classes = 4;

/// On which node of the machine's memory the data of work lie: set_mempolicy(2).
struct MemoryPolicy {
    enum class Kind : std::uint8_t {
        local,       ///< where its thread first used memory
        interleave,  ///< evenly on all
        bind,        ///< on `node`
    };
    Kind kind = Kind::local;
    std::uint32_t node = 0;

    friend bool operator==(const MemoryPolicy&, const MemoryPolicy&) = default;
};

/// What CPU work takes of the machine beside time.
struct Footprint {
    WorkClass work_class = WorkClass::compute;
    std::uint64_t bandwidth = 0;    ///< of the memory, in bytes a second at full speed
    std::uint64_t working_set = 0;  ///< bytes that it uses again and again; 0: none that counts
    MemoryPolicy policy{};

    bool moves_data() const { return bandwidth > 0; }
    bool has_working_set() const { return working_set > 0; }
    /// Whether it says where its data lie.
    bool says_where() const { return policy != MemoryPolicy{}; }
    /// Whether it minds where its data lie.
    bool uses_memory() const { return moves_data() || work_class == WorkClass::memory; }

    friend bool operator==(const Footprint&, const Footprint&) = default;
};

struct Compute {
    Amount time;
    Footprint footprint{};
};  ///< bytecode: under the lock, with check points
struct Nogil {
    Amount time;
    Footprint footprint{};
};  ///< C code with the lock released
struct Native {
    Amount time;
    Footprint footprint{};
};  ///< C code that holds the lock, without check points
/// From when a sleep counts: from now; from the end of the last one of the task that was no
/// `now`, or, where that is over, from now, without a sleep; or from the end of the last one in
/// any case. Before the first it is the task's start.
enum class Since : std::uint8_t { now, last, grid };
struct Sleep {
    Amount time;
    Since since = Since::now;
};  ///< a timer: slack applies
/// What programs do with a device.
enum class Access : std::uint8_t { read, write, fsync };
struct DeviceUse {
    DeviceId device{};
    Access access = Access::read;
    Amount bytes = Amount::of(0);
    std::optional<Amount> service{};  ///< of an operation; none: the device's
};
struct Io {
    Amount time = Amount::of(0);
    std::uint32_t calls = 1;
    std::optional<DeviceUse> device{};  ///< instead of the time
};  ///< an outside event; calls share the time or the bytes evenly
struct Acquire {
    LockId lock;
};
struct Release {
    LockId lock;
};
struct Put {
    QueueId queue;
    Amount bytes;
    std::optional<kernel::Duration> timeout;
};
struct Get {
    QueueId queue;
    std::optional<kernel::Duration> timeout;
};
struct Each {
    QueueId queue;
    std::vector<Step> steps;
};
struct Barrier {
    BarrierId barrier;
};
struct Wait {
    ConditionId condition;
    std::optional<kernel::Duration> timeout;
};
struct Notify {
    ConditionId condition;
    std::optional<std::uint32_t> count;
};  ///< none: all
struct Spawn {
    ProgramId program;
    std::uint32_t count = 1;
};               ///< threads of the same process
struct Join {};  ///< all that this task has spawned
struct Yield {};
struct Signal {
    Amount time;
};  ///< of the handler, in the process's main thread
struct Read {
    ObjectId object;
};
struct Write {
    ObjectId object;
};
struct Update {
    ObjectId object;
};  ///< x += 1
struct Allocate {
    BlockId block;
    Amount bytes;
};
struct Touch {
    BlockId block;
    std::optional<Amount> bytes;
    bool write = false;
};  ///< none: all of it
struct Free {
    BlockId block;
};
struct Repeat {
    std::uint32_t count;
    std::vector<Step> steps;
};
struct Branch;
struct Choose {
    std::vector<Branch> branches;
};
struct Mark {
    MarkId mark;
};

using StepKind = std::variant<Compute, Nogil, Native, Sleep, Io, Acquire, Release, Put, Get, Each,
                              Barrier, Wait, Notify, Spawn, Join, Yield, Signal, Read, Write,
                              Update, Allocate, Touch, Free, Repeat, Choose, Mark>;

struct Step {
    StepKind kind;
    std::uint32_t place = 0;  ///< unique in the workload, in file order: keys the draws
};

struct Branch {
    double weight = 1;
    std::vector<Step> steps;
};

struct Program {
    std::string name;
    std::vector<Step> steps;
};

/// When the instances of a task arrive.
struct Arrival {
    enum class Kind : std::uint8_t { at, every, poisson };
    Kind kind = Kind::at;
    kernel::Duration time{};     ///< at: the time of all; every: the gap
    kernel::Duration offset{};   ///< every: when the first comes
    double rate_per_second = 0;  ///< poisson
};

/// `task` must have finished: all its instances, or (each) that of the same number.
struct After {
    TaskId task;
    bool each = false;
};

enum class PayloadKind : std::uint8_t { array, objects, shared };

/// Data that goes with a task between processes, pickled unless `shared`.
struct Payload {
    Amount size;
    PayloadKind as = PayloadKind::objects;
};

struct Task {
    std::string name;
    ProgramId program{};
    std::optional<std::uint32_t> count;        ///< none with `duration` only
    std::optional<kernel::Duration> duration;  ///< `for`: instances arrive until then
    Arrival arrival;
    std::vector<After> after;
    std::optional<std::string> process;  ///< lives in a process of its own, of this name
    bool background = false;             ///< the run ends without it
    int nice = 0;
    Scheduling sched;
    std::vector<std::uint32_t> affinity;       ///< CPUs on which it may run; none said: all
    std::optional<kernel::Duration> deadline;  ///< of an instance, after its arrival
    bool periodic = false;                     ///< its instances are jobs of one thread, in turn
    bool abort_on_miss = false;                ///< a job ends at its deadline
    std::optional<Payload> bytes_in;
    std::optional<Payload> bytes_out;

    /// Its instances become ready at different times, so that a pool takes them one by one.
    bool arrive_singly() const {
        return arrival.kind != Arrival::Kind::at ||
               std::any_of(after.begin(), after.end(), [](const After& one) { return one.each; });
    }
};

enum class Transport : std::uint8_t { memory, pipe, socket };

struct Queue {
    std::string name;
    std::optional<std::uint32_t> capacity;  ///< none: unbounded
    std::optional<Transport> over;  ///< none: memory within a process, a pipe between processes
};

/// Who counts the references to an object where threads run without a lock: everybody
/// in one place, or nobody (immortal, or not by threads that only use it: deferred).
enum class Sharing : std::uint8_t { counted, immortal, deferred };

struct Object {
    std::string name;
    Sharing shared = Sharing::counted;
};

struct NamedBarrier {
    std::string name;
    std::optional<std::uint32_t> parties;  ///< none: the instances of tasks whose program has it
};

/// Memory the main process holds before it starts workers.
struct Data {
    BlockId block;
    Amount bytes;
};

struct Workload {
    std::vector<Program> programs;
    std::vector<Task> tasks;
    std::vector<std::string> locks;
    std::vector<Queue> queues;
    std::vector<Object> objects;
    std::vector<NamedBarrier> barriers;
    std::vector<std::string> conditions;
    std::vector<std::string> blocks;
    std::vector<std::string> marks;
    std::vector<std::string> devices;  ///< that the machine must have
    std::vector<Data> data;
};

/// One execution of a task.
struct Instance {
    TaskId task;
    std::uint32_t number;  ///< within its task, from 0
    kernel::Time arrival;
};

/// All instances in file order, their arrivals drawn.
/// A task with neither count nor duration has one.
std::vector<Instance> instances(const Workload& workload, std::uint64_t seed,
                                std::uint32_t replication);

/// Whether anything at all is drawn, so that replications differ.
bool random(const Workload& workload);

/// "extract", or "extract 3" (from 1) where the task has more than one instance.
std::string instance_name(const Workload& workload, const Instance& instance);

}  // namespace interlock::workload
