#include "sim/config/interpreter.hpp"

#include <algorithm>
#include <array>

#include "sim/config/preset.hpp"
#include "sim/config/profile.hpp"

namespace interlock::config {

namespace {

using interpreter::CheckPoints;
using interpreter::RequestScope;
using interpreter::Runtime;
using interpreter::StartMethod;
using namespace std::string_view_literals;

constexpr double speed_max = 1'000;

constexpr std::array methods{Choice<StartMethod>{"fork", StartMethod::fork},
                             Choice<StartMethod>{"spawn", StartMethod::spawn},
                             Choice<StartMethod>{"forkserver", StartMethod::forkserver}};
constexpr std::array scopes{Choice<RequestScope>{"lock", RequestScope::lock},
                            Choice<RequestScope>{"thread", RequestScope::thread}};
constexpr std::array check_points{Choice<CheckPoints>{"dense", CheckPoints::dense},
                                  Choice<CheckPoints>{"sparse", CheckPoints::sparse}};

void read_lock(Runtime& runtime, const Node& node) {
    if (node.is_word()) {
        use_lock(runtime, find_preset(node, interpreter::locks()).name);
        return;
    }
    const auto* child = only_child(node);
    if (child == nullptr)
        refuse_expected(node, "a lock, or one with its parameters such as "
                              "{cpython-3.2: {switch_interval: 1ms}}");
    const auto& parameters = *child;
    const auto name = key_as_word(parameters, node.key);
    const auto& lock = find_preset(name, interpreter::locks());
    use_lock(runtime, lock.name);
    if (parameters.is_nothing()) return;
    if (lock.parameters.empty())
        refuse(parameters.place, label(node) + runtime.lock + " takes no parameters");
    Table<Runtime> table;
    for (const auto& field : lock_table())
        if (std::find(lock.parameters.begin(), lock.parameters.end(), field.info.name) !=
            lock.parameters.end())
            table.push_back(field);
    read_mapping(parameters, table, runtime, "a mapping such as {switch_interval: 1ms}");
}

/// A lock on top of the preset `none` needs what that preset leaves out.
void complete_lock(Runtime& runtime) {
    if (runtime.has_lock() && runtime.check_spacing == kernel::Duration::zero())
        runtime.check_spacing = Runtime{}.check_spacing;
}

Runtime preset_runtime(const Node& name, const Profile* profile) {
    const auto* calibrated = profile == nullptr ? nullptr : profile->interpreter(name.text);
    auto runtime = calibrated == nullptr ? find_preset(name, interpreter::runtime_presets()).make()
                                         : read_interpreter(*calibrated);
    runtime.name = name.text;
    runtime.preset = name.text;
    return runtime;
}

void check_runtime(const Runtime& runtime, const Node& node) {
    const auto* spacing = node.find("check_spacing");
    if (spacing != nullptr && runtime.check_spacing == kernel::Duration::zero())
        refuse_expected(*spacing, "a duration above 0");
    for (const auto field : {"pickle_array"sv, "pickle_objects"sv}) {
        const auto* child = node.find(field);
        if (child != nullptr && read_bandwidth(*child) == 0)
            refuse_expected(*child, "a bandwidth above 0");
    }
}

/// A time for which the lock is held while others wait.
Field<Runtime> turn_field(std::string name, kernel::Duration Runtime::*member,
                          kernel::Duration least, std::string sentence) {
    const auto bound = "at least " + text_of(least);
    return {{std::move(name), "duration", bound, "the lock's own", std::move(sentence)},
            [=](Runtime& runtime, const Node& node) {
                runtime.*member = read_duration(node);
                if (runtime.*member < least) refuse_expected(node, bound);
            }};
}

}  // namespace

std::span<const Choice<StartMethod>> start_methods() { return methods; }

const Table<Runtime>& lock_table() {
    static const Table<Runtime> table{
        turn_field("switch_interval", &Runtime::switch_interval, kernel::Duration{1'000},
                   "5ms; a waiter asks the holder to drop the lock when it held it for this long"),
        count_field(
            "check_interval", &Runtime::check_interval, {1, 1'000'000'000},
            "of cpython-2.7, 100, and pypy-7.3, 10000: check points until the holder drops it by "
            "itself"),
        turn_field("quantum", &Runtime::quantum, kernel::Duration{1'000'000},
                   "of ruby, 100ms, and ocaml, 50ms: for how long a holder runs while others wait"),
    };
    return table;
}

const Table<Runtime>& interpreter_table() {
    static const Table<Runtime> table{
        {{"preset", "name", listed(preset_names(interpreter::runtime_presets())), "",
          "where the other fields start from; without it, no lock and the costs listed here"},
         [](Runtime& /*runtime*/, const Node& /*node*/) {}},
        {{"lock", "name, or mapping of one", listed(preset_names(interpreter::locks())),
          "the preset's, else none", "the interpreter lock, and its parameters"},
         read_lock},
        speed_field("speed", &Runtime::speed, speed_max, "of bytecode, against CPython 3.11"),
        choice_field<Runtime, StartMethod>("start", &Runtime::start, methods,
                                           "how processes start, where the strategy does not say"),
        choice_field<Runtime, RequestScope>(
            "request_scope", &Runtime::request_scope, scopes,
            "who sees a drop request: whoever holds the lock, or the thread that was asked"),
        choice_field<Runtime, CheckPoints>(
            "check_points", &Runtime::check_points, check_points,
            "where bytecode may notice a drop request: nearly everywhere, or at calls and "
            "backward jumps"),
        duration_field("check_spacing", &Runtime::check_spacing,
                       "between check points in bytecode, at full speed; above 0"),
        duration_field("thread_start", &Runtime::thread_start,
                       "what starting a thread takes, there and in the thread that is made, "
                       "without its work"),
        duration_field("thread_begin", &Runtime::thread_begin,
                       "the part of `thread_start` until the thread that is made says that it "
                       "runs; at most half of it"),
        duration_field("thread_join", &Runtime::thread_join, "bytecode to join a thread"),
        flag_field("start_waits", &Runtime::start_waits,
                   "whether starting a thread waits until it has run"),
        duration_field("fork_start", &Runtime::fork_start,
                       "bytecode to start a forked process, half of it in the child"),
        duration_field("spawn_start", &Runtime::spawn_start,
                       "a fresh interpreter and its imports, in the child"),
        duration_field("forkserver_start", &Runtime::forkserver_start,
                       "the same for a child of the fork server"),
        duration_field("process_join", &Runtime::process_join, "bytecode to join a process"),
        flag_field("threads", &Runtime::threads,
                   "whether several threads may run the code of one interpreter"),
        flag_field("sub_interpreters", &Runtime::sub_interpreters,
                   "whether a process may have several interpreters, with a lock each"),
        flag_field("mn_threads", &Runtime::mn_threads,
                   "whether its threads may share a native one"),
        duration_field("thread_switch", &Runtime::thread_switch, "from one of these to the next"),
        duration_field("interpreter_start", &Runtime::interpreter_start,
                       "bytecode to make one, in its thread"),
        duration_field("interpreter_end", &Runtime::interpreter_end, "bytecode to end it, there"),
        size_field("interpreter_memory", &Runtime::interpreter_memory, "resident in a fresh one"),
        size_field("memory", &Runtime::memory, "resident in a fresh process"),
        bandwidth_field("pickle_array", &Runtime::pickle_array_bytes_per_second,
                        "pickling data that is one array; above 0"),
        bandwidth_field("pickle_objects", &Runtime::pickle_objects_bytes_per_second,
                        "pickling data that is many objects; above 0"),
        duration_field("task_dispatch", &Runtime::task_dispatch,
                       "bytecode to take the next task and call it, or to use a queue within a "
                       "process"),
        duration_field("loop_start", &Runtime::loop_start,
                       "bytecode to make an event loop and to close it"),
        duration_field("loop_turn", &Runtime::loop_turn, "bytecode of a turn of the event loop"),
        duration_field(
            "loop_callback", &Runtime::loop_callback,
            "bytecode of a callback of the event loop, or to go on with one of its tasks"),
        duration_field("loop_cold", &Runtime::loop_cold,
                       "what a turn takes more for which it slept for 2 ms or longer; for less in "
                       "proportion"),
        duration_field("loop_resolution", &Runtime::loop_resolution,
                       "what the event loop rounds its timers up to"),
        duration_field("object_access", &Runtime::object_access,
                       "a read or write of a shared object"),
        duration_field("message", &Runtime::message,
                       "bytecode to put or get one item of a queue between processes"),
        duration_field("pool_poll", &Runtime::pool_poll,
                       "how often the pool's worker handler looks; 0s: it is told"),
        duration_field("pool_watch", &Runtime::pool_watch,
                       "bytecode of a round of the pool's worker handler while a result is unread; "
                       "0s: it is not woken by results"),
        duration_field("stop_every", &Runtime::stop_every,
                       "bytecode that the threads of a process run together until one stops all "
                       "to collect garbage; 0s: never"),
        duration_field("stop_pause", &Runtime::stop_pause, "for how long they stand then"),
        duration_field("cold_holder", &Runtime::cold_holder,
                       "what a thread pays that gets the lock when who had it before ran on "
                       "another CPU: the interpreter's data is in the cache there"),
        duration_field("refcount", &Runtime::refcount,
                       "what an access of a shared object takes more when another CPU had its "
                       "reference count last; such accesses queue up; 0s: counts are not atomic"),
        flag_field("object_locks", &Runtime::object_locks,
                   "whether who writes a shared object takes a lock of the object, which spins, "
                   "parks and is handed over after 1 ms"),
        flag_field("parking_locks", &Runtime::parking_locks,
                   "whether the locks of programs are handed over after 1 ms"),
    };
    return table;
}

Runtime read_interpreter(const Node& node, const Profile* profile) {
    if (node.is_word()) return preset_runtime(node, profile);
    Runtime runtime;
    if (const auto* preset = node.find("preset")) runtime = preset_runtime(*preset, profile);
    read_mapping(node, interpreter_table(), runtime,
                 "a preset, or a mapping such as {preset: cpython-3.11}");
    runtime.name = given_name(node);
    check_runtime(runtime, node);
    complete_lock(runtime);
    return runtime;
}

}  // namespace interlock::config
