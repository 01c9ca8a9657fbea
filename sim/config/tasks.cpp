#include "sim/config/tasks.hpp"

#include <algorithm>
#include <map>

#include "models/os/sched_deadline.hpp"
#include "sim/config/cycle.hpp"

namespace interlock::config {

namespace {

using workload::Arrival;
using workload::SchedulingClass;
using workload::Task;
using workload::TaskId;

constexpr double instances_max = 1'000'000;
constexpr double span_max = 86'400'000;  // seconds: far from where the clock ends

/// Seconds from one instance to the next; of a Poisson process, on average.
double gap_of(const Arrival& arrival) {
    return arrival.kind == Arrival::Kind::every ? kernel::seconds(arrival.time)
                                                : 1 / arrival.rate_per_second;
}

/// How many instances there will be, on average; count and for, what is less.
double instances_of(const Task& task) {
    if (!task.duration) return task.count.value_or(1);
    const auto in_time = kernel::seconds(*task.duration) / gap_of(task.arrival) + 1;
    return task.count ? std::min<double>(*task.count, in_time) : in_time;
}

/// Seconds until the last one arrives.
double span_of(const Task& task) { return instances_of(task) * gap_of(task.arrival); }

void check_arrival(const TaskDraft& draft) {
    const auto& task = draft.task;
    const bool by_rate = task.arrival.kind != Arrival::Kind::at;
    if (by_rate && !task.count && !task.duration)
        refuse(draft.place, std::string(task.periodic ? "period" : "arrive") +
                                ": expected a count or for beside arrivals by rate, such as "
                                "count: 100 or for: 60s");
    if (by_rate && span_of(task) > span_max)
        refuse(draft.place, "expected arrivals that go on for at most 1000 days");
    if (!by_rate && task.duration)
        refuse(draft.place,
               "for: expected arrivals by rate beside it, such as arrive: {poisson: 200/s}");
}

/// A job each period, by one thread that nobody starts.
void make_periodic(TaskDraft& draft) {
    auto& task = draft.task;
    if (!draft.period) {
        const auto* only = draft.offset ? "offset" : draft.on_miss ? "on_miss" : nullptr;
        if (only != nullptr)
            refuse(draft.place, std::string(only) + ": expected a period beside it");
        return;
    }
    if (task.arrival.kind != Arrival::Kind::at || task.arrival.time > kernel::Duration::zero() ||
        !draft.after.empty())
        refuse(draft.place, "period: expected neither arrive nor after beside it");
    task.periodic = true;
    task.arrival = {.kind = Arrival::Kind::every,
                    .time = *draft.period,
                    .offset = draft.offset.value_or(kernel::Duration::zero())};
    if (!task.deadline) task.deadline = draft.period;
    task.abort_on_miss = draft.on_miss.value_or(false);
}

/// What sched_setattr() would refuse; and what the class needs and the task may say elsewhere.
void complete_sched(TaskDraft& draft) {
    auto& it = draft.task.sched;
    const auto no = [&](const std::string& why) { refuse(draft.sched_place, "sched: " + why); };
    const auto kind = it.kind.value_or(SchedulingClass::normal);
    if (kind == SchedulingClass::fifo || kind == SchedulingClass::rr) {
        if (it.priority == 0) it.priority = 1;
        if (it.priority < 1 || it.priority > 99)
            no("expected a priority from 1 to 99, got " + std::to_string(it.priority));
    }
    if (!it.runtime) {
        if (kind == SchedulingClass::deadline || it.deadline || it.period)
            no("expected a runtime, such as {policy: sched_deadline, runtime: 3ms, period: 10ms}");
        return;
    }
    if (!it.period) it.period = draft.period;
    if (!it.period && kind == SchedulingClass::deadline)
        no("expected a period, here or of the task");
    if (!it.period) return;  // the slice of an ordinary thread
    if (!it.deadline) it.deadline = std::min(draft.task.deadline.value_or(*it.period), *it.period);
    if (kind != SchedulingClass::deadline) return;
    if (const auto why = os::LinuxDeadline::why_refused(it)) no(*why);
}

void check_names(const std::vector<TaskDraft>& drafts) {
    std::map<std::string_view, const TaskDraft*> seen;
    for (const auto& draft : drafts)
        if (!seen.emplace(draft.task.name, &draft).second)
            refuse(draft.name_place, "there are two tasks '" + draft.task.name +
                                         "'; give each a name of its own, or one a count");
}

void check_instances(const std::vector<TaskDraft>& drafts) {
    double sum = 0;
    for (const auto& draft : drafts) {
        sum += instances_of(draft.task);
        if (sum > instances_max)
            refuse(draft.place, "expected at most 1000000 instances of all tasks together");
    }
}

TaskId find_task(const AfterDraft& after, const std::vector<TaskDraft>& drafts,
                 const std::map<std::string_view, std::uint32_t>& ids) {
    const auto id = ids.find(after.task);
    if (id != ids.end()) return TaskId{id->second};
    std::vector<std::string> names;
    names.reserve(drafts.size());
    for (const auto& draft : drafts) names.push_back(draft.task.name);
    refuse(after.place,
           "after: there is no task '" + after.task + "'" + suggestion(after.task, names));
}

void check_each(const AfterDraft& after, const Task& task, const Task& other) {
    if (!after.each) return;
    if (task.duration || other.duration)
        refuse(after.place, "each: expected tasks with a count, got one with for");
    const auto count = task.count.value_or(1);
    const auto others = other.count.value_or(1);
    if (count != others)
        refuse(after.place, "each: expected as many instances of " + other.name + " as of " +
                                task.name + ", got " + std::to_string(others) + " and " +
                                std::to_string(count));
}

/// "a waits for b, b waits for a", at the first task of it in the file.
void check_cycle(const std::vector<TaskDraft>& drafts) {
    std::vector<Edge> edges;
    for (std::size_t i = 0; i < drafts.size(); ++i)
        for (const auto& after : drafts[i].task.after)
            edges.emplace_back(i, static_cast<std::size_t>(after.task));
    auto cycle = find_cycle(drafts.size(), edges);
    if (cycle.empty()) return;
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    std::string text;
    for (std::size_t i = 0; i < cycle.size(); ++i)
        text += (i == 0 ? "" : ", ") + drafts[cycle[i]].task.name + " waits for " +
                drafts[cycle[(i + 1) % cycle.size()]].task.name;
    const auto& first = drafts[cycle.front()];
    const auto next = cycle[1 % cycle.size()];
    const auto& name = drafts[next].task.name;
    const auto after = std::find_if(first.after.begin(), first.after.end(),
                                    [&](const AfterDraft& a) { return a.task == name; });
    refuse(after == first.after.end() ? first.place : after->place, "after: a cycle: " + text);
}

}  // namespace

std::vector<Task> read_tasks(const Node& node, const WorkloadNames& names) {
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a list of at least one task such as {program: NAME, count: 4}");
    std::vector<TaskDraft> drafts;
    for (const auto& child : node.children) {
        TaskDraft draft;
        draft.names = &names;
        draft.place = child.place;
        read_mapping(child, task_table(), draft, "a task such as {program: NAME, count: 4}");
        make_periodic(draft);
        complete_sched(draft);
        check_arrival(draft);
        drafts.push_back(std::move(draft));
    }
    check_names(drafts);
    check_instances(drafts);
    std::map<std::string_view, std::uint32_t> ids;
    for (std::uint32_t i = 0; i < drafts.size(); ++i) ids.emplace(drafts[i].task.name, i);
    for (auto& draft : drafts)
        for (const auto& after : draft.after) {
            const auto id = find_task(after, drafts, ids);
            check_each(after, draft.task, drafts[static_cast<std::size_t>(id)].task);
            draft.task.after.push_back({id, after.each});
        }
    check_cycle(drafts);
    std::vector<Task> tasks;
    tasks.reserve(drafts.size());
    for (auto& draft : drafts) tasks.push_back(std::move(draft.task));
    return tasks;
}

bool arrives_by_rate(const std::vector<Task>& tasks) {
    return std::any_of(tasks.begin(), tasks.end(), [](const Task& task) {
        return !task.periodic && task.arrival.kind != Arrival::Kind::at;
    });
}

}  // namespace interlock::config
