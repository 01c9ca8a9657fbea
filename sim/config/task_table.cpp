// The fields of a task.

#include <array>

#include "sim/config/amounts.hpp"
#include "sim/config/scheduling_fields.hpp"
#include "sim/config/tasks.hpp"

namespace interlock::config {

namespace {

using workload::Arrival;
using workload::Payload;
using workload::PayloadKind;
using workload::ProgramId;
using workload::Scheduling;
using workload::SchedulingClass;

constexpr Bounds count_bounds{1, 1'000'000};

constexpr std::array misses{Choice<bool>{"continue", false}, Choice<bool>{"abort", true}};

constexpr std::array classes{Choice<SchedulingClass>{"sched_other", SchedulingClass::normal},
                             Choice<SchedulingClass>{"sched_batch", SchedulingClass::batch},
                             Choice<SchedulingClass>{"sched_idle", SchedulingClass::idle},
                             Choice<SchedulingClass>{"sched_fifo", SchedulingClass::fifo},
                             Choice<SchedulingClass>{"sched_rr", SchedulingClass::rr},
                             Choice<SchedulingClass>{"sched_deadline", SchedulingClass::deadline}};

constexpr std::array payload_kinds{Choice<PayloadKind>{"objects", PayloadKind::objects},
                                   Choice<PayloadKind>{"array", PayloadKind::array},
                                   Choice<PayloadKind>{"shared", PayloadKind::shared}};

void read_program(TaskDraft& draft, const Node& node) {
    const auto name = read_name(node);
    const auto program = draft.names->programs.find(name);
    if (program == draft.names->programs.end()) {
        std::vector<std::string> names;
        for (const auto& [known, id] : draft.names->programs) names.push_back(known);
        refuse(node.place, "program: there is no program '" + name + "'" + suggestion(name, names));
    }
    draft.task.program = ProgramId{program->second};
    if (draft.task.name.empty()) {
        draft.task.name = name;
        draft.name_place = node.place;
    }
}

void read_arrival(TaskDraft& draft, const Node& node) {
    if (node.is_word()) {
        draft.task.arrival.time = read_duration(node);
        return;
    }
    const auto* rate = only_child(node);
    if (rate == nullptr)
        refuse_expected(node, "a time such as 5ms, {every: 5ms} or {poisson: 200/s}");
    read_mapping(node, arrival_table(), draft.task.arrival, "{every: 5ms} or {poisson: 200/s}");
}

void read_after(TaskDraft& draft, const Node& node) {
    if (node.is_list()) {
        for (const auto& child : node.children) read_after(draft, child);
        return;
    }
    if (node.is_word()) {
        draft.after.push_back({read_name(node), false, node.place});
        return;
    }
    const auto* each = only_child(node);
    if (each == nullptr || each->key != "each")
        refuse_expected(node, "a task, {each: TASK}, or a list of them");
    draft.after.push_back({read_name(*each), true, each->place});
}

Payload read_payload(const Node& node) {
    Payload payload;
    const bool fields =
        node.is_mapping() && (node.find("size") != nullptr || node.find("as") != nullptr);
    if (fields)
        read_mapping(node, payload_table(), payload, "a mapping of size, as");
    else
        payload.size = read_amount(node, Quantity::size);
    return payload;
}

Field<TaskDraft> payload_field(std::string name, std::optional<Payload> workload::Task::*member,
                               std::string sentence) {
    return {
        {std::move(name), "size, or mapping of size, as", "B, KiB, MiB, GiB", "none",
         std::move(sentence)},
        [member](TaskDraft& draft, const Node& node) { draft.task.*member = read_payload(node); }};
}

Table<TaskDraft> identity_fields() {
    return {
        {{"program", "name", "", "required", "what each instance does"}, read_program},
        {{"name", "name", "", "the program's", "what `after` and the output call it"},
         [](TaskDraft& draft, const Node& node) {
             draft.task.name = read_name(node);
             draft.name_place = node.place;
         }},
        {{"count", "count", text_of(count_bounds), "1", "how many instances"},
         [](TaskDraft& draft, const Node& node) {
             draft.task.count = read_count(node, count_bounds.low, count_bounds.high);
         }},
        {{"for", "duration", "above 0", "none",
          "instances arrive before then; for arrivals by rate"},
         [](TaskDraft& draft, const Node& node) {
             draft.task.duration = read_positive_duration(node);
         }},
        {{"arrive", "duration, or mapping of one", "{every: 5ms}, {poisson: 200/s}", "0s",
          "when: a time, the same for all instances, or the gaps between them"},
         read_arrival},
        {{"after", "name, mapping of each, or list", "tasks", "none",
          "what must have ended: all instances of a task, or (each) that of the same number"},
         read_after},
    };
}

Table<TaskDraft> property_fields() {
    return {
        {{"process", "name", "", "none",
          "it lives in a process and interpreter of its own, of this name, in every strategy"},
         [](TaskDraft& draft, const Node& node) { draft.task.process = read_name(node); }},
        {{"background", "flag", "true, false", "false", "the run ends without it"},
         [](TaskDraft& draft, const Node& node) { draft.task.background = read_flag(node); }},
        nice_field<TaskDraft>([](TaskDraft& draft) -> int& { return draft.task.nice; }),
        affinity_field<TaskDraft>([](TaskDraft & draft) -> auto& { return draft.task.affinity; }),
        {{"sched", "mapping of sched", "", "none", "how its threads are scheduled"},
         [](TaskDraft& draft, const Node& node) {
             read_mapping(node, sched_table(), draft.task.sched,
                          "a mapping such as {priority: 10}");
             draft.sched_place = node.place;
         }},
        {{"deadline", "duration", "above 0", "none",
          "when an instance should have ended, after its arrival; of a periodic one the period"},
         [](TaskDraft& draft, const Node& node) {
             draft.task.deadline = read_positive_duration(node);
         }},
        {{"period", "duration", "above 0", "none",
          "its instances are jobs of one thread, one each period; needs a count or for"},
         [](TaskDraft& draft, const Node& node) { draft.period = read_positive_duration(node); }},
        {{"offset", "duration", "ns, us, ms, s", "0s", "when the first job comes"},
         [](TaskDraft& draft, const Node& node) { draft.offset = read_duration(node); }},
        {{"on_miss", "word", "continue, abort", "continue",
          "what becomes of a job that has not ended at its deadline"},
         [](TaskDraft& draft, const Node& node) {
             draft.on_miss = read_choice<bool>(node, misses);
         }},
        payload_field("bytes_in", &workload::Task::bytes_in,
                      "data that goes to the worker with the task"),
        payload_field("bytes_out", &workload::Task::bytes_out, "data that comes back"),
    };
}

}  // namespace

const Table<TaskDraft>& task_table() {
    static const Table<TaskDraft> table = [] {
        auto fields = identity_fields();
        for (auto& field : property_fields()) fields.push_back(std::move(field));
        return fields;
    }();
    return table;
}

const Table<Arrival>& arrival_table() {
    static const Table<Arrival> table{
        {{"every", "duration", "above 0", "", "equal gaps; the first arrives at 0"},
         [](Arrival& arrival, const Node& node) {
             arrival.kind = Arrival::Kind::every;
             arrival.time = read_positive_duration(node);
         }},
        {{"poisson", "rate", "such as 200/s", "",
          "gaps drawn from an exponential distribution, one before the first too"},
         [](Arrival& arrival, const Node& node) {
             arrival.kind = Arrival::Kind::poisson;
             arrival.rate_per_second = read_rate(node);
         }},
    };
    return table;
}

const Table<Scheduling>& sched_table() {
    constexpr std::int64_t most = 1'000'000;
    static constexpr Bounds tickets{1, 1'000'000};
    const auto time = [](std::string name, std::optional<kernel::Duration> Scheduling::*member,
                         std::string otherwise, std::string sentence) {
        return Field<Scheduling>{
            {std::move(name), "duration", "above 0", std::move(otherwise), std::move(sentence)},
            [member](Scheduling& it, const Node& node) {
                it.*member = read_positive_duration(node);
            }};
    };
    static const Table<Scheduling> table{
        {{"policy", "word", listed(names_of<SchedulingClass>(classes)), "the system's",
          "the scheduling class; where the system's policy is one of Linux's"},
         [](Scheduling& it, const Node& node) {
             it.kind = read_choice<SchedulingClass>(node, classes);
         }},
        {{"priority", "whole number", "from -1000000 to 1000000", "0",
          "of policy priority: greater is more urgent; of sched_fifo and sched_rr: from 1 to 99, 1 "
          "if not given; of windows: the base, from 1 to 31, 8 if not given"},
         [](Scheduling& it, const Node& node) {
             it.priority = static_cast<std::int32_t>(read_integer(node, -most, most));
         }},
        {{"tickets", "count", text_of(tickets), "100", "of lottery and stride: its share"},
         [](Scheduling& it, const Node& node) {
             it.tickets = read_count(node, tickets.low, tickets.high);
         }},
        time(
            "runtime", &Scheduling::runtime, "none",
            "of sched_deadline, which needs it: CPU time that it may have in each period; of eevdf "
            "from linux 6.12 on: its slice, taken for 100us at the least and 100ms at the most"),
        time("deadline", &Scheduling::deadline, "the task's, else the period",
             "of sched_deadline: by when it is to have had its runtime, after a period's begin"),
        time("period", &Scheduling::period, "the task's", "of sched_deadline"),
    };
    return table;
}

const Table<Payload>& payload_table() {
    static const Table<Payload> table{
        {{"size", "size", "B, KiB, MiB, GiB, or a distribution", "required", "how much"},
         [](Payload& payload, const Node& node) {
             payload.size = read_amount(node, Quantity::size);
         }},
        choice_field<Payload, PayloadKind>(
            "as", &Payload::as, payload_kinds,
            "many objects or one array, which are pickled and sent; shared memory is neither"),
    };
    return table;
}

}  // namespace interlock::config
