#include "sim/host/profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace interlock::host {

namespace {

using interpreter::Runtime;
using kernel::Duration;
using nlohmann::json;

double ns(Duration time) { return static_cast<double>(time.count()); }

Duration whole(double nanoseconds) { return Duration{std::llround(std::max(0.0, nanoseconds))}; }

std::string quality(const Figure& it) {
    return fmt::format("{} samples, +-{:.0f} %{}", it.samples, it.spread * 100,
                       it.sound ? "" : ", unsound: too much else was going on");
}

/// "    context_switch: 1700ns  # 31 samples, +-4 %: how it was measured"
std::string line(int indent, const std::string& name, const std::string& value, const Figure& it) {
    auto text = fmt::format("{:{}}{}: {}", "", indent, name, value);
    return fmt::format("{:<44}# {}{}{}\n", text, quality(it), it.how.empty() ? "" : ": ", it.how);
}

std::string value_text(const Figure& it) {
    if (it.unit == "ns") return fmt::format("{}ns", std::llround(it.value));
    if (it.unit == "B/s") return fmt::format("{}B/s", std::llround(it.value));
    return fmt::format("{:.3g}", it.value);
}

bool is_cost(const std::string& figure) {
    const auto& costs = cost_figures();
    return std::any_of(costs.begin(), costs.end(),
                       [&](const CostFigure& cost) { return cost.name == figure; });
}

/// As JSON writes it, which YAML reads.
std::string quoted(const std::string& text) { return json(text).dump(); }

constexpr std::string_view interpreters_line = "interpreters:";

class Wholes {
public:
    explicit Wholes(const std::vector<Figure>& figures) : figures_(figures) {}

    bool has(const std::string& name) const { return find(name) != nullptr; }
    double value(const std::string& name) const {
        const auto* it = find(name);
        return it == nullptr ? 0 : it->value;
    }

private:
    const Figure* find(const std::string& name) const {
        for (const auto& one : figures_)
            if (one.name == name) return &one;
        return nullptr;
    }
    const std::vector<Figure>& figures_;
};

/// A thread's life in the model: made, it runs, its starter is woken, it ends,
/// and whoever joins it is woken. Seven parts of eight go to the start.
void threads(Runtime& runtime, const Wholes& found, const hardware::Costs& machine) {
    if (!found.has("thread_life_cpu")) return;
    const auto by_machine =
        ns(machine.thread_start) + ns(machine.thread_exit) +
        2 * (ns(machine.context_switch) + ns(machine.futex_wait) + ns(machine.futex_wake));
    const auto own = std::max(0.0, found.value("thread_life_cpu") - by_machine);
    runtime.thread_start = whole(own * 7 / 8);
    runtime.thread_join = whole(own / 8);
    if (found.has("thread_begin_cpu"))
        runtime.thread_begin = whole(found.value("thread_begin_cpu"));
}

/// The first half of `fork_start` is the parent's, the second the child's.
void processes(Runtime& runtime, const Wholes& found, const hardware::Costs& machine) {
    if (found.has("memory"))
        runtime.memory = static_cast<std::uint64_t>(std::llround(found.value("memory")));
    const auto mib = static_cast<double>(runtime.memory) / (1024.0 * 1024);
    const auto forking = ns(machine.process_start) + ns(machine.fork_per_mib) * mib;
    if (found.has("fork_parent_cpu")) {
        const auto all = found.value("fork_parent_cpu") + found.value("fork_child_cpu");
        runtime.fork_start = whole(all - forking - ns(machine.process_exit) -
                                   2 * ns(machine.context_switch) - ns(runtime.process_join));
    }
    if (found.has("spawn_child_cpu"))
        runtime.spawn_start = whole(found.value("spawn_child_cpu") - ns(machine.process_exit));
    if (found.has("forkserver_life"))
        runtime.forkserver_start =
            whole(found.value("forkserver_life") - ns(runtime.fork_start) / 2 -
                  ns(machine.process_exit) - 2 * ns(machine.wake_idle_long));
}

/// An event takes two turns of the loop and two callbacks in the model, and here four calls of
/// the system; of a turn and a callback the turn has two parts of seven, as by default.
void loops(Runtime& runtime, const Wholes& found, const hardware::Costs& machine) {
    if (!found.has("loop_event_cpu")) return;
    const auto event = found.value("loop_event_cpu");
    const auto half = std::max(0.0, event - 4 * ns(machine.syscall)) / 2;
    runtime.loop_turn = whole(half * 2 / 7);
    runtime.loop_callback = whole(half * 5 / 7);
    runtime.loop_cold = whole(found.value("loop_cold_event_cpu") - event - ns(machine.futex_wait) -
                              ns(machine.context_switch));
    runtime.loop_start = whole(found.value("loop_start_cpu") - 2 * half);
}

void others(Runtime& runtime, const Wholes& found, const hardware::Costs& machine) {
    if (found.has("cold_holder"))
        runtime.cold_holder = whole(found.value("cold_holder") - ns(machine.migration));
    if (found.has("queue_use_cpu")) runtime.task_dispatch = whole(found.value("queue_use_cpu"));
    if (found.has("interpreter_start_cpu"))
        runtime.interpreter_start = whole(found.value("interpreter_start_cpu"));
    if (found.has("interpreter_end_cpu"))
        runtime.interpreter_end = whole(found.value("interpreter_end_cpu"));
    if (found.has("message_cpu")) runtime.message = whole(found.value("message_cpu"));
    if (found.has("pool_watch_cpu") && runtime.pool_watch > Duration::zero())
        runtime.pool_watch = whole(found.value("pool_watch_cpu") - 2 * ns(machine.syscall));
    // Measured through a pipe, whose own part the model charges by itself.
    const auto pipe = machine.pipe_bytes_per_second;
    const auto piping = pipe == 0 ? 0.0 : 1 / static_cast<double>(pipe);
    const auto rate = [&](const char* name, std::uint64_t& into) {
        if (found.value(name) < 1) return;
        const auto seconds_a_byte = 1 / found.value(name) - piping;
        if (seconds_a_byte > 0) into = static_cast<std::uint64_t>(std::llround(1 / seconds_a_byte));
    };
    rate("pickle_array", runtime.pickle_array_bytes_per_second);
    rate("pickle_objects", runtime.pickle_objects_bytes_per_second);
    if (found.has("check_spacing"))
        runtime.check_spacing = std::max(Duration{1}, whole(found.value("check_spacing")));
}

/// What `builtin` is: the lock of CPython 3.2 and later under compiled code.
Runtime builtin() {
    Runtime runtime;
    runtime.name = "builtin";
    use_lock(runtime, "cpython-3.2");
    runtime.check_points = interpreter::CheckPoints::dense;
    runtime.memory = 0;
    // There is no bytecode around its calls, and nothing to pickle.
    runtime.fork_start = {};
    runtime.process_join = {};
    runtime.task_dispatch = {};
    runtime.loop_start = {};
    runtime.loop_turn = {};
    runtime.loop_callback = {};
    runtime.message = {};
    constexpr std::uint64_t at_once = 1'000'000'000'000'000;
    runtime.pickle_array_bytes_per_second = at_once;
    runtime.pickle_objects_bytes_per_second = at_once;
    return runtime;
}

}  // namespace

