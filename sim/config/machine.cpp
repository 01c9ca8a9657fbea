#include "sim/config/machine.hpp"

#include <array>

#include "sim/config/device.hpp"
#include "sim/config/preset.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/steps.hpp"

namespace interlock::config {

namespace {

using hardware::Costs;
using hardware::CpuCache;
using hardware::Machine;

constexpr std::string_view host_name = "host";
constexpr double speed_max = 100;
/// A core's speed times this is a speed that 32 bits hold.
constexpr double turbo_max = 10;
/// By which two go at the default of `smt_speed`.
constexpr hardware::Speed default_dispatch{793'000};
/// Threads that throw each other out do so once in this time.
constexpr kernel::Duration warmup_min{1'000};

void read_speeds(Machine& machine, const Node& node) {
    machine.speed.clear();
    if (node.is_word()) {
        machine.speed.push_back(read_speed(node, speed_max));
        return;
    }
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a number such as 0.55, or a list of one for each core");
    for (const auto& child : node.children) machine.speed.push_back(read_speed(child, speed_max));
}

void read_siblings(Machine& machine, const Node& node) {
    machine.smt_matrix.reset();
    machine.smt_dispatch.reset();
    if (node.is_word()) {
        machine.smt_speed = read_speed(node, 1);
        return;
    }
    if (only_child(node) == nullptr)
        refuse_expected(node, "a number such as 0.62, {matrix: {…}} or {dispatch: {…}}");
    read_mapping(node, siblings_table(), machine, "a mapping of matrix or dispatch");
}

void read_turbo(Machine& machine, const Node& node) {
    machine.turbo.clear();
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a list such as [1, 0.95, 0.87]: for one active core, two, …");
    for (const auto& child : node.children) {
        machine.turbo.push_back(read_speed(child, turbo_max));
        const auto count = machine.turbo.size();
        if (count > 1 && machine.turbo[count - 2] < machine.turbo.back())
            refuse_expected(child, "a speed that does not rise with the number of active cores");
    }
}

double read_share(const Node& node) {
    const auto share = read_percentage(node);
    if (share > 1) refuse_expected(node, "a percentage from 0% to 100%");
    return share;
}

void read_memory_bandwidth(Machine& machine, const Node& node) {
    machine.memory_bandwidth.reset();
    if (node.is_word() && node.text == "none") return;
    machine.memory_bandwidth = read_bandwidth(node);
    if (machine.memory_bandwidth == 0) refuse_expected(node, "a bandwidth above 0B/s");
}

constexpr std::array shared_by_choices{
    Choice<hardware::SharedBy>{"cpu", hardware::SharedBy::cpu},
    Choice<hardware::SharedBy>{"core", hardware::SharedBy::core},
    Choice<hardware::SharedBy>{"socket", hardware::SharedBy::socket},
};

void read_cpu_cache(Machine& machine, const Node& node) {
    machine.cache.reset();
    if (node.is_word() && node.text == "none") return;
    CpuCache cache;
    read_mapping(node, cpu_cache_table(), cache, "none, or a mapping such as {size: 32MiB}");
    machine.cache = cache;
}

void read_numa(Machine& machine, const Node& node) {
    machine.numa.reset();
    if (node.is_word() && node.text == "none") return;
    hardware::Numa numa;
    read_mapping(node, numa_table(), numa, "none, or a mapping such as {nodes: 2}");
    machine.numa = numa;
}

void read_costs(Machine& machine, const Node& node) {
    if (node.is_word() && node.text == "none") {
        machine.costs = hardware::no_costs();
        machine.costs_origin = "none";
        return;
    }
    read_mapping(node, costs_table(), machine.costs, "none, or a mapping of costs");
    machine.costs_origin = "given";
}

Machine preset_machine(const Node& name, const Profile* profile) {
    if (!name.is_word() || name.text != host_name)
        return find_preset(name, hardware::machine_presets()).make();
    if (profile == nullptr)
        refuse(name.place, label(name) + "this host was not calibrated; run 'interlock calibrate'");
    return profile->machine();
}

void check_machine(const Machine& machine, const Node& node) {
    const auto at = [&](std::string_view field) {
        const auto* child = node.find(field);
        return child == nullptr ? node.place : child->place;
    };
    if (machine.cores % machine.sockets != 0)
        refuse(at("sockets"), "sockets: expected a divisor of the " +
                                  std::to_string(machine.cores) + " cores, got " +
                                  std::to_string(machine.sockets));
    if (machine.numa && machine.cores % machine.nodes() != 0)
        refuse(at("numa"), "numa: nodes: expected a divisor of the " +
                               std::to_string(machine.cores) + " cores, got " +
                               std::to_string(machine.nodes()));
    if (machine.numa && machine.numa->link_bandwidth && !machine.memory_bandwidth)
        refuse(at("numa"), "numa: link_bandwidth: the machine states no memory_bandwidth");
    if (machine.speed.size() > 1 && machine.speed.size() != machine.cores)
        refuse(at("speed"), "speed: expected one value, or one for each of the " +
                                std::to_string(machine.cores) + " cores, got " +
                                std::to_string(machine.speed.size()));
}

/// A field for each class.
template <typename T>
Table<T> class_table(const std::string& type, const std::string& values,
                     const std::string& fallback, const std::string& sentence,
                     void (*read)(typename T::value_type& into, const Node& node)) {
    Table<T> table;
    for (const auto& choice : class_choices())
        table.push_back({{std::string(choice.name), type, values, fallback, sentence},
                         [read, at = static_cast<std::size_t>(choice.value)](
                             T& all, const Node& node) { read(all[at], node); }});
    return table;
}

void read_factor(hardware::Speed& into, const Node& node) { into = read_speed(node, 1); }

std::vector<std::string> machine_names() {
    auto names = preset_names(hardware::machine_presets());
    names.emplace_back(host_name);
    return names;
}

}  // namespace

const Table<Costs>& costs_table() {
    static const Table<Costs> table{
        duration_field("user_operation", &Costs::user_operation,
                       "an uncontended atomic operation with its surroundings"),
        duration_field("line_transfer", &Costs::line_transfer,
                       "the first touch of a lock that another CPU touched last"),
        duration_field("syscall", &Costs::syscall, "entry and exit of a trivial call"),
        duration_field("socket_call", &Costs::socket_call,
                       "sending or receiving a message through a socket, its bytes apart"),
        duration_field("timed_wait", &Costs::timed_wait,
                       "what begins a timed wait, until it lets go of its mutex: the deadline, and "
                       "to queue up"),
        duration_field("futex_wait", &Costs::futex_wait,
                       "to go to sleep in the kernel, without the switch"),
        duration_field("futex_wake", &Costs::futex_wake, "to wake a sleeper"),
        duration_field("wake_interrupt", &Costs::wake_interrupt,
                       "paid on top, for an interrupt to another CPU: idle for longer than "
                       "idle_short_after, or for less than context_switch, or running a thread "
                       "that is preempted"),
        duration_field("futex_timer", &Costs::futex_timer,
                       "what a futex_wait takes more that has a timeout"),
        duration_field("cold_timed_wait", &Costs::cold_timed_wait,
                       "on top of timed_wait where the CPU has begun none for cold_after, for what "
                       "has left the caches; after shorter pauses in proportion"),
        duration_field("cold_wait", &Costs::cold_wait,
                       "the same of futex_wait, where the CPU idled meanwhile"),
        duration_field("cold_wait_busy", &Costs::cold_wait_busy, "where it computed"),
        duration_field("cold_wake", &Costs::cold_wake,
                       "the same of futex_wake, where the CPU idled meanwhile"),
        duration_field("cold_wake_busy", &Costs::cold_wake_busy, "where it computed"),
        duration_field("cold_send", &Costs::cold_send,
                       "the same of a message sent through a socket"),
        duration_field("cold_receive", &Costs::cold_receive,
                       "the same of a message received from a socket"),
        duration_field("cold_after", &Costs::cold_after, "when a call is as cold as it gets"),
        duration_field("context_switch", &Costs::context_switch,
                       "paid by the thread that is switched in"),
        duration_field("migration", &Costs::migration,
                       "paid on top by a thread that last ran on another core"),
        duration_field("wake_same", &Costs::wake_same,
                       "paid by a thread that was woken onto its waker's CPU"),
        duration_field("wake_idle_brief", &Costs::wake_idle_brief,
                       "delay until a CPU answers that has just gone idle"),
        duration_field("idle_short_after", &Costs::idle_short_after,
                       "when it has halted, and wake_idle_short holds"),
        duration_field("wake_idle_short", &Costs::wake_idle_short,
                       "delay until an idle CPU answers"),
        duration_field("wake_idle_long", &Costs::wake_idle_long,
                       "the same after it was idle for longer than idle_long_after"),
        duration_field("idle_long_after", &Costs::idle_long_after, "when an idle is a long one"),
        {{"wake_spread", "percentage", "from 0% to 100%", "30%",
          "by how much these delays vary, each way and evenly"},
         [](Costs& costs, const Node& node) { costs.wake_spread = read_share(node); }},
        {{"pack_below", "percentage", "from 0% to 100%", "0%",
          "woken threads stay on a busy CPU, new ones on their parent's, that was used for less of "
          "late"},
         [](Costs& costs, const Node& node) { costs.pack_below = read_share(node); }},
        {{"new_idle_pull", "percentage", "from 0% to 100%", "100%",
          "how often a CPU that goes idle takes at once what waits for another"},
         [](Costs& costs, const Node& node) { costs.new_idle_pull = read_share(node); }},
        duration_field("idle_balance", &Costs::idle_balance,
                       "until it takes it otherwise, from the next tick on; evenly up to twice"),
        duration_field("timer_slack", &Costs::timer_slack, "a timer may expire this much late"),
        duration_field("timer_interrupt", &Costs::timer_interrupt,
                       "from when it must until its interrupt is taken"),
        duration_field("cold_timer", &Costs::cold_timer,
                       "what that takes more when its thread has slept for cold_after; after "
                       "shorter sleeps in proportion"),
        duration_field("thread_start", &Costs::thread_start,
                       "making a thread, paid by the one who makes it"),
        duration_field("thread_exit", &Costs::thread_exit, "paid by the thread that ends"),
        duration_field("process_start", &Costs::process_start,
                       "fork of an empty process, paid by the parent"),
        duration_field("process_exit", &Costs::process_exit, "paid by the process that ends"),
        duration_field("fork_per_mib", &Costs::fork_per_mib,
                       "page tables of a MiB of resident memory, paid by the parent"),
        duration_field("exit_per_mib", &Costs::exit_per_mib,
                       "unmapping a MiB of resident memory, paid by the process that ends"),
        duration_field("page_copy", &Costs::page_copy, "one page of 4 KiB copied on write"),
        duration_field("page_touch", &Costs::page_touch, "the first touch of a page of 4 KiB"),
        bandwidth_field("pipe", &Costs::pipe_bytes_per_second,
                        "copying into and out of a pipe; 0B/s: takes no time"),
    };
    return table;
}

const Table<Machine>& siblings_table() {
    static const Table<Machine> table{
        {{"matrix", "mapping of classes", "", "", "by the classes of the steps on both"},
         [](Machine& machine, const Node& node) {
             hardware::SiblingMatrix matrix;
             for (auto& row : matrix) row.fill(Machine{}.smt_speed);
             read_mapping(node, matrix_table(), matrix, "a mapping such as {compute: {…}}");
             machine.smt_matrix = matrix;
         }},
        {{"dispatch", "mapping of classes", "", "",
          "by the share of the cycles in which the core dispatches for a step alone"},
         [](Machine& machine, const Node& node) {
             hardware::DispatchShares shares;
             shares.fill(default_dispatch);
             read_mapping(node, dispatch_table(), shares, "a mapping such as {compute: 0.8}");
             machine.smt_dispatch = shares;
         }},
    };
    return table;
}

const Table<hardware::SiblingMatrix>& matrix_table() {
    static const auto table = class_table<hardware::SiblingMatrix>(
        "mapping of classes", "", "0.62 each", "speed of a step of this class, by the other's",
        [](hardware::SiblingMatrix::value_type& row, const Node& node) {
            read_mapping(node, matrix_row_table(), row, "a mapping such as {memory: 0.7}");
        });
    return table;
}

const Table<hardware::SiblingMatrix::value_type>& matrix_row_table() {
    static const auto table = class_table<hardware::SiblingMatrix::value_type>(
        "number", "from 0.001 to 1", text_of(Machine{}.smt_speed), "beside a step of this class",
        read_factor);
    return table;
}

const Table<hardware::DispatchShares>& dispatch_table() {
    static const auto table = class_table<hardware::DispatchShares>(
        "number", "from 0.001 to 1", text_of(default_dispatch), "of a step of this class",
        read_factor);
    return table;
}

const Table<CpuCache>& cpu_cache_table() {
    static const Table<CpuCache> table{
        {{"size", "size", "above 0B", "required", "of each, for the working sets of its threads"},
         [](CpuCache& cache, const Node& node) {
             cache.size = read_size(node);
             if (cache.size == 0) refuse_expected(node, "a size above 0B, or cache: none");
         }},
        choice_field<CpuCache, hardware::SharedBy>(
            "shared_by", &CpuCache::shared_by, shared_by_choices,
            "whose CPUs have one together: each its own, those of a core, those of a socket"),
        {{"warmup", "duration", "at least 1us", text_of(CpuCache{}.warmup),
          "for how long a thread runs there until its working set is in"},
         [](CpuCache& cache, const Node& node) {
             cache.warmup = read_duration(node);
             if (cache.warmup < warmup_min)
                 refuse_expected(node, "at least " + text_of(warmup_min));
         }},
        speed_field("cold_speed", &CpuCache::cold_speed, 1, "factor on its speed until then"),
    };
    return table;
}

const Table<hardware::Numa>& numa_table() {
    using hardware::Numa;
    static constexpr Bounds nodes{1, nodes_max};
    static const Table<Numa> table{
        {{"nodes", "count", text_of(nodes), "one a socket",
          "parts, each with as many cores and as much of the memory_bandwidth"},
         [](Numa& numa, const Node& node) {
             numa.nodes = read_count(node, nodes.low, nodes.high);
         }},
        speed_field("remote_speed", &Numa::remote_speed, 1,
                    "factor on the speed of work of class memory whose data are on another node"),
        {{"link_bandwidth", "bandwidth", "above 0B/s, none", "0.6 of a node's memory_bandwidth",
          "what may go from a node to another, for each pair and direction; none: no limit"},
         [](Numa& numa, const Node& node) {
             numa.links_limited = !node.is_word() || node.text != "none";
             if (!numa.links_limited) return;
             numa.link_bandwidth = read_bandwidth(node);
             if (numa.link_bandwidth == 0) refuse_expected(node, "a bandwidth above 0B/s");
         }},
    };
    return table;
}

const Table<Machine>& machine_table() {
    static const Table<Machine> table{
        {{"preset", "name", listed(machine_names()), "",
          "where the other fields start from; without it, one core at full speed"},
         [](Machine& /*machine*/, const Node& /*node*/) {}},
        count_field("sockets", &Machine::sockets, {1, 64}, "processor packages"),
        count_field("cores", &Machine::cores, {1, 4'096}, "cores, of all sockets together"),
        count_field("threads_per_core", &Machine::threads_per_core, {1, 8},
                    "hardware threads of a core"),
        {{"speed", "number, or list of one for each core", "from 0.001 to 100", "1",
          "rate of progress, where 1 is the fastest core of the machine the times are meant for"},
         read_speeds},
        {{"smt_speed", "number, or mapping of one", "from 0.001 to 1, matrix, dispatch", "0.62",
          "speed of a hardware thread while its sibling runs; or by what both of them do"},
         read_siblings},
        {{"turbo", "list of numbers", "from 0.001 to 10, not rising", "1",
          "factor on the speed of all cores of a socket while one of them is active, two, …; the "
          "last holds for more"},
         read_turbo},
        {{"memory", "size", "B, KiB, MiB, GiB, none", "none", "none: it never runs out"},
         [](Machine& machine, const Node& node) {
             machine.memory.reset();
             if (!node.is_word() || node.text != "none") machine.memory = read_size(node);
         }},
        {{"memory_bandwidth", "bandwidth", "above 0B/s, none", "none",
          "what all steps with a bandwidth share; none: there may be no such steps"},
         read_memory_bandwidth},
        {{"numa", "mapping", "none, or fields of machine numa", "none",
          "memory in parts, each near some of the cores; none: all is as near"},
         read_numa},
        {{"cache", "mapping", "none, or fields of machine cache", "none",
          "what working sets come into; none: there may be no steps with one"},
         read_cpu_cache},
        {{"devices", "mapping of devices", "", "none",
          "disks, networks, services elsewhere: what `io` may name"},
         [](Machine& machine, const Node& node) { machine.devices = read_devices(node); }},
        {{"costs", "mapping", "none, or fields of costs", "the preset's",
          "what the machine and its kernel charge; none: nothing"},
         read_costs},
    };
    return table;
}

bool is_host(const Node& machine) {
    if (machine.is_word()) return machine.text == host_name;
    const auto* preset = machine.find("preset");
    return preset != nullptr && preset->is_word() && preset->text == host_name;
}

Machine read_machine(const Node& node, const Profile* profile) {
    if (node.is_word()) return preset_machine(node, profile);
    Machine machine;
    if (const auto* preset = node.find("preset")) machine = preset_machine(*preset, profile);
    read_mapping(node, machine_table(), machine, "a preset, or a mapping such as {cores: 4}");
    machine.name = given_name(node);
    check_machine(machine, node);
    return machine;
}

}  // namespace interlock::config
