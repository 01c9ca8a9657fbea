#include "sim/host/builtin/program.hpp"

#include <unistd.h>

#include <array>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

namespace interlock::host::builtin {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 25> words{
    "compute", "nogil",    "native", "sleep",  "io",     "acquire", "release", "put",  "get",
    "each",    "barrier",  "wait",   "notify", "spawn",  "join",    "yield",   "read", "write",
    "update",  "allocate", "touch",  "free",   "repeat", "choose",  "mark"};

Do word(const std::string& text) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words.at(i) == text) return static_cast<Do>(i);
    throw Unable(text + ": this step is not known here");
}

template <typename T>
std::optional<T> maybe(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::nullopt;
    return found->get<T>();
}

std::vector<Step> steps_of(const json& list);

Step step_of(const json& text) {
    Step it;
    it.what = word(text.at("do").get<std::string>());
    it.place = text.at("place").get<std::uint32_t>();
    it.object = maybe<std::uint32_t>(text, "object")
                    .value_or(maybe<std::uint32_t>(text, "program").value_or(0));
    it.amount = maybe<std::int64_t>(text, "ns");
    if (!it.amount) it.amount = maybe<std::int64_t>(text, "bytes");
    it.count =
        maybe<std::uint32_t>(text, "count")
            .value_or(maybe<std::uint32_t>(text, "calls").value_or(it.what == Do::notify ? 0 : 1));
    it.timeout_ns = maybe<std::int64_t>(text, "timeout_ns");
    it.write = text.value("write", false);
    it.all = text.value("all", false);
    if (text.contains("steps")) it.steps = steps_of(text.at("steps"));
    if (text.contains("branches"))
        for (const auto& branch : text.at("branches")) it.branches.push_back(steps_of(branch));
    return it;
}

std::vector<Step> steps_of(const json& list) {
    std::vector<Step> all;
    for (const auto& one : list) all.push_back(step_of(one));
    return all;
}

Instance instance_of(const json& text) {
    Instance it{.task = text.at("task").get<std::uint32_t>(),
                .number = text.at("number").get<std::uint32_t>(),
                .arrival_ns = text.at("arrival_ns").get<std::int64_t>(),
                .draws = {}};
    for (const auto& [place, values] : text.at("draws").items())
        it.draws[static_cast<std::uint32_t>(std::stoul(place))] =
            values.get<std::vector<std::vector<std::int64_t>>>();
    return it;
}

Task task_of(const json& text) {
    Task it{.program = text.at("program").get<std::uint32_t>(),
            .process = maybe<std::string>(text, "process"),
            .background = text.at("background").get<bool>(),
            .nice = text.at("nice").get<int>(),
            .affinity = text.at("affinity").get<std::vector<std::uint32_t>>(),
            .singly = text.at("singly").get<bool>(),
            .after = {}};
    if (it.nice < 0 && geteuid() != 0) throw Unable("nice: below 0 it is root's");
    for (const auto& one : text.at("after"))
        it.after.push_back(
            {.task = one.at("task").get<std::uint32_t>(), .each = one.at("each").get<bool>()});
    if (it.process && !it.after.empty())
        throw Unable("after: a task in a process of its own waits for nobody here");
    return it;
}

void read_strategy(Plan& plan, const json& strategy) {
    plan.kind = strategy.at("kind").get<std::string>();
    if (plan.kind == "direct")
        throw Unable("direct: threads that nobody starts exist only in the simulation");
    if (plan.kind == "asyncio") throw Unable("asyncio: compiled code has no event loop here");
    if (plan.kind == "servers") throw Unable("strategy: servers are only simulated yet");
    if (plan.kind == "interpreters") throw Unable("strategy: interpreters: there is one lock here");
    plan.workers = strategy.at("workers").get<std::uint32_t>();
    plan.pool = strategy.at("pool").get<bool>();
    plan.ready = strategy.at("ready").get<bool>();
    plan.chunksize = maybe<std::uint32_t>(strategy, "chunksize");
    const auto start = strategy.at("start").get<std::string>();
    if (plan.kind == "processes" && start != "fork")
        throw Unable("start: there is no interpreter to " + start + "; processes are forked");
}

void find_puts(const Plan& plan, const std::vector<Step>& steps, std::set<std::uint32_t>& found,
               std::set<std::uint32_t>& seen) {
    for (const auto& step : steps) {
        if (step.what == Do::put) found.insert(step.object);
        if (step.what == Do::spawn && seen.insert(step.object).second)
            find_puts(plan, plan.programs[step.object], found, seen);
        find_puts(plan, step.steps, found, seen);
        for (const auto& branch : step.branches) find_puts(plan, branch, found, seen);
    }
}

/// A call of the kernel is not given up in time here.
void check_timeouts(const Plan& plan, const std::vector<Step>& steps) {
    for (const auto& step : steps) {
        const bool queue = step.what == Do::put || step.what == Do::get;
        if (queue && step.timeout_ns) {
            const auto& over = plan.queues[step.object].over;
            if (plan.kind == "processes" || over == "pipe" || over == "socket")
                throw Unable("timeout: a queue between processes has none here");
        }
        check_timeouts(plan, step.steps);
        for (const auto& branch : step.branches) check_timeouts(plan, branch);
    }
}

}  // namespace

Plan read_plan(const json& text) {
    Plan plan;
    read_strategy(plan, text.at("strategy"));
    if (const auto interval = maybe<std::int64_t>(text, "switch_interval_ns"))
        plan.switch_interval_ns = *interval;
    for (const auto& steps : text.at("programs")) plan.programs.push_back(steps_of(steps));
    for (const auto& task : text.at("tasks")) plan.tasks.push_back(task_of(task));
    for (const auto& one : text.at("instances")) {
        for (const auto* const payload : {"bytes_in", "bytes_out"})
            if (plan.kind == "processes" && !one.at(payload).is_null())
                throw Unable(std::string(payload) + ": there is no interpreter to pickle it");
        plan.instances.push_back(instance_of(one));
    }
    plan.locks = text.at("locks").get<std::uint32_t>();
    plan.conditions = text.at("conditions").get<std::uint32_t>();
    plan.objects = text.at("objects").get<std::uint32_t>();
    plan.blocks = text.at("blocks").get<std::uint32_t>();
    for (const auto& one : text.at("queues"))
        plan.queues.push_back({.capacity = maybe<std::uint32_t>(one, "capacity"),
                               .over = maybe<std::string>(one, "over").value_or(""),
                               .producers = one.at("producers").get<std::uint32_t>()});
    plan.barriers = text.at("barriers").get<std::vector<std::uint32_t>>();
    for (const auto& one : text.at("data"))
        plan.data.emplace_back(one.at("block").get<std::uint32_t>(),
                               one.at("bytes").get<std::int64_t>());
    for (const auto& steps : plan.programs) check_timeouts(plan, steps);
    return plan;
}

std::vector<std::uint32_t> puts_of(const Plan& plan, std::uint32_t program) {
    std::set<std::uint32_t> found;
    std::set<std::uint32_t> seen{program};
    find_puts(plan, plan.programs[program], found, seen);
    return {found.begin(), found.end()};
}

}  // namespace interlock::host::builtin
