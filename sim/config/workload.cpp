#include "sim/config/workload.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "sim/config/amounts.hpp"
#include "sim/config/checks.hpp"
#include "sim/config/steps.hpp"
#include "sim/config/tasks.hpp"

namespace interlock::config {

namespace {

using workload::NamedBarrier;
using workload::Object;
using workload::Program;
using workload::Queue;
using workload::Sharing;
using workload::Transport;
using workload::Workload;

constexpr std::array<std::string_view, 6> workload_fields{"programs", "tasks",    "queues",
                                                          "objects",  "barriers", "data"};
constexpr std::array transports{Choice<Transport>{"memory", Transport::memory},
                                Choice<Transport>{"pipe", Transport::pipe},
                                Choice<Transport>{"socket", Transport::socket}};
constexpr std::array sharings{Choice<Sharing>{"counted", Sharing::counted},
                              Choice<Sharing>{"immortal", Sharing::immortal},
                              Choice<Sharing>{"deferred", Sharing::deferred}};
constexpr Bounds capacity_bounds{1, 1'000'000'000};
constexpr Bounds parties_bounds{1, 1'000'000};

/// The children of a mapping from names to something, notes apart.
std::vector<const Node*> named_children(const Node& node, std::string_view expected) {
    if (!node.is_mapping()) refuse_expected(node, expected);
    std::vector<const Node*> children;
    for (const auto& child : node.children) {
        if (is_note(child)) continue;
        read_name(key_as_word(child, node.key));
        children.push_back(&child);
    }
    return children;
}

std::vector<Program> read_programs(const Node& node, WorkloadNames& names, StepReader& reader) {
    constexpr std::string_view expected = "a mapping of programs such as {NAME: [{compute: 5ms}]}";
    const auto children = named_children(node, expected);
    if (children.empty()) refuse_expected(node, expected);
    for (const auto* child : children)
        names.programs.emplace(child->key, static_cast<std::uint32_t>(names.programs.size()));
    std::vector<Program> programs;
    programs.reserve(children.size());
    for (const auto* child : children) programs.push_back({child->key, reader.read_list(*child)});
    return programs;
}

/// One of each name that a step uses, with the properties that were declared;
/// a declared one that no step uses was probably misspelt.
template <typename T>
std::vector<T> with_properties(const Node* declared, const Names& used, const Table<T>& table,
                               std::string_view expected) {
    std::vector<T> all;
    for (const auto& name : used.list()) {
        T one;
        one.name = name;
        all.push_back(std::move(one));
    }
    if (declared == nullptr) return all;
    for (const auto* child : named_children(*declared, expected)) {
        const auto id = used.known(child->key);
        if (!id)
            refuse(child->key_place, declared->key + ": no step uses '" + child->key + "'" +
                                         suggestion(child->key, used.list()));
        if (child->kind != NodeKind::null) read_mapping(*child, table, all[*id], expected);
    }
    return all;
}

std::vector<workload::Data> read_data(const Node& node, WorkloadNames& names) {
    constexpr std::string_view expected = "a mapping of name, bytes, or a list of such";
    std::vector<workload::Data> all;
    std::set<workload::BlockId> seen;
    const auto read_one = [&](const Node& item) {
        DataDraft draft;
        read_mapping(item, data_table(), draft, expected);
        const auto id = workload::BlockId{names.blocks.id(*item.find("name"))};
        if (!seen.insert(id).second)
            refuse(draft.place, "data: duplicate name '" + draft.name + "'");
        all.push_back({id, draft.bytes});
    };
    if (!node.is_list()) read_one(node);
    if (node.is_list())
        for (const auto& child : node.children) read_one(child);
    return all;
}

void check_devices(const Names& used, const hardware::Machine& machine) {
    std::vector<std::string> names;
    for (const auto& device : machine.devices) names.push_back(device.name);
    for (std::uint32_t i = 0; i < used.list().size(); ++i) {
        const auto& name = used.list()[i];
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        refuse(used.first_use(i),
               "device: the machine has no device '" + name + "'" +
                   (names.empty() ? ": give it one, such as devices: {" + name + ": nvme}"
                                  : suggestion(name, names)));
    }
}

const Node& required(const Node& root, std::string_view field) {
    const auto* node = root.find(field);
    if (node == nullptr) refuse(root.place, "missing field '" + std::string(field) + "'");
    return *node;
}

}  // namespace

bool of_workload(std::string_view field) {
    return std::find(workload_fields.begin(), workload_fields.end(), field) !=
           workload_fields.end();
}

const Table<Queue>& queue_table() {
    static const Table<Queue> table{
        {{"capacity", "count", text_of(capacity_bounds), "unbounded",
          "who puts into a full queue waits"},
         [](Queue& queue, const Node& node) {
             queue.capacity = read_count(node, capacity_bounds.low, capacity_bounds.high);
         }},
        {{"over", "word", listed(names_of<Transport>(transports)),
          "memory within a process, a pipe between processes", "what carries the items"},
         [](Queue& queue, const Node& node) {
             queue.over = read_choice<Transport>(node, transports);
         }},
    };
    return table;
}

const Table<Object>& object_table() {
    static const Table<Object> table{
        {{"shared", "word", listed(names_of<Sharing>(sharings)), "counted",
          "whose references are counted where threads run without a lock: counted in one place, "
          "or by nobody who only reads it"},
         [](Object& object, const Node& node) {
             object.shared = read_choice<Sharing>(node, sharings);
         }},
    };
    return table;
}

const Table<NamedBarrier>& barrier_table() {
    static const Table<NamedBarrier> table{
        {{"parties", "count", text_of(parties_bounds),
          "the instances of tasks whose program has it", "how many must be there"},
         [](NamedBarrier& barrier, const Node& node) {
             barrier.parties = read_count(node, parties_bounds.low, parties_bounds.high);
         }},
    };
    return table;
}

const Table<DataDraft>& data_table() {
    static const Table<DataDraft> table{
        {{"name", "name", "", "required", "what steps call it"},
         [](DataDraft& draft, const Node& node) {
             draft.name = read_name(node);
             draft.place = node.place;
         }},
        {{"bytes", "size", "B, KiB, MiB, GiB, or a distribution", "required", "how much"},
         [](DataDraft& draft, const Node& node) {
             draft.bytes = read_amount(node, Quantity::size);
         }},
    };
    return table;
}

Workload read_workload(const Node& root, const hardware::Machine& machine, Stated stated) {
    WorkloadNames names;
    StepReader reader(names, stated);
    Workload work;
    work.programs = read_programs(required(root, "programs"), names, reader);
    work.tasks = read_tasks(required(root, "tasks"), names);
    if (const auto* data = root.find("data")) work.data = read_data(*data, names);
    work.queues = with_properties(root.find("queues"), names.queues, queue_table(),
                                  "a mapping such as {NAME: {capacity: 10}}");
    work.objects = with_properties(root.find("objects"), names.objects, object_table(),
                                   "a mapping such as {NAME: {shared: immortal}}");
    work.barriers = with_properties(root.find("barriers"), names.barriers, barrier_table(),
                                    "a mapping such as {NAME: {parties: 4}}");
    work.locks = names.locks.list();
    work.conditions = names.conditions.list();
    work.blocks = names.blocks.list();
    work.marks = names.marks.list();
    work.devices = names.devices.list();
    check_devices(names.devices, machine);
    check_workload(work, reader.places());
    return work;
}

}  // namespace interlock::config
