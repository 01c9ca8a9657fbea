#include "sim/config/load.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "models/os/policy_table.hpp"
#include "models/os/sched_deadline.hpp"
#include "sim/config/document.hpp"
#include "sim/config/expect.hpp"
#include "sim/config/interpreter.hpp"
#include "sim/config/machine.hpp"
#include "sim/config/os.hpp"
#include "sim/config/paths.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/rows.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/strategies.hpp"
#include "sim/config/tasks.hpp"
#include "sim/config/workload.hpp"

namespace interlock::config {

namespace {

using models::Case;
using models::Scenario;

constexpr std::size_t cases_max = 10'000;
constexpr std::size_t nodes_max = 5'000'000;

/// Reads the strategies of all rows, and with them the cases.
class CaseReader {
public:
    CaseReader(std::string profile, bool any_steps)
        : profile_file_(std::move(profile)), any_steps_(any_steps) {}

    void read(const Row& row) {
        row_ = &row;
        base_ = read_case(row.root);
        base_.reference = base_.runtime.speed;
        const auto* strategies = row.root.find("strategies");
        if (strategies == nullptr) {
            add(variants_of(serial(row.root.place)).front());
            return;
        }
        if (!strategies->is_list() || strategies->children.empty())
            refuse_expected(*strategies, "a list of at least one strategy");
        for (const auto& item : strategies->children)
            for (const auto& variant : variants_of(item)) add(variant);
    }

    /// When every row is read: the names that strategies refer to exist now.
    void resolve_baselines(const Node* of_scenario) {
        for (std::size_t i = 0; i < cases_.size(); ++i) {
            const auto& own = baselines_[i];
            const Node* baseline = own ? &*own : of_scenario;
            if (baseline == nullptr) continue;
            read_name(*baseline);
            for (const auto* known : strategies_meant(*baseline, known_))
                if (known->suffix == known_[i].suffix || !cases_[i].strategy.baseline)
                    cases_[i].strategy.baseline = known->name;
        }
    }

    const std::vector<Known>& known() const { return known_; }
    std::vector<Case> take() { return std::move(cases_); }

private:
    static Node serial(const Place& place) {
        Node word;
        word.kind = NodeKind::word;
        word.place = place;
        word.text = "serial";
        return word;
    }

    /// Read when it is asked for: another machine needs none.
    const Profile* profile_of(const Node& machine) {
        if (!is_host(machine) || profile_file_.empty()) return nullptr;
        if (!profile_) profile_.emplace(profile_file_);
        return &*profile_;
    }

    static std::optional<std::uint32_t> nodes_of(const hardware::Machine& machine) {
        return machine.numa ? std::optional(machine.nodes()) : std::nullopt;
    }

    Case read_case(const Node& root) {
        Case question;
        const auto& machine = *root.find("machine");
        const auto* profile = profile_of(machine);
        question.machine = read_machine(machine, profile);
        question.runtime = read_interpreter(*root.find("interpreter"), profile);
        if (profile != nullptr) question.os = profile->os();
        if (const auto* os = root.find("os"); os != nullptr)
            question.os = read_os(*os, question.os);
        const Stated stated{.bandwidth = any_steps_ || question.machine.memory_bandwidth,
                            .cache = any_steps_ || question.machine.cache,
                            .nodes = any_steps_ ? nodes_max : nodes_of(question.machine)};
        question.workload = read_workload(root, question.machine, stated);
        const auto& tasks = question.workload.tasks;
        question.os.classes = std::any_of(tasks.begin(), tasks.end(),
                                          [](const auto& task) { return task.sched.kind; });
        return question;
    }

    void add(const Variant& variant) {
        auto draft = read_strategy(variant);
        charge(variant);
        Case question = base_;
        if (draft.machine != nullptr || draft.interpreter != nullptr || draft.os != nullptr ||
            draft.set != nullptr)
            question = overridden(draft);
        question.reference = base_.reference;
        const auto own_name = draft.strategy.name;
        draft.strategy.name += row_->suffix;
        tell_row(draft.strategy);
        refuse_equal(draft.strategy.name, variant.node.place);
        draft.strategy.ready = draft.ready.value_or(arrives_by_rate(question.workload.tasks) &&
                                                    models::has_workers(draft.strategy.kind));
        if (draft.strategy.kind == models::StrategyKind::interpreters &&
            !question.runtime.sub_interpreters)
            question.unavailable =
                question.runtime.name + " has no interpreters with a lock of their own";
        if (const auto why = why_not_there(question)) question.unavailable = why;
        if (const auto why = why_not_scheduled(question)) question.unavailable = why;
        if (draft.strategy.mn_threads && !question.runtime.mn_threads)
            question.unavailable =
                question.runtime.name + " has no threads that share a native one";
        if (!question.runtime.threads && draft.strategy.needs_threads())
            question.unavailable =
                question.runtime.name + " has no threads that run the code of one interpreter";
        known_.push_back({draft.strategy.name, own_name, variant.canonical, row_->suffix});
        baselines_.push_back(draft.baseline == nullptr ? std::nullopt
                                                       : std::optional<Node>(*draft.baseline));
        question.strategy = std::move(draft.strategy);
        cases_.push_back(std::move(question));
    }