InterpreterFigures interpreter_figures(const std::string& name, const std::string& preset,
                                       const json& answer, const hardware::Costs& machine) {
    InterpreterFigures it{.name = name, .figures = {}, .warnings = {}, .runtime = builtin()};
    if (preset != "builtin") {
        it.known = false;
        for (const auto& known : interpreter::runtime_presets())
            if (known.name == preset) {
                it.runtime = known.make();
                it.known = true;
            }
    }
    for (const auto& [kind, rate] : answer.at("rates").items())
        it.figures.push_back({.name = kind + "_rate",
                              .value = rate.get<double>(),
                              .unit = "1/s",
                              .samples = 1,
                              .how = "rounds of the loop in a second of CPU time"});
    for (const auto& [figure, one] : answer.at("figures").items())
        it.figures.push_back({.name = figure,
                              .value = one.at("value").get<double>(),
                              .unit = one.at("unit").get<std::string>(),
                              .samples = one.at("samples").get<std::size_t>(),
                              .spread = one.at("spread").get<double>(),
                              .how = "",
                              .sound = one.at("spread").get<double>() <= 0.25});
    constexpr double released = 1.2;
    if (const auto overlap = answer.find("overlap"); overlap != answer.end())
        if (overlap->at("nogil").get<double>() < released)
            it.warnings.push_back(
                fmt::format("{}: two threads do nogil work {:.2f} times as fast as one: the lock "
                            "may not be released, or the CPUs were busy",
                            name, overlap->at("nogil").get<double>()));
    const Wholes found(it.figures);
    threads(it.runtime, found, machine);
    processes(it.runtime, found, machine);
    loops(it.runtime, found, machine);
    others(it.runtime, found, machine);
    return it;
}

