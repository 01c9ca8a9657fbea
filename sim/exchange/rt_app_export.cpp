// A scenario's tasks as a document of rt-app.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/config/error.hpp"
#include "sim/exchange/rt_app.hpp"
#include "sim/exchange/rt_app_scheduling.hpp"

namespace interlock::exchange {

namespace {

using Json = nlohmann::ordered_json;
using namespace workload;

constexpr std::int64_t int_max = 2'147'483'647;  // rt-app's numbers are such
constexpr std::int64_t without_end = 1'000'000'000;

template <typename Id>
std::size_t index(Id id) {
    return static_cast<std::size_t>(id);
}

bool repeats(const Step& step) { return std::holds_alternative<Repeat>(step.kind); }

std::int64_t loop_of(std::int64_t count) { return count >= without_end ? -1 : count; }

class Exporter {
public:
    explicit Exporter(const models::Scenario& scenario)
        : scenario_(scenario), case_(scenario.cases.front()), work_(case_.workload) {}

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
        return {document.dump(4) + '\n', std::move(notes_)};
    }

private:
    [[noreturn]] void refuse(const std::string& message) const {
        throw config::Error({scenario_.file, 0, 0}, where_.empty() ? message : where_ + message);
    }

    void note(const std::string& message) {
        if (told_.insert(message).second) notes_.push_back(scenario_.file + ": " + message);
    }

    void tell_what_is_left_out() {
        if (case_.strategy.kind != models::StrategyKind::direct)
            note(fmt::format("the strategy '{}' becomes a thread for each task",
                             case_.strategy.name));
        const auto& system = case_.os;
        if (system.policy != "eevdf" && system.policy != "cfs")
            note(fmt::format("the system's policy {} is left out: threads say theirs",
                             system.policy));
        if (system.quota) note("the quota is left out");
        if (case_.runtime.has_lock())
            note("the interpreter lock is left out: threads of rt-app take none");
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
                refuse("tasks in the background: rt-app ends all threads after a duration in "
                       "seconds; expected one other task, that waits so long");
            bound = &task;
        }
        if (bound == nullptr) refuse("all tasks are in the background, so that nothing is run");
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
        where_ = task.name + ": ";
        name_ = task.name;
        if (!task.after.empty()) refuse("rt-app has no order of threads (after)");
        if (task.process) refuse("rt-app has no processes");
        if (task.bytes_in || task.bytes_out) refuse("rt-app has no processes to send data between");
        if (task.abort_on_miss) refuse("rt-app aborts nothing at a deadline");
        if (task.deadline && (!task.periodic || *task.deadline != task.arrival.time))
            refuse("rt-app has deadlines with SCHED_DEADLINE only");
        if (!task.periodic && task.arrival.kind != Arrival::Kind::at)
            refuse("rt-app has no arrivals by rate");
        if (task.periodic && !task.count) refuse("a periodic task: expected a count");
        Json thread;
        thread["instance"] = task.periodic ? 1 : task.count.value_or(1);
        const auto delay = task.periodic ? task.arrival.offset : task.arrival.time;
        if (delay.count() > 0) thread["delay"] = microseconds(delay.count());
        add_scheduling(thread, task);
        if (!task.affinity.empty()) thread["cpus"] = task.affinity;
        auto all = phases(steps_of(task), thread["instance"].get<std::uint32_t>());
        if (task.periodic) repeat_each_period(task, all);
        add_phases(thread, std::move(all));
        return thread;
    }

    void add_scheduling(Json& thread, const Task& task) {
        const auto& it = task.sched;
        const auto kind = it.kind.value_or(SchedulingClass::normal);
        if (it.tickets != Task{}.sched.tickets)
            refuse("rt-app has Linux's policies only, no tickets");
        if (it.kind) thread["policy"] = policy_name(kind);
        if (kind == SchedulingClass::fifo || kind == SchedulingClass::rr)
            thread["priority"] = it.priority;
        else if (it.priority != 0)
            refuse("rt-app has Linux's policies only, not this priority");
        else if (task.nice != 0)
            thread["priority"] = task.nice;
        if (it.runtime) thread["dl-runtime"] = microseconds(it.runtime->count());
        if (kind != SchedulingClass::deadline) return;
        thread["dl-period"] = microseconds(it.period.value().count());
        thread["dl-deadline"] = microseconds(it.deadline.value().count());
    }

