// The kinds of steps, in the order of the reference page: what each takes, and
// what it becomes.

#include <algorithm>
#include <array>
#include <utility>

#include "sim/config/amounts.hpp"
#include "sim/config/steps.hpp"

namespace interlock::config {

namespace {

using workload::MemoryPolicy;
using workload::StepKind;
using Steps = Table<StepDraft>;
using StepField = Field<StepDraft>;

constexpr Bounds calls_bounds{1, 1'000'000};
constexpr Bounds repeat_bounds{1, 1'000'000'000};
constexpr Bounds spawn_bounds{1, 100'000};
constexpr Bounds notify_bounds{1, 1'000'000};

StepField time_field(std::string kind, std::string sentence) {
    return {{std::move(kind), "duration", "ns, us, ms, s, or a distribution", "required",
             std::move(sentence)},
            [](StepDraft& draft, const Node& node) {
                draft.amount = read_amount(node, Quantity::duration);
            }};
}

/// A step that names something: `acquire: rows`.
StepField name_field(std::string kind, Names WorkloadNames::*names, std::string sentence) {
    return {{std::move(kind), "name", "", "required", std::move(sentence)},
            [names](StepDraft& draft, const Node& node) {
                draft.id = (draft.reader->names().*names).id(node);
            }};
}

StepField nothing_field(std::string kind, std::string sentence) {
    return {{std::move(kind), "nothing", "{}", "", std::move(sentence)},
            [](StepDraft& /*draft*/, const Node& node) {
                if (!node.is_nothing()) refuse_expected(node, "nothing");
            }};
}

StepField timeout_field() {
    return {{"timeout", "duration", "ns, us, ms, s", "none", "gives up after this long"},
            [](StepDraft& draft, const Node& node) { draft.timeout = read_duration(node); }};
}

StepField bytes_field(std::string fallback, std::string sentence) {
    return {{"bytes", "size", "B, KiB, MiB, GiB, or a distribution", std::move(fallback),
             std::move(sentence)},
            [](StepDraft& draft, const Node& node) {
                draft.amount = read_amount(node, Quantity::size);
            }};
}

StepField number_field(std::string name, Bounds bounds, std::string fallback,
                       std::string sentence) {
    return {{std::move(name), "count", text_of(bounds), std::move(fallback), std::move(sentence)},
            [bounds](StepDraft& draft, const Node& node) {
                draft.count = read_count(node, bounds.low, bounds.high);
            }};
}

StepField steps_field(std::string sentence) {
    return {
        {"steps", "list of steps", "", "required", std::move(sentence)},
        [](StepDraft& draft, const Node& node) { draft.steps = draft.reader->read_list(node); }};
}

StepField since_field() {
    using workload::Since;
    static constexpr std::array words{Choice<Since>{"now", Since::now},
                                      Choice<Since>{"last", Since::last},
                                      Choice<Since>{"grid", Since::grid}};
    return {
        {"since", "word", "now, last, grid", "now",
         "from when it counts: now; last: from the end of the last such sleep, at first from the "
         "task's start, so that delays do not add up; what would be over ends now (last) or has "
         "ended then (grid)"},
        [](StepDraft& draft, const Node& node) { draft.since = read_choice<Since>(node, words); }};
}

StepField block_field(std::string kind, const Steps& (*table)(), std::string expected,
                      std::string sentence) {
    return {{std::move(kind), "mapping", expected, "required", std::move(sentence)},
            [table, expected](StepDraft& draft, const Node& node) {
                read_mapping(node, table(), draft, "a mapping of " + expected);
            }};
}

/// A time, or what is asked of a device: no distribution has a field of that mapping.
void read_io(StepDraft& draft, const Node& node) {
    const bool names_device =
        node.is_mapping() &&
        std::any_of(node.children.begin(), node.children.end(),
                    [](const Node& child) { return find_field(io_table(), child.key) != nullptr; });
    if (!names_device) {
        draft.amount = read_amount(node, Quantity::duration);
        return;
    }
    draft.device.emplace();
    read_mapping(node, io_table(), draft, "a time, or a mapping such as {device: disk}");
    if (draft.device->access == workload::Access::fsync)
        if (const auto* bytes = node.find("bytes"))
            refuse(bytes->key_place, "bytes: an fsync writes what was written before, no bytes "
                                     "of its own");
}

StepField io_field() {
    return {{"io", "duration, or mapping of io", "ns, us, ms, s, or a distribution", "required",
             "an outside event, which no timer slack delays; at 0us a call that releases the "
             "lock and does not block"},
            read_io};
}

StepField calls_field(std::string sentence) {
    return {{"calls", "count", text_of(calls_bounds), "1", std::move(sentence)},
            [](StepDraft& draft, const Node& node) {
                if (draft.count) refuse(node.key_place, "calls: it is said already");
                draft.count = read_count(node, calls_bounds.low, calls_bounds.high);
            }};
}

StepField spawn_field() {
    return {{"spawn", "name", "a program", "required",
             "starts threads of the same process, each of which runs the program"},
            [](StepDraft& draft, const Node& node) {
                const auto& programs = draft.reader->names().programs;
                const auto program = programs.find(read_name(node));
                if (program == programs.end()) {
                    std::vector<std::string> names;
                    names.reserve(programs.size());
                    for (const auto& [name, id] : programs) names.push_back(name);
                    refuse(node.place, "spawn: there is no program '" + node.text + "'" +
                                           suggestion(node.text, names));
                }
                draft.id = program->second;
            }};
}

void read_notify_count(StepDraft& draft, const Node& node) {
    draft.all = node.is_word() && node.text == "all";
    if (!draft.all) draft.count = read_count(node, notify_bounds.low, notify_bounds.high);
}

void read_branches(StepDraft& draft, const Node& node) {
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a list of at least one branch such as {weight: 3, steps: […]}");
    double sum = 0;
    for (const auto& child : node.children) {
        StepDraft branch;
        branch.reader = draft.reader;
        read_mapping(child, branch_table(), branch, "a branch such as {weight: 3, steps: […]}");
        sum += branch.weight;
        draft.branches.push_back({branch.weight, std::move(branch.steps)});
    }
    if (sum <= 0) refuse(node.place, "choose: expected a branch with a weight above 0, got none");
}

std::optional<std::uint32_t> notified(const StepDraft& draft) {
    if (draft.all) return std::nullopt;
    return draft.count.value_or(1);
}

template <typename T>
StepKind timed(StepDraft&& draft) {
    return T{std::move(draft.amount)};
}

template <typename T>
StepKind worked(StepDraft&& draft) {
    const auto usual =
        draft.bandwidth > 0 ? workload::WorkClass::memory : workload::WorkClass::compute;
    return T{.time = std::move(draft.amount),
             .footprint = {.work_class = draft.work_class.value_or(usual),
                           .bandwidth = draft.bandwidth,
                           .working_set = draft.working_set,
                           .policy = draft.policy}};
}

constexpr std::array mempolicies{
    Choice<MemoryPolicy::Kind>{"local", MemoryPolicy::Kind::local},
    Choice<MemoryPolicy::Kind>{"interleave", MemoryPolicy::Kind::interleave}};

MemoryPolicy read_mempolicy(const Node& node, std::uint32_t nodes) {
    if (node.is_word()) return {.kind = read_choice<MemoryPolicy::Kind>(node, mempolicies)};
    const auto* bind = only_child(node);
    if (bind == nullptr || bind->key != "bind")
        refuse_expected(node, "local, interleave, or a node as in {bind: 0}");
    return {.kind = MemoryPolicy::Kind::bind, .node = read_count(*bind, 0, nodes - 1)};
}

/// What a CPU step takes of the machine.
Steps footprint_fields() {
    return {
        {{"bandwidth", "bandwidth", "B/s, KiB/s, MiB/s, GiB/s", "0B/s",
          "memory traffic at full speed; where the machine's memory_bandwidth is short the "
          "step takes longer as a whole"},
         [](StepDraft& draft, const Node& node) {
             if (!draft.reader->stated().bandwidth)
                 refuse(node.key_place, "bandwidth: the machine states no memory_bandwidth");
             draft.bandwidth = read_bandwidth(node);
         }},
        {{"class", "word", listed(names_of(class_choices())),
          "memory with a bandwidth, else compute",
          "what it keeps busy in its core; siblings slow each other by it"},
         [](StepDraft& draft, const Node& node) {
             draft.work_class = read_choice(node, class_choices());
         }},
        {{"working_set", "size", "B, KiB, MiB, GiB", "0B",
          "memory that it uses again and again: slow until it is in the machine's cache"},
         [](StepDraft& draft, const Node& node) {
             if (!draft.reader->stated().cache)
                 refuse(node.key_place, "working_set: the machine states no cache");
             draft.working_set = read_size(node);
         }},
        {{"mempolicy", "word, or mapping of bind", "local, interleave, {bind: 0}", "local",
          "on which node its data lie: where its thread first used memory, evenly on all, or on "
          "one"},
         [](StepDraft& draft, const Node& node) {
             const auto& nodes = draft.reader->stated().nodes;
             if (!nodes) refuse(node.key_place, "mempolicy: the machine states no numa");
             draft.policy = read_mempolicy(node, *nodes);
         }}};
}

StepEntry cpu_step(std::string sentence, StepField time, StepKind (*make)(StepDraft&& draft)) {
    auto fields = footprint_fields();
    fields.insert(fields.begin(), std::move(time));
    return {std::move(sentence), std::move(fields), make};
}

template <typename T, typename Id>
StepKind named(StepDraft&& draft) {
    return T{Id{draft.id}};
}

std::vector<StepEntry> time_steps() {
    using namespace workload;
    return {
        cpu_step("bytecode under the interpreter lock, with check points",
                 time_field("compute", "bytecode, alone on the fastest core under the scenario's "
                                       "interpreter"),
                 worked<Compute>),
        cpu_step("C code with the lock released: numpy loops, zlib, BLAS",
                 time_field("nogil", "C code that releases the lock"), worked<Nogil>),
        cpu_step("C code that holds the lock and cannot be interrupted: json, re, pickle, sort",
                 time_field("native", "C code that holds the lock"), worked<Native>),
        {"a timer; its slack applies",
         {time_field("sleep", "how long"), since_field()},
         [](StepDraft&& draft) -> StepKind {
             return Sleep{std::move(draft.amount), draft.since};
         }},
        {"an outside event",
         {io_field(),
          calls_field("as this many calls, which share the time and each take the lock again")},
         [](StepDraft&& draft) -> StepKind {
             return Io{std::move(draft.amount), draft.count.value_or(1), std::move(draft.device)};
         }},
    };
}

std::vector<StepEntry> waiting_steps() {
    using namespace workload;
    return {
        {"takes a lock of the program",
         {name_field("acquire", &WorkloadNames::locks, "a lock of the program")},
         named<Acquire, LockId>},
        {"gives a lock of the program back",
         {name_field("release", &WorkloadNames::locks, "a lock that the thread holds")},
         named<Release, LockId>},
        {"puts an item into a queue; waits while it is full",
         {name_field("put", &WorkloadNames::queues, "a queue"),
          bytes_field("0B", "of the item; pickled when it goes to another process"),
          timeout_field()},
         [](StepDraft&& draft) -> StepKind {
             return Put{QueueId{draft.id}, std::move(draft.amount), draft.timeout};
         }},
        {"takes an item from a queue; waits while it is empty",
         {name_field("get", &WorkloadNames::queues, "a queue that somebody puts into"),
          timeout_field()},
         [](StepDraft&& draft) -> StepKind {
             return Get{QueueId{draft.id}, draft.timeout};
         }},
        {"a consumer: takes from the queue until all who put into it have ended",
         {name_field("each", &WorkloadNames::queues, "a queue that somebody puts into"),
          steps_field("done for each item")},
         [](StepDraft&& draft) -> StepKind {
             return Each{QueueId{draft.id}, std::move(draft.steps)};
         }},
        {"waits until all parties are there",
         {name_field("barrier", &WorkloadNames::barriers, "a barrier")},
         named<workload::Barrier, BarrierId>},
        {"waits until it is notified",
         {name_field("wait", &WorkloadNames::conditions, "a condition"), timeout_field()},
         [](StepDraft&& draft) -> StepKind {
             return Wait{ConditionId{draft.id}, draft.timeout};
         }},
        {"wakes those that wait, the longest first; without one, nothing happens",
         {name_field("notify", &WorkloadNames::conditions, "a condition"),
          {{"count", "count", text_of(notify_bounds) + ", all", "1", "how many are woken"},
           read_notify_count}},
         [](StepDraft&& draft) -> StepKind {
             return Notify{ConditionId{draft.id}, notified(draft)};
         }},
        {"starts threads of the same process",
         {spawn_field(), number_field("count", spawn_bounds, "1", "how many threads")},
         [](StepDraft&& draft) -> StepKind {
             return Spawn{ProgramId{draft.id}, draft.count.value_or(1)};
         }},
        {"waits for all threads that this one has spawned",
         {nothing_field("join", "`join` or `join: {}`")},
         [](StepDraft&& /*draft*/) -> StepKind { return Join{}; },
         true},
        {"offers the CPU to another thread",
         {nothing_field("yield", "`yield` or `yield: {}`")},
         [](StepDraft&& /*draft*/) -> StepKind { return Yield{}; },
         true},
        {"sends the process a signal, which its main thread handles when it next runs bytecode",
         {time_field("signal", "bytecode of the handler")},
         timed<Signal>},
    };
}

std::vector<StepEntry> memory_steps() {
    using namespace workload;
    return {
        {"reads a shared object",
         {name_field("read", &WorkloadNames::objects, "an object of the process")},
         named<Read, ObjectId>},
        {"writes a shared object",
         {name_field("write", &WorkloadNames::objects, "an object of the process")},
         named<Write, ObjectId>},
        {"x += 1: a read and a write, which may be torn apart",
         {name_field("update", &WorkloadNames::objects, "an object of the process")},
         named<Update, ObjectId>},
        {"takes memory",
         {block_field("allocate", allocate_table, "name, bytes", "a block and its size")},
         [](StepDraft&& draft) -> StepKind {
             return Allocate{BlockId{draft.id}, std::move(draft.amount)};
         }},
        {"uses memory; in a forked child that copies pages",
         {block_field("touch", touch_table, "name, bytes, write", "a block, and how much of it")},
         [](StepDraft&& draft) -> StepKind {
             return Touch{BlockId{draft.id}, std::move(draft.part), draft.write};
         }},
        {"gives memory back",
         {name_field("free", &WorkloadNames::blocks, "a block that somebody allocates")},
         named<Free, BlockId>},
    };
}

std::vector<StepEntry> control_steps() {
    using namespace workload;
    return {
        {"steps several times",
         {number_field("repeat", repeat_bounds, "required", "how often"),
          steps_field("what is repeated")},
         [](StepDraft&& draft) -> StepKind {
             return Repeat{draft.count.value_or(1), std::move(draft.steps)};
         }},
        {"one of several lists of steps, drawn by weight",
         {{{"choose", "list of branches", "weight, steps", "required", "the branches"},
           read_branches}},
         [](StepDraft&& draft) -> StepKind { return Choose{std::move(draft.branches)}; }},
        {"a point in time; the JSON gives the latencies between a task's marks",
         {name_field("mark", &WorkloadNames::marks, "a name for it")},
         named<Mark, MarkId>},
    };
}

}  // namespace

const Steps& io_table() {
    using workload::Access;
    static constexpr std::array accesses{Choice<Access>{"read", Access::read},
                                         Choice<Access>{"write", Access::write},
                                         Choice<Access>{"fsync", Access::fsync}};
    static const Steps table{
        {{"device", "name", "a device of the machine", "required", "what is asked"},
         [](StepDraft& draft, const Node& node) {
             draft.device->device = workload::DeviceId{draft.reader->names().devices.id(node)};
         }},
        {{"bytes", "size", "B, KiB, MiB, GiB, or a distribution", "0B", "how much is moved"},
         [](StepDraft& draft, const Node& node) {
             draft.device->bytes = read_amount(node, Quantity::size);
         }},
        {{"service", "duration", "ns, us, ms, s, or a distribution", "the device's",
          "what each operation keeps a server for"},
         [](StepDraft& draft, const Node& node) {
             draft.device->service = read_amount(node, Quantity::duration);
         }},
        {{"do", "word", listed(names_of<Access>(accesses)), "read",
          "what is done; it makes a difference where the device has a cache"},
         [](StepDraft& draft, const Node& node) {
             draft.device->access = read_choice<Access>(node, accesses);
         }},
        calls_field("as this many operations, which share the bytes; it may stand beside `io` "
                    "too"),
    };
    return table;
}

std::span<const Choice<workload::WorkClass>> class_choices() {
    using workload::WorkClass;
    static constexpr std::array choices{Choice<WorkClass>{"compute", WorkClass::compute},
                                        Choice<WorkClass>{"memory", WorkClass::memory},
                                        Choice<WorkClass>{"branchy", WorkClass::branchy},
                                        Choice<WorkClass>{"spin", WorkClass::spin}};
    return choices;
}

const Steps& allocate_table() {
    static const Steps table{name_field("name", &WorkloadNames::blocks, "the block"),
                             bytes_field("required", "how much")};
    return table;
}

const Steps& touch_table() {
    static const Steps table{
        name_field("name", &WorkloadNames::blocks, "a block that somebody allocates"),
        {{"bytes", "size", "B, KiB, MiB, GiB, or a distribution", "all of it", "how much of it"},
         [](StepDraft& draft, const Node& node) {
             draft.part = read_amount(node, Quantity::size);
         }},
        flag_field("write", &StepDraft::write, "whether it writes")};
    return table;
}

const Steps& branch_table() {
    static const Steps table{
        {{"weight", "number", "from 0 to 1000000000", "1", "how likely, against the others"},
         [](StepDraft& draft, const Node& node) {
             constexpr double highest = 1e9;
             draft.weight = read_number(node, 0, highest);
         }},
        steps_field("the branch")};
    return table;
}

const std::vector<StepEntry>& step_table() {
    static const std::vector<StepEntry> table = [] {
        std::vector<StepEntry> entries;
        for (auto group : {time_steps(), waiting_steps(), memory_steps(), control_steps()})
            entries.insert(entries.end(), group.begin(), group.end());
        return entries;
    }();
    return table;
}

}  // namespace interlock::config
