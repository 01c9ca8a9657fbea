#include "sim/config/scenario.hpp"

#include "sim/config/workload.hpp"

namespace interlock::config {

namespace {

using models::Scenario;

constexpr Bounds replications_bounds{1, 100'000};

Field<Scenario> elsewhere(std::string name, std::string type, std::string values,
                          std::string fallback, std::string sentence) {
    return {{std::move(name), std::move(type), std::move(values), std::move(fallback),
             std::move(sentence)},
            [](Scenario& /*scenario*/, const Node& /*node*/) {}};
}

Table<Scenario> question_fields() {
    return {
        {{"name", "name", "", "the file's name", "what the output calls it"},
         [](Scenario& scenario, const Node& node) { scenario.name = read_name(node); }},
        elsewhere("machine", "name, or mapping of machine", "", "required",
                  "the machine: a preset such as i7-8700k, or its fields"),
        elsewhere("interpreter", "name, or mapping of interpreter", "", "required",
                  "the interpreter: a preset such as cpython-3.11, or its fields"),
        elsewhere("os", "name, or mapping of os", "", "all defaults",
                  "the operating system: a preset such as linux-6.12, or its fields"),
        elsewhere("programs", "mapping of lists of steps", "", "required",
                  "what a task does, step by step, by name"),
        elsewhere("tasks", "list of tasks", "", "required", "the work itself, in order"),
        elsewhere("strategies", "list of strategies", "", "serial",
                  "the ways to do it; the first is the baseline"),
        elsewhere("queues", "mapping of queues", "", "none", "properties of queues, by name"),
        elsewhere("objects", "mapping of objects", "", "none",
                  "properties of shared objects, by name"),
        elsewhere("barriers", "mapping of barriers", "", "none", "properties of barriers, by name"),
        elsewhere("data", "mapping of data, or list of such", "", "none",
                  "memory that the main process holds before it starts workers"),
        elsewhere("baseline", "name", "", "the first strategy of the same interpreter, machine, os",
                  "the strategy that speedups refer to"),
        elsewhere("expect", "list of expectations", "", "none", "makes the scenario a test"),
    };
}

Table<Scenario> run_fields() {
    return {
        {{"seed", "whole number", "64 bits", std::to_string(Scenario{}.seed),
          "what everything drawn depends on"},
         [](Scenario& scenario, const Node& node) { scenario.seed = read_seed(node); }},
        {{"replications", "count", text_of(replications_bounds),
          "20 where anything is drawn, else 1", "runs with other draws, for intervals"},
         [](Scenario& scenario, const Node& node) {
             scenario.replications =
                 read_count(node, replications_bounds.low, replications_bounds.high);
         }},
        {{"warmup", "duration", "ns, us, ms, s", "none", "left out of the figures"},
         [](Scenario& scenario, const Node& node) { scenario.warmup = read_duration(node); }},
        {{"until", "duration", "above 0", "none", "a bound on the simulated time"},
         [](Scenario& scenario, const Node& node) {
             scenario.until = read_positive_duration(node);
         }},
        {{"events_max", "count", "from 1 to 1000000000000", std::to_string(Scenario{}.events_max),
          "a bound on the events of a run"},
         [](Scenario& scenario, const Node& node) {
             constexpr std::int64_t most = 1'000'000'000'000;
             scenario.events_max = static_cast<std::uint64_t>(read_integer(node, 1, most));
         }},
    };
}

}  // namespace

const Table<Scenario>& scenario_table() {
    static const Table<Scenario> table = [] {
        auto fields = question_fields();
        for (auto& field : run_fields()) fields.push_back(std::move(field));
        return fields;
    }();
    return table;
}

bool of_strategy(std::string_view field) {
    return field == "machine" || field == "interpreter" || field == "os" || of_workload(field);
}

}  // namespace interlock::config
