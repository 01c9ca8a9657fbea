// A scenario's tasks as a document of rt-app.

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "models/workload/uses.hpp"
#include "sim/exchange/rt_app.hpp"
#include "sim/exchange/rt_app_phases.hpp"
#include "sim/exchange/rt_app_scheduling.hpp"

namespace interlock::exchange {

namespace {

using namespace workload;

template <typename Id>
std::size_t index(Id id) {
    return static_cast<std::size_t>(id);
}

class Exporter {
public:
    explicit Exporter(const models::Scenario& scenario)
        : scenario_(scenario), case_(scenario.cases.front()), work_(case_.workload),
          instances_(workload::instances(work_, scenario.seed, 0)), unsaid_(scenario.file),
          writer_(work_, unsaid_) {}

    Exported exported() {
        tell_what_is_left_out();
        bound_ = find_bound();
        for (const auto& task : work_.tasks)
            if (&task != bound_) threads_[task.name] = thread(task);
        add_forked();
        unsaid_.set_thread("");
        check_barriers();
        Json document{{"tasks", std::move(threads_)},
                      {"global",
                       {{"duration", duration()},
                        {"calibration", "CPU0"},
                        {"default_policy", "SCHED_OTHER"}}}};
        return {document.dump(4) + '\n', unsaid_.take_notes()};
    }

private:
    void tell_what_is_left_out() {
        if (case_.strategy.kind != models::StrategyKind::direct)
            unsaid_.note(fmt::format("the strategy '{}' becomes a thread for each task",
                                     case_.strategy.name));
        const auto& system = case_.os;
        if (system.policy != "eevdf" && system.policy != "cfs" && !class_named(system.policy))
            unsaid_.note(fmt::format("the system's policy {} is left out: threads say theirs",
                                     system.policy));
        if (system.quota) unsaid_.note("the quota is left out");
        if (!system.load.empty()) unsaid_.note("the load of others is left out");
        if (case_.runtime.has_lock())
            unsaid_.note("the interpreter lock is left out: threads of rt-app take none");
        if (scenario_.warmup)
            unsaid_.note("warmup is left out: rt-app has no figures that leave it out");
        if (!work_.data.empty()) unsaid_.note("data is left out: threads of rt-app hold none");
    }

    /// In seconds; -1: until all threads have ended.
    std::int64_t duration() {
        const auto seconds = bound_ == nullptr ? -1 : seconds_of(*bound_);
        if (!scenario_.until) return seconds;
        const auto until = whole_seconds(*scenario_.until);
        if (until <= 0) unsaid_.note("until is left out: rt-app's duration is in whole seconds");
        if (until <= 0 || (seconds > 0 && seconds < until)) return seconds;
        return until;
    }

    /// What rt-app can say; else 0.
    static std::int64_t whole_seconds(kernel::Duration time) {
        constexpr std::int64_t longest = 2'147'483'647;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
        return seconds == time && seconds.count() <= longest ? seconds.count() : 0;
    }

    // Tasks.

    const std::vector<Step>& steps_of(const Task& task) const {
        return work_.programs[index(task.program)].steps;
    }

    /// The one task that ends the run, where all others are in the background.
    const Task* find_bound() const {
        const auto is_background = [](const Task& task) { return task.background; };
        if (std::none_of(work_.tasks.begin(), work_.tasks.end(), is_background)) return nullptr;
        const Task* bound = nullptr;
        for (const auto& task : work_.tasks) {
            if (task.background) continue;
            if (bound != nullptr || seconds_of(task) <= 0)
                unsaid_.refuse(
                    "tasks in the background: rt-app ends all threads after a duration in "
                    "seconds; expected one other task, that waits so long");
            bound = &task;
        }
        if (bound == nullptr)
            unsaid_.refuse("all tasks are in the background, so that nothing is run");
        return bound;
    }