    /// Why tasks, or other load, cannot run on the CPUs that they name.
    static std::optional<std::string> why_not_there(const Case& question) {
        for (const auto& task : question.workload.tasks)
            if (auto why = why_not_there(question, "task " + task.name, task.affinity)) return why;
        for (const auto& load : question.os.load)
            if (auto why = why_not_there(question, "load " + load.name, load.affinity)) return why;
        return std::nullopt;
    }

    static std::optional<std::string> why_not_there(const Case& question, const std::string& who,
                                                    const std::vector<std::uint32_t>& affinity) {
        for (const auto cpu : affinity)
            if (cpu >= question.machine.cpus())
                return who + " may run on CPU " + std::to_string(cpu) + " of a machine that has " +
                       std::to_string(question.machine.cpus());
        if (!affinity.empty() && os::policy_named(question.os.policy).fluid)
            return "processor_sharing has no CPUs that threads could be bound to";
        if (!affinity.empty() && os::global_queue(question.os))
            return "affinity needs a queue for each CPU: os: {queues: per_cpu}";
        return std::nullopt;
    }

    /// The price of a switch is part of the quantum.
    static std::optional<std::string> why_no_progress(const Case& question) {
        const auto& parameters = question.os.parameters;
        if (question.os.hz.value_or(os::policy_named(question.os.policy).hz) != 0)
            return std::nullopt;  // its end is noticed at a tick
        auto quanta = parameters.quanta;
        if (parameters.quantum) quanta.push_back(*parameters.quantum);
        const auto price = question.machine.costs.context_switch;
        for (const auto quantum : quanta)
            if (quantum <= price)
                return "a quantum of " + text_of(quantum) +
                       " is used up by the switch to a thread, which costs " + text_of(price);
        return std::nullopt;
    }

    /// Why the operating system does not schedule the tasks as they ask.
    static std::optional<std::string> why_not_scheduled(const Case& question) {
        using workload::SchedulingClass;
        const auto& policy = os::policy_named(question.os.policy);
        if (policy.fluid && question.os.quota)
            return "processor_sharing is shared without an end, and knows no quota";
        if (policy.fluid && question.machine.cache)
            return "processor_sharing has no CPUs that could have a cache";
        if (policy.fluid && question.machine.numa)
            return "processor_sharing has no CPUs that memory could be near to";
        if (auto why = why_no_progress(question)) return why;
        double asked = 0;
        for (const auto& task : question.workload.tasks) {
            if (task.sched.kind && !os::of_linux(question.os.policy))
                return "sched: task " + task.name +
                       " names a policy of Linux, but the system's is " + question.os.policy;
            const auto kind = task.sched.kind ? task.sched.kind : policy.otherwise;
            if (policy.priorities > 0 &&
                (task.sched.priority < 0 || task.sched.priority > policy.priorities))
                return "task " + task.name + " has a priority outside of 1 to " +
                       std::to_string(policy.priorities);
            const bool has_budget = task.sched.runtime && task.sched.period;
            if (kind != SchedulingClass::deadline || !has_budget) continue;
            if (const auto why = os::LinuxDeadline::why_refused(task.sched))
                return "sched: task " + task.name + ": " + *why;
            if (!task.affinity.empty())
                return "task " + task.name + " is of SCHED_DEADLINE, which has no affinity";
            const auto threads = task.periodic ? 1 : task.count.value_or(1);
            asked += threads * os::LinuxDeadline::bandwidth(task.sched);
        }
        constexpr double rounding = 1e-9;
        const auto most = os::LinuxDeadline::bandwidth_limit * question.machine.cpus();
        if (asked <= most + rounding) return std::nullopt;
        return "the tasks of SCHED_DEADLINE ask for more than 95 % of the CPUs, which is refused";
    }