    /// Programs that are spawned, and are no task's of the same name. They may spawn more.
    void add_spawned() {
        std::size_t done = 0;
        while (done < spawned_.size()) {
            const auto spawned = spawned_[done++];
            const auto& program = work_.programs[index(spawned)];
            where_ = program.name + ": ";
            name_ = program.name;
            const auto task = std::find_if(work_.tasks.begin(), work_.tasks.end(),
                                           [&](auto& one) { return one.name == program.name; });
            if (task == work_.tasks.end()) {
                Json thread{{"instance", 0}};
                add_phases(thread, phases(program.steps, 0));
                threads_[program.name] = std::move(thread);
            } else if (task->program != spawned) {
                refuse("a spawned program has the name of a task that runs another");
            }
        }
    }

    // Phases: rt-app has two levels of loops and events in the inner one.

    struct Phases {
        std::int64_t loop = 1;
        std::vector<Json> list;
    };

    Phases phases(const std::vector<Step>& steps, std::uint32_t instances) {
        instances_ = instances;
        Phases all;
        const auto* outer = steps.size() == 1 ? std::get_if<Repeat>(&steps.front().kind) : nullptr;
        if (outer != nullptr) all.loop = loop_of(outer->count);
        const auto& body = outer != nullptr ? outer->steps : steps;
        for (std::size_t i = 0; i < body.size();) {
            if (const auto* inner = std::get_if<Repeat>(&body[i].kind)) {
                all.list.push_back(phase(inner->steps, loop_of(inner->count)));
                ++i;
                continue;
            }
            auto end = i;
            while (end < body.size() && !repeats(body[end])) ++end;
            all.list.push_back(phase({body.begin() + static_cast<std::ptrdiff_t>(i),
                                      body.begin() + static_cast<std::ptrdiff_t>(end)},
                                     1));
            i = end;
        }
        return all;
    }