std::string host_section(const Environment& host, const HostFigures& measured) {
    std::string text = "host:\n";
    text += fmt::format("  model: {}\n  kernel: {}\n  cpus: [{}]\n", quoted(host.model),
                        quoted(host.kernel), fmt::join(host.allowed, ", "));
    if (host.quota) text += fmt::format("  quota: {:.3g}\n", *host.quota);
    if (!host.caches.empty()) text += "  caches:\n";
    for (const auto& cache : host.caches)
        text += fmt::format("    - {{level: {}, type: {}, size: {}B, cpus: [{}]}}\n", cache.level,
                            cache.type, cache.bytes, fmt::join(cache.cpus, ", "));
    text += "  figures:\n";
    for (const auto& one : measured.figures)
        if (!is_cost(one.name)) text += line(4, one.name, value_text(one), one);
    for (const auto& warning : measured.warnings) text += "# warning: " + warning + '\n';
    const auto& machine = measured.machine;
    text += fmt::format("machine:\n  sockets: {}\n  cores: {}\n  threads_per_core: {}\n",
                        machine.sockets, machine.cores, machine.threads_per_core);
    if (machine.threads_per_core > 1)
        text += fmt::format("  smt_speed: {:.3g}\n", machine.smt_speed.ppm / 1e6);
    if (machine.memory) text += fmt::format("  memory: {}B\n", *machine.memory);
    text += "  costs:\n";
    for (const auto& cost : cost_figures())
        for (const auto& one : measured.figures)
            if (one.name == cost.name)
                text += line(4, cost.name,
                             one.unit == "ratio" ? fmt::format("{:.0f}%", one.value * 100)
                                                 : value_text(one),
                             one);
    if (measured.os.hz || host.quota) text += "os:\n";
    if (measured.os.hz) text += fmt::format("  hz: {}\n", *measured.os.hz);
    if (host.quota) text += fmt::format("  quota: {{cpus: {:.3g}}}\n", *host.quota);
    return text;
}

std::string interpreter_section(const InterpreterFigures& measured) {
    if (!measured.known) return "";
    const auto& it = measured.runtime;
    auto text = fmt::format("  {}:\n", measured.name);
    for (const auto& one : measured.figures)
        text += fmt::format("    # {:<20} {:>14.6g} {:<4} {}\n", one.name, one.value, one.unit,
                            quality(one));
    for (const auto& warning : measured.warnings) text += "    # warning: " + warning + '\n';
    if (it.name == "builtin")
        text += fmt::format("    lock: {}\n    check_points: dense\n", it.lock);
    else
        text += fmt::format("    preset: {}\n", it.name);
    const auto time = [&](const char* name, Duration value) {
        text += fmt::format("    {}: {}ns\n", name, value.count());
    };
    time("check_spacing", it.check_spacing);
    time("thread_start", it.thread_start);
    time("thread_begin", it.thread_begin);
    time("thread_join", it.thread_join);
    time("fork_start", it.fork_start);
    time("spawn_start", it.spawn_start);
    time("forkserver_start", it.forkserver_start);
    time("process_join", it.process_join);
    if (it.sub_interpreters) {
        time("interpreter_start", it.interpreter_start);
        time("interpreter_end", it.interpreter_end);
    }
    time("cold_holder", it.cold_holder);
    time("task_dispatch", it.task_dispatch);
    time("loop_start", it.loop_start);
    time("loop_turn", it.loop_turn);
    time("loop_callback", it.loop_callback);
    time("loop_cold", it.loop_cold);
    time("message", it.message);
    time("pool_watch", it.pool_watch);
    text += fmt::format("    pickle_array: {}B/s\n    pickle_objects: {}B/s\n    memory: {}B\n",
                        it.pickle_array_bytes_per_second, it.pickle_objects_bytes_per_second,
                        it.memory);
    return text;
}

ProfileText::ProfileText(const std::string& text) {
    std::istringstream lines(text);
    std::string* into = &host;
    bool interpreters_begun = false;
    for (std::string one; std::getline(lines, one);) {
        if (one == interpreters_line) {
            interpreters_begun = true;
            continue;
        }
        const bool key = interpreters_begun && one.size() > 3 && one.compare(0, 2, "  ") == 0 &&
                         one[2] != ' ' && one[2] != '#' && one.back() == ':';
        if (key) into = &interpreters[one.substr(2, one.size() - 3)];
        *into += one + '\n';
    }
}

std::string ProfileText::text() const {
    auto all = host;
    if (!interpreters.empty()) all += std::string(interpreters_line) + '\n';
    for (const auto& [name, entry] : interpreters) all += entry;
    return all;
}

}  // namespace interlock::host
