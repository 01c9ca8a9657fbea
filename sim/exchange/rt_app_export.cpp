// A scenario's tasks as a document of rt-app.

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

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
          unsaid_(scenario.file), writer_(work_, unsaid_) {}

    Exported exported() {
        tell_what_is_left_out();
        const auto* const bound = find_bound();
        for (const auto& task : work_.tasks)
            if (&task != bound) threads_[task.name] = thread(task);
        add_spawned();
        check_barriers();
        Json document{{"tasks", std::move(threads_)},
                      {"global",
                       {{"duration", bound == nullptr ? -1 : seconds_of(*bound)},
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
        if (system.policy != "eevdf" && system.policy != "cfs")
            unsaid_.note(fmt::format("the system's policy {} is left out: threads say theirs",
                                     system.policy));
        if (system.quota) unsaid_.note("the quota is left out");
        if (case_.runtime.has_lock())
            unsaid_.note("the interpreter lock is left out: threads of rt-app take none");
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
        constexpr std::int64_t second = 1'000'000'000;
        const auto& steps = steps_of(task);
        if (steps.size() != 1 || task.count.value_or(1) != 1) return 0;
        const auto* io = std::get_if<Io>(&steps.front().kind);
        const auto* sleep = std::get_if<Sleep>(&steps.front().kind);
        const auto* time = io != nullptr ? &io->time : sleep != nullptr ? &sleep->time : nullptr;
        if (time == nullptr || time->shape != Shape::constant) return 0;
        const auto ns = time->values.front();
        return ns % second == 0 ? ns / second : 0;
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
        if (task.periodic && !task.count) unsaid_.refuse("a periodic task: expected a count");
        Json thread;
        thread["instance"] = task.periodic ? 1 : task.count.value_or(1);
        const auto delay = task.periodic ? task.arrival.offset : task.arrival.time;
        if (delay.count() > 0) thread["delay"] = unsaid_.microseconds(delay.count());
        add_scheduling(thread, task);
        if (!task.affinity.empty()) thread["cpus"] = task.affinity;
        auto all =
            writer_.phases(steps_of(task), {.thread = task.name,
                                            .instances = thread["instance"].get<std::uint32_t>(),
                                            .periodic = task.periodic});
        if (task.periodic) repeat_each_period(task, all);
        add_phases(thread, std::move(all));
        return thread;
    }

    void add_scheduling(Json& thread, const Task& task) {
        const auto& it = task.sched;
        const auto kind = it.kind.value_or(SchedulingClass::normal);
        if (it.tickets != Task{}.sched.tickets)
            unsaid_.refuse("rt-app has Linux's policies only, no tickets");
        if (it.kind) thread["policy"] = policy_name(kind);
        if (kind == SchedulingClass::fifo || kind == SchedulingClass::rr)
            thread["priority"] = it.priority;
        else if (it.priority != 0)
            unsaid_.refuse("rt-app has Linux's policies only, not this priority");
        else if (task.nice != 0)
            thread["priority"] = task.nice;
        if (it.runtime) thread["dl-runtime"] = unsaid_.microseconds(it.runtime->count());
        if (kind != SchedulingClass::deadline) return;
        thread["dl-period"] = unsaid_.microseconds(it.period.value().count());
        thread["dl-deadline"] = unsaid_.microseconds(it.deadline.value().count());
    }

    /// Programs that are spawned, and are no task's of the same name. They may spawn more.
    void add_spawned() {
        std::size_t done = 0;
        while (done < writer_.spawned().size()) {
            const auto spawned = writer_.spawned()[done++];
            const auto& program = work_.programs[index(spawned)];
            unsaid_.set_thread(program.name);
            const auto task = std::find_if(work_.tasks.begin(), work_.tasks.end(),
                                           [&](auto& one) { return one.name == program.name; });
            Json thread{{"instance", 0}};
            add_phases(thread,
                       writer_.phases(program.steps,
                                      {.thread = program.name, .instances = 0, .forked = true}));
            if (task == work_.tasks.end()) {
                threads_[program.name] = std::move(thread);
            } else if (task->program != spawned) {
                unsaid_.refuse("a spawned program has the name of a task that runs another");
            }
        }
    }

    /// One after the other, the next when its period begins.
    void repeat_each_period(const Task& task, Phases& all) {
        if (all.loop != 1)
            unsaid_.refuse("repeat: rt-app has two levels of loops, and a period is one");
        all.loop = *task.count;
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
            thread.update(only);
            return;
        }
        thread["loop"] = all.loop;
        for (std::size_t i = 0; i < all.list.size(); ++i)
            thread["phases"][fmt::format("phase{}", i + 1)] = std::move(all.list[i]);
    }

    /// rt-app counts who uses a barrier.
    void check_barriers() {
        unsaid_.set_thread("");
        for (const auto& [barrier, users] : writer_.users()) {
            const auto& it = work_.barriers[barrier];
            if (it.parties.value_or(users) != users)
                unsaid_.refuse(
                    fmt::format("barrier {}: rt-app waits for all {} that use it", it.name, users));
        }
    }

    const models::Scenario& scenario_;
    const models::Case& case_;
    const Workload& work_;
    Json threads_;
    Unsaid unsaid_;
    PhaseWriter writer_;
};

}  // namespace

Exported export_rt_app(const models::Scenario& scenario) { return Exporter(scenario).exported(); }

}  // namespace interlock::exchange