    /// Of a task that only waits, in whole seconds; else 0.
    std::int64_t seconds_of(const Task& task) const {
        const auto& steps = steps_of(task);
        if (steps.size() != 1 || task.count.value_or(1) != 1) return 0;
        const auto* io = std::get_if<Io>(&steps.front().kind);
        const auto* sleep = std::get_if<Sleep>(&steps.front().kind);
        const auto* time = io != nullptr ? &io->time : sleep != nullptr ? &sleep->time : nullptr;
        if (time == nullptr || time->shape != Shape::constant) return 0;
        return whole_seconds(begin_of(task) + kernel::Duration{time->values.front()});
    }

    static kernel::Duration begin_of(const Task& task) {
        return task.periodic ? task.arrival.offset : task.arrival.time;
    }

    Json thread(const Task& task) {
        unsaid_.set_thread(task.name);
        if (!task.after.empty()) unsaid_.refuse("rt-app has no order of threads (after)");
        if (task.process) unsaid_.refuse("rt-app has no processes");
        if (task.bytes_in || task.bytes_out)
            unsaid_.refuse("rt-app has no processes to send data between");
        if (task.abort_on_miss) unsaid_.refuse("rt-app aborts nothing at a deadline");
        if (task.deadline && (!task.periodic || *task.deadline != task.arrival.time))
            unsaid_.refuse("rt-app has deadlines with SCHED_DEADLINE only");
        if (!task.periodic && task.arrival.kind != Arrival::Kind::at)
            unsaid_.refuse("rt-app has no arrivals by rate");
        Json thread;
        thread["instance"] = task.periodic ? 1 : task.count.value_or(1);
        if (const auto delay = begin_of(task); delay.count() > 0)
            thread["delay"] = unsaid_.microseconds(delay.count());
        const auto scheduling = scheduling_of(task);
        thread.update(scheduling);
        auto all = writer_.phases(
            steps_of(task), {.thread = task.name,
                             .name_of_forked = [&](auto id) { return forked(id, scheduling); },
                             .instances = thread["instance"].get<std::uint32_t>(),
                             .periodic = task.periodic});
        if (task.periodic) repeat_each_period(task, all);
        add_phases(thread, std::move(all));
        return thread;
    }

    /// The class of a task that says none is the system's.
    SchedulingClass class_of(const workload::Scheduling& it) const {
        const auto kind = it.kind ? it.kind : class_named(case_.os.policy);
        if (kind == SchedulingClass::deadline && (!it.runtime || !it.period))
            return SchedulingClass::normal;
        return kind.value_or(SchedulingClass::normal);
    }

    Json scheduling_of(const Task& task) {
        const auto& it = task.sched;
        const auto kind = class_of(it);
        Json all = Json::object();
        if (it.tickets != Task{}.sched.tickets)
            unsaid_.refuse("rt-app has Linux's policies only, no tickets");
        if (it.kind || kind != SchedulingClass::normal) all["policy"] = policy_name(kind);
        if (kind == SchedulingClass::fifo || kind == SchedulingClass::rr)
            all["priority"] = real_time_priority(it.priority);
        else if (it.priority != 0)
            unsaid_.refuse("rt-app has Linux's policies only, not this priority");
        else if (task.nice != 0)
            all["priority"] = task.nice;
        if (it.runtime) all["dl-runtime"] = unsaid_.microseconds(it.runtime->count());
        if (kind == SchedulingClass::deadline) {
            all["dl-period"] = unsaid_.microseconds(it.period.value().count());
            all["dl-deadline"] = unsaid_.microseconds(it.deadline.value().count());
        }
        if (!task.affinity.empty()) all["cpus"] = task.affinity;
        return all;
    }

    std::int32_t real_time_priority(std::int32_t priority) const {
        constexpr std::int32_t most = 99;
        if (priority > most) unsaid_.refuse("rt-app has real-time priorities from 1 to 99");
        return std::max(priority, 1);
    }

    // Threads that others fork.

    /// A program, scheduled like who forks it.
    struct Forked {
        ProgramId program{};
        Json scheduling;
        std::string name;
        bool is_task = false;
    };

