#include "sim/exchange/rt_app_scheduling.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "sim/config/values.hpp"
#include "sim/exchange/workload_text.hpp"

namespace interlock::exchange {

namespace {

using config::Node;
using config::refuse;

struct Policy {
    std::string_view name;
    std::string_view here;  ///< in `sched`; empty: the default
    bool real_time = false;
};
/// In the order of SchedulingClass.
constexpr std::array policies{Policy{"SCHED_OTHER", ""},
                              Policy{"SCHED_BATCH", "sched_batch"},
                              Policy{"SCHED_IDLE", "sched_idle"},
                              Policy{"SCHED_FIFO", "sched_fifo", true},
                              Policy{"SCHED_RR", "sched_rr", true},
                              Policy{"SCHED_DEADLINE", "sched_deadline"}};

constexpr std::array rule_names{"policy",      "priority", "dl-runtime", "dl-period",
                                "dl-deadline", "period",   "deadline"};
constexpr std::array other_names{"instance", "delay", "phases", "loop", "cpus"};

struct Unsaid {
    std::string_view name;
    std::string_view why;
};
constexpr std::array unsaid{
    Unsaid{"util_min", "a scenario clamps no utilization"},
    Unsaid{"util_max", "a scenario clamps no utilization"},
    Unsaid{"nodes_membind", "a scenario binds no memory to nodes"},
    Unsaid{"taskgroup", "a scenario has no groups of tasks"},
};

std::int64_t time_of(const Node& node) {
    constexpr std::int64_t most = 2'147'483'647;
    return config::read_integer(node, 1, most);
}

}  // namespace

std::string_view policy_name(workload::SchedulingClass kind) {
    return policies.at(static_cast<std::size_t>(kind)).name;
}

std::optional<workload::SchedulingClass> class_named(std::string_view name) {
    const auto* const policy = std::find_if(policies.begin(), policies.end(),
                                            [&](const Policy& one) { return one.here == name; });
    if (policy == policies.end()) return std::nullopt;
    return static_cast<workload::SchedulingClass>(policy - policies.begin());
}

std::string read_policy(const Node& node) {
    std::vector<std::string> names;
    names.reserve(policies.size());
    for (const auto& policy : policies) names.emplace_back(policy.name);
    if (!node.is_word() || std::find(names.begin(), names.end(), node.text) == names.end())
        config::refuse_unknown(node, names);
    return node.text;
}

std::vector<std::string> Scheduling::names() {
    std::vector<std::string> all(rule_names.begin(), rule_names.end());
    all.insert(all.end(), other_names.begin(), other_names.end());
    for (const auto& one : unsaid) all.emplace_back(one.name);
    return all;
}

bool Scheduling::known(const std::string& key) {
    const auto all = names();
    return std::find(all.begin(), all.end(), key) != all.end();
}

bool Scheduling::says(const Node& object) {
    return std::any_of(rule_names.begin(), rule_names.end(),
                       [&](const char* name) { return object.find(name) != nullptr; });
}

void Scheduling::read(const Node& object, bool has_no_events) {
    for (const auto& one : unsaid)
        if (const auto* node = object.find(one.name))
            refuse(node->key_place, fmt::format("{}: {}", one.name, one.why));
    if (const auto* node = object.find("policy")) {
        policy = read_policy(*node);
        priority.reset();
    }
    const auto* const rule =
        std::find_if(policies.begin(), policies.end(),
                     [this](const Policy& candidate) { return candidate.name == policy; });
    if (const auto* node = object.find("priority"))
        priority = rule->real_time ? config::read_integer(*node, 1, 99)
                                   : config::read_integer(*node, -20, 19);
    const auto either = [&](const char* name, const char* old) {
        const auto* node = object.find(name);
        return node != nullptr ? node : object.find(old);
    };
    if (const auto* node =
            has_no_events ? either("dl-runtime", "runtime") : object.find("dl-runtime"))
        runtime = time_of(*node);
    if (const auto* node = either("dl-period", "period")) period = time_of(*node);
    if (const auto* node = either("dl-deadline", "deadline")) deadline = time_of(*node);
    if (policy == "SCHED_DEADLINE" && !runtime)
        refuse(object.key_place, object.key + ": SCHED_DEADLINE: expected a \"dl-runtime\"");
    if (const auto* node = object.find("cpus")) {
        if (!node->is_list() || node->children.empty())
            config::refuse_expected(*node, "a list of CPUs such as [0, 1]");
        constexpr std::uint32_t cpu_max = 4095;
        cpus.clear();
        for (const auto& child : node->children)
            cpus.push_back(config::read_count(child, 0, cpu_max));
    }
}

std::string Scheduling::rules() const {
    const auto* const rule =
        std::find_if(policies.begin(), policies.end(),
                     [this](const Policy& candidate) { return candidate.name == policy; });
    constexpr std::int64_t default_priority = 10;
    std::string sched;
    const auto add = [&sched](std::string_view name, std::string_view value) {
        sched += fmt::format("{}{}: {}", sched.empty() ? "" : ", ", name, value);
    };
    if (!rule->here.empty()) add("policy", rule->here);
    if (rule->real_time) add("priority", std::to_string(priority.value_or(default_priority)));
    if (runtime && !rule->real_time) add("runtime", microseconds_text(*runtime));
    if (policy == "SCHED_DEADLINE") {
        const auto each = period.value_or(*runtime);
        add("deadline", microseconds_text(deadline.value_or(each)));
        add("period", microseconds_text(each));
    }
    std::string text;
    if (!rule->real_time && policy != "SCHED_DEADLINE" && priority.value_or(0) != 0)
        text += fmt::format(", nice: {}", *priority);
    if (!sched.empty()) text += fmt::format(", sched: {{{}}}", sched);
    return text;
}

std::string Scheduling::fields() const {
    auto text = rules();
    if (cpus.empty()) return text;
    std::string list;
    for (const auto cpu : cpus) list += (list.empty() ? "" : ", ") + std::to_string(cpu);
    return text + fmt::format(", affinity: [{}]", list);
}

}  // namespace interlock::exchange
