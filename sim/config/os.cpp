#include "sim/config/os.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "models/os/policy_table.hpp"
#include "sim/config/amounts.hpp"
#include "sim/config/preset.hpp"
#include "sim/config/scheduling_fields.hpp"

namespace interlock::config {

namespace {

using os::CLibrary;
using os::LinuxRelease;
using os::OtherLoad;
using os::PolicyParameters;
using os::Queues;
using os::Settings;
using namespace std::string_view_literals;

constexpr std::array releases{Choice<LinuxRelease>{"6.6", LinuxRelease::v6_6},
                              Choice<LinuxRelease>{"6.12", LinuxRelease::v6_12},
                              Choice<LinuxRelease>{"6.17", LinuxRelease::v6_17}};
constexpr std::array preemptions{Choice<bool>{"eager", false}, Choice<bool>{"lazy", true}};
constexpr std::array queue_choices{Choice<Queues>{"per_cpu", Queues::per_cpu},
                                   Choice<Queues>{"global", Queues::global}};
constexpr std::array libraries{Choice<CLibrary>{"glibc-2.25", CLibrary::glibc_2_25},
                               Choice<CLibrary>{"fifo", CLibrary::fifo}};

os::Quota finish(QuotaDraft draft, const Node& node) {
    auto& it = draft.quota;
    it.quota = kernel::Duration{std::llround(draft.cpus * static_cast<double>(it.period.count()))};
    if (it.quota < std::chrono::milliseconds(1))
        refuse(node.find("cpus")->place, "cpus: expected at least 1ms of CPU time in each period");
    if (it.burst > it.quota)
        refuse(node.find("burst")->place, "burst: expected at most the quota of a period");
    return it;
}

/// A quantum each for all levels, or one for each.
void check_mlfq(const PolicyParameters& it, const Node& node) {
    if (!it.quanta.empty() && (it.quantum || it.levels))
        refuse(node.find("quanta")->key_place,
               "quanta: expected a level each, or quantum and levels; got both");
    const auto levels = it.quanta.empty() ? it.levels.value_or(os::mlfq_levels) : it.quanta.size();
    if (it.allotment.size() > 1 && it.allotment.size() != levels)
        refuse(node.find("allotment")->place,
               "allotment: expected one value, or one for each of the " + std::to_string(levels) +
                   " levels, got " + std::to_string(it.allotment.size()));
}

void check_eevdf(const PolicyParameters& it, const Node& node) {
    if (it.lazy && it.release < LinuxRelease::v6_17)
        refuse(node.find("preempt")->place, "preempt: Linux has no lazy preemption before 6.13");
}

void read_policy(Settings& settings, const Node& node) {
    const auto take = [&settings](std::string_view name) {
        if (settings.policy != name) settings.parameters = {};  // those of the same go on
        settings.policy = name;
    };
    if (node.is_word()) return take(find_preset(node, os::policies()).name);
    const auto* child = only_child(node);
    if (child == nullptr)
        refuse_expected(
            node, "a policy, or one with its parameters such as {round_robin: {quantum: 1ms}}");
    const auto& parameters = *child;
    const auto name = key_as_word(parameters, node.key);
    const auto& policy = find_preset(name, os::policies());
    take(policy.name);
    if (parameters.is_nothing()) return;
    if (policy.parameters.empty())
        refuse(parameters.place, label(node) + parameters.key + " takes no parameters");
    read_mapping(parameters, policy_table(), settings.parameters,
                 "a mapping such as {quantum: 1ms}");
    for (const auto& given : parameters.children)
        if (!is_note(given) && std::find(policy.parameters.begin(), policy.parameters.end(),
                                         given.key) == policy.parameters.end())
            refuse(given.key_place, label(node) + parameters.key + " has no parameter " +
                                        given.key + "; it has " +
                                        listed(std::vector<std::string>(policy.parameters.begin(),
                                                                        policy.parameters.end())));
    check_mlfq(settings.parameters, parameters);
    check_eevdf(settings.parameters, parameters);
}

void start_from(Settings& settings, const Node& name) {
    const auto& preset = find_preset(name, os::os_presets());
    settings.preset = preset.name;
    settings.policy = preset.policy;
    settings.parameters = preset.parameters;
    settings.hz = preset.hz;
}

OtherLoad read_load(const Node& node) {
    OtherLoad load;
    read_mapping(node, load_table(), load, "a mapping such as {busy: 1ms, idle: 9ms}");
    if (load.idle && load.every)
        refuse(node.find("every")->key_place, "load: expected `idle` or `every`; got both");
    if (load.busy.mean <= 0 && !load.every && (!load.idle || load.idle->mean <= 0))
        refuse(node.find("busy")->place, "load: expected that it computes or sleeps");
    return load;
}

/// The last of them, read from the node: its own name is no other's; without one it is numbered.
void name_apart(std::vector<OtherLoad>& loads, const Node& node) {
    auto& name = loads.back().name;
    const auto* own = node.find("name");
    if (own == nullptr && loads.size() > 1) name += ' ' + std::to_string(loads.size());
    const auto same = [&name](const OtherLoad& load) { return load.name == name; };
    if (std::any_of(loads.begin(), loads.end() - 1, same))
        refuse(own != nullptr ? own->place : node.place,
               "there are two loads '" + name + "'; give each a name of its own, or one a count");
}

}  // namespace

const Table<OtherLoad>& load_table() {
    static constexpr Bounds counts{1, 10'000};
    static const Table<OtherLoad> table{
        {{"name", "name", "", "load", "what the output calls its threads"},
         [](OtherLoad& load, const Node& node) { load.name = read_name(node); }},
        {{"count", "count", text_of(counts), "1", "how many threads do the same"},
         [](OtherLoad& load, const Node& node) {
             load.count = read_count(node, counts.low, counts.high);
         }},
        {{"busy", "duration, or distribution", "", "required", "how long one computes"},
         [](OtherLoad& load, const Node& node) {
             load.busy = read_amount(node, Quantity::duration);
         }},
        {{"idle", "duration, or distribution", "", "none",
          "how long it sleeps before; without it, nor `every`, it never sleeps"},
         [](OtherLoad& load, const Node& node) {
             load.idle = read_amount(node, Quantity::duration);
         }},
        {{"every", "duration", "above 0", "none", "how often it begins, however long it takes"},
         [](OtherLoad& load, const Node& node) {
             load.every = workload::Amount::of(read_positive_duration(node).count());
         }},
        nice_field<OtherLoad>([](OtherLoad& load) -> int& { return load.nice; }),
        affinity_field<OtherLoad>([](OtherLoad & load) -> auto& { return load.affinity; }),
    };
    return table;
}

const Table<PolicyParameters>& policy_table() {
    static constexpr Bounds levels{1, 100};
    static constexpr Bounds allotments{1, 1'000'000};
    const auto time = [](std::string name,
                         std::optional<kernel::Duration> PolicyParameters::*member,
                         std::string otherwise, std::string sentence) {
        return Field<PolicyParameters>{
            {std::move(name), "duration", "above 0", std::move(otherwise), std::move(sentence)},
            [member](PolicyParameters& it, const Node& node) {
                it.*member = read_positive_duration(node);
            }};
    };
    static const Table<PolicyParameters> table{
        time("quantum", &PolicyParameters::quantum, "the policy's own",
             "how long a thread runs before the next one's turn"),
        time("aging", &PolicyParameters::aging, "none",
             "of priority: a thread that waits gains one for each"),
        {{"levels", "count", text_of(levels), "3", "of mlfq"},
         [](PolicyParameters& it, const Node& node) {
             it.levels = read_count(node, levels.low, levels.high);
         }},
        {{"quanta", "list", "durations, above 0", "quantum at each level",
          "of mlfq: a level each, the highest first"},
         [](PolicyParameters& it, const Node& node) {
             if (!node.is_list() || node.children.empty())
                 refuse_expected(node, "a list such as [10ms, 20ms, 40ms]");
             it.quanta.clear();
             for (const auto& child : node.children)
                 it.quanta.push_back(read_positive_duration(child));
         }},
        {{"allotment", "count, or list of one for each level", text_of(allotments), "1",
          "of mlfq: quanta at a level, then a thread goes one down"},
         [](PolicyParameters& it, const Node& node) {
             it.allotment.clear();
             const auto add = [&it](const Node& one) {
                 it.allotment.push_back(read_count(one, allotments.low, allotments.high));
             };
             if (!node.is_list()) return add(node);
             if (node.children.empty())
                 refuse_expected(node, "a count, or a list such as [1, 2, 4]");
             for (const auto& child : node.children) add(child);
         }},
        time("boost", &PolicyParameters::boost, "none",
             "of mlfq: all threads go to the highest level after each"),
        flag_field("stay", &PolicyParameters::stay,
                   "of mlfq: who blocks begins its allotment anew"),
        flag_field("front", &PolicyParameters::front,
                   "of mlfq: who comes back from blocking is the first of its level, and preempts "
                   "one of the same"),
        choice_field<PolicyParameters, LinuxRelease>(
            "linux", &PolicyParameters::release, releases,
            "of eevdf: the kernel release as whose it decides"),
        time("slice", &PolicyParameters::slice, "the release's, by the number of CPUs",
             "of eevdf: the base slice, as it is"),
        choice_field<PolicyParameters, bool>(
            "preempt", &PolicyParameters::lazy, preemptions,
            "of eevdf from linux 6.13 on: whether a thread that another CPU woke preempts at once, "
            "or at the next tick or call of the kernel"),
    };
    return table;
}

const Table<QuotaDraft>& quota_table() {
    static const Table<QuotaDraft> table{
        {{"cpus", "number", "above 0", "required", "how many CPUs' time in each period"},
         [](QuotaDraft& draft, const Node& node) {
             constexpr double most = 4096;
             draft.cpus = read_number(node, 0.001, most);
         }},
        {{"period", "duration", "from 1ms to 1s", "100ms", "after which there is more of it"},
         [](QuotaDraft& draft, const Node& node) {
             draft.quota.period = read_positive_duration(node);
             if (draft.quota.period < std::chrono::milliseconds(1) ||
                 draft.quota.period > std::chrono::seconds(1))
                 refuse_expected(node, "from 1ms to 1s");
         }},
        {{"burst", "duration", "at most the quota", "0s",
          "CPU time left over that may be added to the next period's"},
         [](QuotaDraft& draft, const Node& node) { draft.quota.burst = read_duration(node); }},
    };
    return table;
}

const Table<Settings>& os_table() {
    static constexpr Bounds hz{0, 100'000};
    static const Table<Settings> table{
        {{"preset", "name", listed(preset_names(os::os_presets())), "",
          "where the other fields start from: a kernel's policy and ticks"},
         [](Settings& /*settings*/, const Node& /*node*/) {}},
        {{"policy", "name, or mapping of one", listed(preset_names(os::policies())),
          Settings{}.policy, "the scheduling policy, and its parameters"},
         read_policy},
        {{"hz", "count", text_of(hz), "the policy's own",
          "ticks a second, on which decisions fall; 0: they fall exactly when due"},
         [](Settings& settings, const Node& node) {
             settings.hz = read_count(node, hz.low, hz.high);
         }},
        {{"queues", "word", listed(names_of<Queues>(queue_choices)), "the policy's own",
          "a queue for each CPU, or one for all"},
         [](Settings& settings, const Node& node) {
             settings.queues = read_choice<Queues>(node, queue_choices);
         }},
        choice_field<Settings, CLibrary>(
            "c_library", &Settings::c_library, libraries,
            "whose condition variables: the C library's groups, or the longest waiter first"),
        {{"quota", "none, or mapping of quota", "", "none",
          "CPU time that all threads together may use"},
         [](Settings& settings, const Node& node) {
             if (node.is_word() && node.text == "none") return settings.quota.reset();
             QuotaDraft draft;
             read_mapping(node, quota_table(), draft, "a mapping such as {cpus: 1.5}");
             settings.quota = finish(draft, node);
         }},
        {{"load", "mapping of load, or list of them", "", "none",
          "work of others on the machine, which takes CPU time from the program"},
         [](Settings& settings, const Node& node) {
             settings.load.clear();
             if (node.is_word() && node.text == "none") return;
             if (!node.is_list()) return settings.load.push_back(read_load(node));
             for (const auto& item : node.children) {
                 settings.load.push_back(read_load(item));
                 name_apart(settings.load, item);
             }
         }},
    };
    return table;
}

Settings read_os(const Node& node, Settings settings) {
    if (node.is_word()) {
        start_from(settings, node);
        return settings;
    }
    if (const auto* preset = node.find("preset")) start_from(settings, *preset);
    read_mapping(node, os_table(), settings, "a preset, or a mapping such as {policy: eevdf}");
    return settings;
}

}  // namespace interlock::config
