#include "sim/config/strategies.hpp"

#include <algorithm>
#include <array>

#include "sim/config/interpreter.hpp"
#include "sim/config/paths.hpp"

namespace interlock::config {

namespace {

using models::StrategyKind;

constexpr std::size_t variants_max = 10'000;
constexpr std::size_t nodes_max = 2'000'000;
constexpr Bounds workers_bounds{1, 60'000};  // a record names a process by 16 bits
constexpr Bounds chunksize_bounds{1, 1'000'000};

std::vector<Node> choices(const Node& node, bool is_value, const std::string& path);

std::size_t total_size(const std::vector<Node>& nodes) {
    std::size_t sum = 0;
    for (const auto& node : nodes) sum += size_of(node);
    return sum;
}

/// Heads with each of the tails added, the heads varying slowest.
std::vector<Node> crossed(const std::vector<Node>& heads, const std::vector<Node>& tails) {
    std::vector<Node> all;
    for (const auto& head : heads)
        for (const auto& tail : tails) {
            all.push_back(head);
            all.back().children.push_back(tail);
        }
    return all;
}

/// Every way to choose one value from each list. `path` leads to the node from
/// the strategy, or from the root for what stands within `set`.
std::vector<Node> choices(const Node& node, bool is_value, const std::string& path) {
    if (is_value || node.is_word() || node.kind == NodeKind::null) return {node};
    std::vector<Node> all;
    const auto keep_few = [&](std::size_t count, std::size_t nodes) {
        if (count > variants_max || nodes > nodes_max)
            refuse(node.place, label(node) +
                                   "these lists stand for too many strategies; expected "
                                   "at most " +
                                   std::to_string(variants_max));
    };
    if (node.is_list()) {
        if (node.children.empty()) refuse_expected(node, "a value, or a list of at least one");
        for (const auto& child : node.children)
            for (auto& choice : choices(child, false, path)) {
                choice.key = node.key;
                choice.key_place = node.key_place;
                all.push_back(std::move(choice));
                keep_few(all.size(), 0);
            }
        return all;
    }
    Node start = node;
    start.children.clear();
    all.push_back(std::move(start));
    for (const auto& child : node.children) {
        const auto child_path = path.empty() || path == "set" ? child.key : path + '.' + child.key;
        const bool one = is_note(child) || (path.empty() && child.key == "name") ||
                         child.key == "baseline" || list_valued(child_path);
        const auto tails = choices(child, one, child_path);
        keep_few(all.size() * tails.size(),
                 total_size(all) * tails.size() + total_size(tails) * all.size());
        all = crossed(all, tails);
    }
    return all;
}

/// The options that make a strategy what it is: not its name, not what it is
/// compared with.
bool is_option(const Node& child) {
    return !is_note(child) && child.key != "name" && child.key != "baseline";
}

std::string text_of_strategy(const Node& node) {
    std::string text;
    std::size_t count = 0;
    for (const auto& child : node.children) {
        if (!is_option(child)) continue;
        text += (count++ == 0 ? "" : ", ") + child.key + ": " + flow_text(child);
    }
    const Node* only = nullptr;
    for (const auto& child : node.children)
        if (count == 1 && is_option(child)) only = &child;
    return only != nullptr && only->is_nothing() ? only->key : text;
}

Node sorted(const Node& node) {
    Node copy = node;
    for (auto& child : copy.children) child = sorted(child);
    if (copy.is_mapping())
        std::sort(copy.children.begin(), copy.children.end(),
                  [](const Node& a, const Node& b) { return a.key < b.key; });
    return copy;
}

/// `serial` is `{serial: {}}`.
Node as_mapping(const Node& item) {
    if (!item.is_word()) return item;
    Node mapping;
    mapping.kind = NodeKind::mapping;
    mapping.place = item.place;
    Node kind;
    kind.place = item.place;
    kind.key = item.text;
    kind.key_place = item.place;
    mapping.children.push_back(std::move(kind));
    return mapping;
}

void choose_kind(StrategyDraft& draft, const Node& node, StrategyKind kind) {
    if (draft.kind != nullptr)
        refuse(node.key_place,
               "expected one kind of strategy, got " + draft.kind->key + " with " + node.key);
    draft.kind = &node;
    draft.strategy.kind = kind;
}

/// {processes: P, threads: T} and {processes: P, asyncio: N}, in either order.
bool makes_servers(const StrategyDraft& draft, StrategyKind kind) {
    if (draft.kind == nullptr) return false;
    const auto other = draft.strategy.kind;
    const auto inside = [](StrategyKind one) {
        return one == StrategyKind::threads || one == StrategyKind::asyncio;
    };
    return (other == StrategyKind::processes && inside(kind)) ||
           (inside(other) && kind == StrategyKind::processes);
}

void make_servers(StrategyDraft& draft, StrategyKind kind, std::uint32_t count) {
    auto& strategy = draft.strategy;
    const bool processes_last = kind == StrategyKind::processes;
    strategy.in_each = processes_last ? strategy.workers : count;
    if (processes_last) strategy.workers = count;
    strategy.kind = StrategyKind::servers;
    if (std::uint64_t{strategy.workers} * strategy.in_each > workers_bounds.high)
        refuse(draft.kind->key_place, "these are too many workers; expected at most " +
                                          std::to_string(workers_bounds.high) + " in all");
}

Field<StrategyDraft> kind_field(std::string name, StrategyKind kind, std::string sentence) {
    return {{std::move(name), "nothing", "{}", "", std::move(sentence)},
            [kind](StrategyDraft& draft, const Node& node) {
                choose_kind(draft, node, kind);
                if (!node.is_nothing()) refuse_expected(node, "nothing, or {}");
            }};
}

Field<StrategyDraft> workers_field(std::string name, StrategyKind kind, std::string sentence) {
    return {{std::move(name), "count", text_of(workers_bounds), "", std::move(sentence)},
            [kind](StrategyDraft& draft, const Node& node) {
                const auto count = read_count(node, workers_bounds.low, workers_bounds.high);
                if (kind == StrategyKind::asyncio) draft.strategy.event_loops = true;
                if (makes_servers(draft, kind)) return make_servers(draft, kind, count);
                choose_kind(draft, node, kind);
                draft.strategy.workers = count;
            }};
}

Field<StrategyDraft> node_field(std::string name, const Node* StrategyDraft::*member,
                                std::string type, std::string sentence) {
    return {{std::move(name), std::move(type), "", "the scenario's", std::move(sentence)},
            [member](StrategyDraft& draft, const Node& node) { draft.*member = &node; }};
}

}  // namespace

const Table<StrategyDraft>& strategy_kind_table() {
    static const Table<StrategyDraft> table{
        kind_field("serial", StrategyKind::serial,
                   "the tasks one after the other in the main thread"),
        workers_field("threads", StrategyKind::threads,
                      "a thread a task; fewer threads than tasks take the next ready one each"),
        workers_field("processes", StrategyKind::processes,
                      "a process a task; fewer processes than tasks are a pool"),
        workers_field("interpreters", StrategyKind::interpreters,
                      "an interpreter with a lock of its own for each task, in one process; fewer "
                      "than tasks take the next ready one each"),
        workers_field(
            "asyncio", StrategyKind::asyncio,
            "one thread with an event loop, this many tasks in flight; beside `processes`, "
            "as `threads` there: in each of them, which take tasks as servers do"),
        kind_field("direct", StrategyKind::direct,
                   "a thread a task, there at its arrival, started by nobody: the textbooks'"),
    };
    return table;
}

namespace {

Table<StrategyDraft> option_fields() {
    return {
        {{"pool", "flag", "true, false", "false", "an executor; for threads and processes"},
         [](StrategyDraft& draft, const Node& node) { draft.strategy.pool = read_flag(node); }},
        {{"mn_threads", "flag", "true, false", "false",
          "the threads share a native one, as Ruby's with RUBY_MN_THREADS=1; for threads"},
         [](StrategyDraft& draft, const Node& node) {
             draft.strategy.mn_threads = read_flag(node);
         }},
        {{"chunksize", "count", text_of(chunksize_bounds), "ceil(tasks / 4N)",
          "tasks that a process of a pool takes at a time"},
         [](StrategyDraft& draft, const Node& node) {
             draft.strategy.chunksize =
                 read_count(node, chunksize_bounds.low, chunksize_bounds.high);
         }},
        {{"start", "word", listed(names_of(start_methods())), "the interpreter's",
          "how processes start"},
         [](StrategyDraft& draft, const Node& node) {
             draft.strategy.start = read_choice(node, start_methods());
         }},
        {{"ready", "flag", "true, false", "true if a task arrives by rate, else false",
          "the workers are up before time 0"},
         [](StrategyDraft& draft, const Node& node) { draft.ready = read_flag(node); }},
        {{"name", "name", "", "its own text", "what the output calls it"},
         [](StrategyDraft& draft, const Node& node) { draft.strategy.name = read_name(node); }},
        node_field("baseline", &StrategyDraft::baseline, "name",
                   "the strategy that speedups refer to"),
        node_field("interpreter", &StrategyDraft::interpreter, "name, or mapping of interpreter",
                   "its own interpreter, or fields over the scenario's"),
        node_field("machine", &StrategyDraft::machine, "name, or mapping of machine",
                   "its own machine, or fields over the scenario's"),
        node_field("os", &StrategyDraft::os, "mapping of os", "fields over the scenario's"),
        {{"set", "mapping of paths", "", "none",
          "any fields of the file by path, such as {tasks.inc.program: locked}"},
         [](StrategyDraft& draft, const Node& node) { draft.set = &node; }},
    };
}

/// Options stand only beside the kinds they mean something for.
void check_options(const Node& node, const StrategyDraft& draft) {
    const auto kind = draft.strategy.kind;
    const bool pools = kind == StrategyKind::threads || kind == StrategyKind::processes;
    const auto refuse_beside = [&](const char* option, const char* kinds) {
        if (const auto* child = node.find(option))
            refuse(child->key_place, std::string(option) + ": expected beside " + kinds +
                                         ", got it beside " + draft.kind->key);
    };
    if (!pools) refuse_beside("pool", "threads or processes");
    if (kind != StrategyKind::threads) refuse_beside("mn_threads", "threads");
    if (draft.strategy.pool && draft.strategy.mn_threads)
        refuse(node.find("mn_threads")->key_place,
               "mn_threads: expected threads that share a native one, or a pool; got both");
    if (!has_workers(kind)) refuse_beside("ready", "threads, processes or interpreters");
    if (kind != StrategyKind::processes) refuse_beside("chunksize", "processes");
    if (kind != StrategyKind::processes && kind != StrategyKind::servers)
        refuse_beside("start", "processes");
}

constexpr std::string_view expected_strategy =
    "a strategy such as serial, {threads: 4} or {processes: 4, start: spawn}";

}  // namespace

const Table<StrategyDraft>& strategy_table() {
    static const Table<StrategyDraft> table = [] {
        auto fields = strategy_kind_table();
        for (auto& field : option_fields()) fields.push_back(std::move(field));
        return fields;
    }();
    return table;
}

std::vector<Variant> variants_of(const Node& item) {
    if (!item.is_word() && !item.is_mapping()) refuse_expected(item, expected_strategy);
    std::vector<Variant> variants;
    for (auto& node : choices(as_mapping(item), false, {})) {
        Variant variant{std::move(node), {}, {}};
        variant.text = text_of_strategy(variant.node);
        variant.canonical = text_of_strategy(sorted(variant.node));
        variants.push_back(std::move(variant));
    }
    return variants;
}

StrategyDraft read_strategy(const Variant& variant) {
    const auto& node = variant.node;
    StrategyDraft draft;
    read_mapping(node, strategy_table(), draft, expected_strategy);
    if (draft.kind == nullptr) {
        std::vector<std::string> kinds;
        for (const auto& kind : strategy_kinds()) kinds.push_back(kind.name);
        refuse(node.place, "expected a kind of strategy: one of " + listed(kinds) + ", got none");
    }
    check_options(node, draft);
    if (draft.strategy.name.empty()) draft.strategy.name = variant.text;
    for (const auto& child : node.children)
        if (is_option(child)) draft.strategy.options.emplace_back(child.key, json_text(child));
    return draft;
}

}  // namespace interlock::config