    /// One after the other, the next when its period begins.
    void repeat_each_period(const Task& task, Phases& all) {
        if (all.loop != 1) refuse("repeat: rt-app has two levels of loops, and a period is one");
        all.loop = *task.count;
        all.list.push_back({{"loop", 1},
                            {"timer",
                             {{"ref", "unique"},
                              {"period", microseconds(task.arrival.time.count())},
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

    Json phase(const std::vector<Step>& steps, std::int64_t loop) {
        phase_ = Json{{"loop", loop}};
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (const auto waits = waits_with_lock(steps, i)) {
                add("wait", *waits);
                i += 2;
                continue;
            }
            std::visit([this](const auto& kind) { event(kind); }, steps[i].kind);
        }
        if (phase_.size() == 1) refuse("rt-app needs at least one event in a phase");
        return std::move(phase_);
    }

    /// release, wait, acquire of one lock: pthread_cond_wait().
    std::optional<Json> waits_with_lock(const std::vector<Step>& steps, std::size_t at) const {
        if (at + 2 >= steps.size()) return std::nullopt;
        const auto* release = std::get_if<Release>(&steps[at].kind);
        const auto* wait = std::get_if<Wait>(&steps[at + 1].kind);
        const auto* acquire = std::get_if<Acquire>(&steps[at + 2].kind);
        if (release == nullptr || wait == nullptr || acquire == nullptr || wait->timeout ||
            release->lock != acquire->lock)
            return std::nullopt;
        return Json{{"ref", work_.conditions[index(wait->condition)]},
                    {"mutex", work_.locks[index(release->lock)]}};
    }

    // Events.

    /// Keys differ: the second "run" is "run2".
    void add(const std::string& event, Json value) {
        auto key = event;
        for (int number = 2; phase_.contains(key); ++number) key = event + std::to_string(number);
        phase_[key] = std::move(value);
    }

    std::int64_t microseconds(std::int64_t ns) {
        constexpr std::int64_t microsecond = 1000;
        if (ns % microsecond != 0) note("times are rounded to 1 us");
        const auto rounded = (ns + microsecond / 2) / microsecond;
        if (rounded > int_max) refuse("rt-app has times of up to 2147 s");
        return rounded;
    }
    std::int64_t time_of(const Amount& amount) {
        if (amount.shape != Shape::constant) refuse("rt-app draws nothing from distributions");
        return amount.values.front();
    }

    void event(const Compute& step) { add("run", microseconds(time_of(step.time))); }
    void event(const Nogil& step) { add("run", microseconds(time_of(step.time))); }
    void event(const Native& step) { add("run", microseconds(time_of(step.time))); }
    void event(const Sleep& step) {
        const auto time = microseconds(time_of(step.time));
        if (step.since == Since::now) return add("sleep", time);
        Json timer{{"ref", "unique"}, {"period", time}};
        if (step.since == Since::grid) timer["mode"] = "absolute";
        add("timer", std::move(timer));
    }
    void event(const Io& step) {
        if (step.device) refuse("io: rt-app has no devices but its own");
        const auto time = time_of(step.time);
        if (time == 0) return add("iorun", 0);
        note("io is taken as a sleep, which the slack of its timer delays");
        for (std::int64_t call = 0; call < step.calls; ++call)
            add("sleep", microseconds(time * (call + 1) / step.calls - time * call / step.calls));
    }
    void event(const Acquire& step) { add("lock", work_.locks[index(step.lock)]); }
    void event(const Release& step) { add("unlock", work_.locks[index(step.lock)]); }
    void event(const Wait& step) {
        const auto& condition = work_.conditions[index(step.condition)];
        if (step.timeout) refuse("rt-app has no timeouts");
        if (condition != name_)
            refuse(fmt::format("wait: {}: expected release before and acquire behind it, of the "
                               "same lock, or the thread's own name",
                               condition));
        add("suspend", condition);
    }
    void event(const Notify& step) {
        constexpr std::uint32_t signals_max = 100;
        const auto& condition = work_.conditions[index(step.condition)];
        if (!step.count) {
            const bool thread = std::any_of(work_.tasks.begin(), work_.tasks.end(),
                                            [&](auto& task) { return task.name == condition; });
            return add(thread ? "resume" : "broad", condition);
        }
        if (*step.count > signals_max) refuse("rt-app wakes one or all");
        for (std::uint32_t i = 0; i < *step.count; ++i) add("signal", condition);
    }
    void check_queue(QueueId id, const std::optional<kernel::Duration>& timeout) const {
        const auto& queue = work_.queues[index(id)];
        if (timeout) refuse("rt-app has no timeouts");
        if (queue.capacity || queue.over)
            refuse(fmt::format("queue {}: rt-app has semaphores only, without a capacity",
                               queue.name));
    }
    void event(const Put& step) {
        check_queue(step.queue, step.timeout);
        if (time_of(step.bytes) != 0) refuse("put: rt-app has semaphores only, without bytes");
        add("sem_post", work_.queues[index(step.queue)].name);
    }
    void event(const Get& step) {
        check_queue(step.queue, step.timeout);
        add("sem_wait", work_.queues[index(step.queue)].name);
    }
    void event(const Barrier& step) {
        users_[index(step.barrier)] += instances_;
        add("barrier", work_.barriers[index(step.barrier)].name);
    }
    void event(const Spawn& step) {
        if (std::find(spawned_.begin(), spawned_.end(), step.program) == spawned_.end())
            spawned_.push_back(step.program);
        for (std::uint32_t i = 0; i < step.count; ++i)
            add("fork", work_.programs[index(step.program)].name);
    }
    void event(const Yield& /*step*/) { add("yield", ""); }
    template <typename Kind>
    void event(const Kind& /*step*/) const {
        refuse(std::string(std::is_same_v<Kind, Repeat> ? "repeat: rt-app has two levels of loops"
                           : std::is_same_v<Kind, Join>
                               ? "join: rt-app joins no thread that it forked"
                           : std::is_same_v<Kind, Each>   ? "each: rt-app has no queues that end"
                           : std::is_same_v<Kind, Choose> ? "choose: rt-app draws nothing"
                           : std::is_same_v<Kind, Mark>   ? "mark: rt-app has no marks"
                           : std::is_same_v<Kind, Signal>
                               ? "signal: rt-app has no signals with handlers"
                               : "rt-app has no objects and no memory that a step names"));
    }

    /// rt-app counts who uses a barrier.
    void check_barriers() {
        where_.clear();
        for (const auto& [barrier, users] : users_) {
            const auto& it = work_.barriers[barrier];
            if (it.parties.value_or(users) != users)
                refuse(
                    fmt::format("barrier {}: rt-app waits for all {} that use it", it.name, users));
        }
    }

    const models::Scenario& scenario_;
    const models::Case& case_;
    const Workload& work_;
    Json threads_;
    Json phase_;
    std::string where_;  ///< "worker: "
    std::string name_;   ///< of the thread
    std::uint32_t instances_ = 1;
    std::vector<ProgramId> spawned_;
    std::map<std::size_t, std::uint32_t> users_;  ///< of each barrier
    std::vector<std::string> notes_;
    std::set<std::string> told_;
};

}  // namespace

Exported export_rt_app(const models::Scenario& scenario) { return Exporter(scenario).exported(); }

}  // namespace interlock::exchange
