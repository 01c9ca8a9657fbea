#pragma once

// A plan (sim/host/plan.hpp) as the runner steps through it, without text.

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace interlock::host::builtin {

/// This backend cannot run the plan; the text says which step and why.
class Unable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

enum class Do : std::uint8_t {
    compute,
    nogil,
    native,
    sleep,
    io,
    acquire,
    release,
    put,
    get,
    each,
    barrier,
    wait,
    notify,
    spawn,
    join,
    yield,
    read,
    write,
    update,
    allocate,
    touch,
    free,
    repeat,
    choose,
    mark
};

struct Step {
    Do what = Do::compute;
    std::uint32_t place = 0;
    std::uint32_t object = 0;  ///< of locks, queues, blocks, marks, ...; spawn: the program
    std::optional<std::int64_t> amount;  ///< ns or bytes; none: it is drawn
    std::uint32_t count = 1;             ///< io: calls; repeat, spawn: times; notify: 0 is all
    std::optional<std::int64_t> timeout_ns;
    bool write = false;
    bool all = false;
    std::vector<Step> steps;
    std::vector<std::vector<Step>> branches;
};

struct After {
    std::uint32_t task = 0;
    bool each = false;
};

struct Task {
    std::uint32_t program = 0;
    std::optional<std::string> process;
    bool background = false;
    int nice = 0;
    std::vector<std::uint32_t> affinity;
    bool singly = false;
    std::vector<After> after;
};

struct Instance {
    std::uint32_t task = 0;
    std::uint32_t number = 0;
    std::int64_t arrival_ns = 0;
    /// By place, then by thread of the instance, then by visit.
    std::map<std::uint32_t, std::vector<std::vector<std::int64_t>>> draws;
};

struct Queue {
    std::optional<std::uint32_t> capacity;
    std::string over;  ///< empty, memory, pipe, socket
    std::uint32_t producers = 0;
};

struct Plan {
    std::string kind;  ///< of the strategy
    std::uint32_t workers = 1;
    bool pool = false;
    bool ready = false;
    std::optional<std::uint32_t> chunksize;
    std::int64_t switch_interval_ns = 5'000'000;
    std::vector<std::vector<Step>> programs;
    std::vector<Task> tasks;
    std::vector<Instance> instances;
    std::uint32_t locks = 0;
    std::uint32_t conditions = 0;
    std::uint32_t objects = 0;
    std::uint32_t blocks = 0;
    std::vector<Queue> queues;
    std::vector<std::uint32_t> barriers;
    std::vector<std::pair<std::uint32_t, std::int64_t>> data;  ///< block, bytes

    const Task& task_of(std::uint32_t instance) const { return tasks[instances[instance].task]; }
};

/// Throws Unable, nlohmann::json::exception.
Plan read_plan(const nlohmann::json& text);

/// The queues into which a task of this program puts.
std::vector<std::uint32_t> puts_of(const Plan& plan, std::uint32_t program);

}  // namespace interlock::host::builtin