    /// The case of a strategy that changes more than how the work is done.
    Case overridden(const StrategyDraft& draft) {
        Node root;
        root.kind = NodeKind::mapping;
        root.place = row_->root.place;
        for (const auto& child : row_->root.children)
            if (of_strategy(child.key)) root.children.push_back(child);
        for (const auto* over : {draft.machine, draft.interpreter, draft.os}) {
            if (over == nullptr) continue;
            auto* base = root.find(over->key);
            if (base != nullptr)
                overlay(*base, *over);
            else
                root.children.push_back(*over);
        }
        if (draft.set != nullptr) apply(*draft.set, root);
        return read_case(root);
    }

    static void apply(const Node& set, Node& root) {
        if (!set.is_mapping())
            refuse_expected(set, "a mapping of paths such as {tasks.inc.program: locked}");
        for (const auto& child : set.children) {
            if (is_note(child)) continue;
            const auto first = child.key.substr(0, child.key.find('.'));
            if (!of_strategy(first)) refuse_outside(child, first);
            if (child.kind == NodeKind::null) refuse_expected(child, "a value");
            assign(root, child.key, child, child.key_place);
        }
    }

    [[noreturn]] static void refuse_outside(const Node& child, const std::string& first) {
        std::vector<std::string> fields;
        for (const auto& field : scenario_table())
            if (of_strategy(field.info.name)) fields.push_back(field.info.name);
        const bool known = find_field(scenario_table(), first) != nullptr;
        refuse(child.key_place,
               known ? "set: '" + first + "' is the same for all strategies; a strategy may set " +
                           listed(fields)
                     : "set: unknown field '" + first + "'" + suggestion(first, fields));
    }

    /// What `--set` varies is an option of the strategy like its own `set`.
    void tell_row(models::Strategy& strategy) const {
        if (row_->suffix.empty()) return;
        for (auto& [option, json] : strategy.options)
            if (option == "set") {
                const auto more = json_text(row_->set);
                json = json.size() <= 2 ? more
                                        : json.substr(0, json.size() - 1) + ", " + more.substr(1);
                return;
            }
        strategy.options.emplace_back("set", json_text(row_->set));
    }

    void refuse_equal(const std::string& name, const Place& place) {
        const auto [first, is_new] = names_.emplace(name, place);
        if (!is_new)
            refuse(place, "there are two strategies '" + name + "' (the first in line " +
                              std::to_string(first->second.line) +
                              "); give each a name of its own");
    }

    void charge(const Variant& variant) {
        nodes_ += size_of(row_->root);
        if (cases_.size() >= cases_max || nodes_ > nodes_max)
            refuse(variant.node.place, "there are too many strategies; expected at most " +
                                           std::to_string(cases_max) + ", fewer in a large file");
    }

    std::string profile_file_;
    bool any_steps_;
    std::optional<Profile> profile_;
    const Row* row_ = nullptr;
    Case base_;
    std::size_t nodes_ = 0;
    std::vector<Case> cases_;
    std::vector<Known> known_;
    std::vector<std::optional<Node>> baselines_;
    std::map<std::string, Place> names_;
};

void check_root(const Node& root) {
    constexpr std::string_view expected =
        "a mapping with machine, interpreter, programs, tasks and strategies";
    if (root.kind == NodeKind::null)
        refuse(root.place, "the file is empty; expected " + std::string(expected));
    if (!root.is_mapping()) refuse_expected(root, expected);
}

}  // namespace

Scenario load_text(const std::string& text, const std::string& name, const Overrides& overrides) {
    std::deque<std::string> sources{name};
    auto root = parse_document(text, sources.front());
    check_root(root);
    const auto rows = rows_of(std::move(root), overrides, sources);
    const auto& first = rows.front().root;

    Scenario scenario;
    scenario.file = name;
    scenario.name = std::filesystem::path(name).stem().string();
    read_mapping(first, scenario_table(), scenario, "a mapping");
    if (overrides.seed) scenario.seed = *overrides.seed;
    if (overrides.replications) scenario.replications = overrides.replications;

    CaseReader reader(overrides.profile, overrides.any_steps);
    for (const auto& row : rows) reader.read(row);
    reader.resolve_baselines(first.find("baseline"));
    if (const auto* expect = first.find("expect"))
        scenario.expectations = read_expectations(*expect, reader.known());
    scenario.cases = reader.take();
    return scenario;
}

Scenario load(const std::string& path, const Overrides& overrides) {
    return load_text(read_file(path), path, overrides);
}

}  // namespace interlock::config