    std::string forked(ProgramId program, const Json& scheduling) {
        for (const auto& one : forked_)
            if (one.program == program && one.scheduling == scheduling) return one.name;
        const auto task =
            std::find_if(work_.tasks.begin(), work_.tasks.end(), [&](const Task& one) {
                return &one != bound_ && one.program == program && !one.periodic &&
                       begin_of(one).count() == 0 && scheduling_of(one) == scheduling;
            });
        const bool is_task = task != work_.tasks.end();
        const auto& name = work_.programs[index(program)].name;
        forked_.push_back({.program = program,
                           .scheduling = scheduling,
                           .name = is_task ? task->name : free_name(name),
                           .is_task = is_task});
        return forked_.back().name;
    }

    std::string free_name(const std::string& wanted) const {
        const auto taken = [this](const std::string& name) {
            const auto has_name = [&](const auto& one) { return one.name == name; };
            return std::any_of(work_.tasks.begin(), work_.tasks.end(), has_name) ||
                   std::any_of(forked_.begin(), forked_.end(), has_name);
        };
        auto name = wanted;
        for (int number = 2; taken(name); ++number) name = fmt::format("{} {}", wanted, number);
        return name;
    }

    /// They may fork more.
    void add_forked() {
        std::size_t done = 0;
        while (done < forked_.size()) {
            const auto it = forked_[done++];
            unsaid_.set_thread(it.name);
            Json thread{{"instance", 0}};
            thread.update(it.scheduling);
            add_phases(thread,
                       writer_.phases(
                           work_.programs[index(it.program)].steps,
                           {.thread = it.name,
                            .name_of_forked = [&](auto id) { return forked(id, it.scheduling); },
                            .instances = 0,
                            .forked = true}));
            if (!it.is_task) threads_[it.name] = std::move(thread);
        }
    }

    /// One after the other, the next when its period begins.
    void repeat_each_period(const Task& task, Phases& all) {
        const auto jobs =
            std::count_if(instances_.begin(), instances_.end(), [&](const Instance& one) {
                return &work_.tasks[index(one.task)] == &task;
            });
        if (jobs == 0) unsaid_.refuse("a periodic task: expected a job");
        all.loop = jobs;
        all.list.push_back({{"loop", 1},
                            {"timer",
                             {{"ref", "unique"},
                              {"period", unsaid_.microseconds(task.arrival.time.count())},
                              {"mode", "absolute"}}}});
    }

    static void add_phases(Json& thread, Phases all) {
        const bool one = all.list.size() == 1;
        if (one && (all.loop == 1 || all.list.front()["loop"] == 1)) {
            auto& only = all.list.front();
            if (all.loop != 1) only["loop"] = all.loop;
            for (auto& [name, value] : only.get_ref<Json::object_t&>())
                append(thread, name, std::move(value));
            return;
        }
        thread["loop"] = all.loop;
        for (std::size_t i = 0; i < all.list.size(); ++i)
            thread["phases"][fmt::format("phase{}", i + 1)] = std::move(all.list[i]);
    }

    /// rt-app counts the threads at each place where a barrier stands, but none that is forked.
    void check_barriers() const {
        const auto parties = workload::parties(work_, instances_);
        for (const auto& [barrier, users] : writer_.barriers()) {
            const auto& name = work_.barriers[index(barrier)].name;
            if (users.threads == 0)
                unsaid_.refuse(fmt::format("barrier {}: rt-app does not count threads that are "
                                           "forked, which alone use it",
                                           name));
            if (parties[index(barrier)] != users.threads)
                unsaid_.refuse(fmt::format(
                    "barrier {}: rt-app waits for all {} that use it{}", name, users.threads,
                    users.twice ? ", who is in two places counts twice" : ""));
        }
    }

    const models::Scenario& scenario_;
    const models::Case& case_;
    const Workload& work_;
    std::vector<Instance> instances_;
    const Task* bound_ = nullptr;  ///< ends the run; none: all do
    Json threads_;
    std::vector<Forked> forked_;
    Unsaid unsaid_;
    PhaseWriter writer_;
};

}  // namespace

Exported export_rt_app(const models::Scenario& scenario) { return Exporter(scenario).exported(); }

}  // namespace interlock::exchange
