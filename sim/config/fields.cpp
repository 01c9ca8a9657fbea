#include "sim/config/fields.hpp"

#include "sim/config/amounts.hpp"
#include "sim/config/device.hpp"
#include "sim/config/expect.hpp"
#include "sim/config/interpreter.hpp"
#include "sim/config/machine.hpp"
#include "sim/config/os.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/steps.hpp"
#include "sim/config/strategies.hpp"
#include "sim/config/tasks.hpp"
#include "sim/config/workload.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::config {

namespace {

std::vector<Mapping> work_mappings() {
    return {
        {"scenario", "the file itself", infos(scenario_table())},
        {"task", "an item of `tasks`", infos(task_table())},
        {"arrive", "behind `arrive`", infos(arrival_table())},
        {"sched", "behind `sched`", infos(sched_table())},
        {"payload", "behind `bytes_in`, `bytes_out`", infos(payload_table())},
        {"queue", "a queue by name, in `queues`", infos(queue_table())},
        {"object", "a shared object by name, in `objects`", infos(object_table())},
        {"barrier", "a barrier by name, in `barriers`", infos(barrier_table())},
        {"data", "behind `data`, or an item of it", infos(data_table())},
        {"strategy", "an item of `strategies`", infos(strategy_table())},
        {"expect", "an item of `expect`", infos(expectation_table())},
    };
}

std::vector<Mapping> step_mappings() {
    std::vector<Mapping> all;
    for (const auto& entry : step_table())
        all.push_back({"step " + entry.kind(), entry.sentence, infos(entry.fields)});
    all.push_back({"io", "behind `io`, instead of a time", infos(io_table())});
    all.push_back({"allocate", "behind `allocate`", infos(allocate_table())});
    all.push_back({"touch", "behind `touch`", infos(touch_table())});
    all.push_back({"branch", "an item of `choose`", infos(branch_table())});
    all.push_back({"distribution", "where a duration or size stands", infos(distribution_table())});
    for (const auto* const name : {"lognormal", "pareto", "erlang"})
        all.push_back({std::string("distribution ") + name, "behind `" + std::string(name) + "`",
                       infos(distribution_fields(name))});
    return all;
}

std::vector<Mapping> system_mappings() {
    return {
        {"machine", "the machine", infos(machine_table())},
        {"smt_speed", "behind `smt_speed`", infos(siblings_table())},
        {"smt_speed matrix", "behind `matrix`", infos(matrix_table())},
        {"smt_speed matrix class", "behind a class in `matrix`", infos(matrix_row_table())},
        {"smt_speed dispatch", "behind `dispatch`", infos(dispatch_table())},
        {"machine numa", "behind a machine's `numa`", infos(numa_table())},
        {"machine cache", "behind a machine's `cache`", infos(cpu_cache_table())},
        {"device", "a device by name, in a machine's `devices`", infos(device_table())},
        {"cache", "behind a device's `cache`", infos(cache_table())},
        {"costs", "behind a machine's `costs`", infos(costs_table())},
        {"os", "the operating system", infos(os_table())},
        {"quota", "behind `quota`", infos(quota_table())},
        {"load", "behind `load`, or an item of it", infos(load_table())},
        {"policy", "behind a policy that has parameters", infos(policy_table())},
        {"interpreter", "the interpreter", infos(interpreter_table())},
        {"lock", "behind an interpreter lock", infos(lock_table())},
    };
}

}  // namespace

std::vector<Mapping> mappings() {
    auto all = work_mappings();
    for (auto group : {step_mappings(), system_mappings()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

Mapping mapping(std::string_view name) {
    for (auto& one : mappings())
        if (one.name == name) return one;
    kernel::broken("a mapping is asked for by one of its names");
}

std::vector<Named> step_kinds() {
    std::vector<Named> kinds;
    for (const auto& entry : step_table()) kinds.push_back({entry.kind(), entry.sentence});
    return kinds;
}

std::vector<Named> distributions() {
    std::vector<Named> list;
    for (const auto& field : distribution_table())
        list.push_back({field.info.name, field.info.sentence});
    return list;
}

std::vector<Named> strategy_kinds() {
    std::vector<Named> kinds;
    for (const auto& field : strategy_kind_table())
        kinds.push_back({field.info.name, field.info.sentence});
    return kinds;
}

}  // namespace interlock::config
