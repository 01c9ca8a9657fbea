#include "sim/exchange/rt_app_phases.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sim/config/error.hpp"

namespace interlock::exchange {

using namespace workload;

namespace {

constexpr std::int64_t int_max = 2'147'483'647;  // rt-app's numbers are such
constexpr std::int64_t without_end = 1'000'000'000;

template <typename Id>
std::size_t index(Id id) {
    return static_cast<std::size_t>(id);
}

bool repeats(const Step& step) { return std::holds_alternative<Repeat>(step.kind); }

std::int64_t loop_of(std::int64_t count) { return count >= without_end ? -1 : count; }

}  // namespace

void Unsaid::refuse(const std::string& message) const {
    throw config::Error({file_, 0, 0}, where_ + message);
}

void Unsaid::note(const std::string& message) {
    if (told_.insert(message).second) notes_.push_back(file_ + ": " + message);
}

std::int64_t Unsaid::microseconds(std::int64_t ns) {
    constexpr std::int64_t microsecond = 1000;
    if (ns % microsecond != 0) note("times are rounded to 1 us");
    const auto rounded = (ns + microsecond / 2) / microsecond;
    if (rounded > int_max) refuse("rt-app has times of up to 2147 s");
    return rounded;
}

Phases PhaseWriter::phases(const std::vector<Step>& steps, PhasesOf whose) {
    whose_ = std::move(whose);
    timer_.reset();
    met_.clear();
    Phases all;
    const auto* outer =
        steps.size() == 1 && !whose_.periodic ? std::get_if<Repeat>(&steps.front().kind) : nullptr;
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

Json PhaseWriter::phase(const std::vector<Step>& steps, std::int64_t loop) {
    phase_ = Json{{"loop", loop}};
    said_.clear();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (const auto waits = waits_with_lock(steps, i)) {
            add("wait", *waits);
            i += 2;
            continue;
        }
        std::visit([this](const auto& kind) { event(kind); }, steps[i].kind);
    }
    if (phase_.size() == 1) unsaid_.refuse("rt-app needs at least one event in a phase");
    return std::move(phase_);
}

/// release, wait, acquire of one lock: pthread_cond_wait().
std::optional<Json> PhaseWriter::waits_with_lock(const std::vector<Step>& steps,
                                                 std::size_t at) const {
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

/// Keys differ: the second "run" is "run2".
void PhaseWriter::add(const std::string& event, Json value) {
    const auto number = ++said_[event];
    append(phase_, number == 1 ? event : event + std::to_string(number), std::move(value));
}

std::int64_t PhaseWriter::time_of(const Amount& amount) const {
    if (amount.shape != Shape::constant) unsaid_.refuse("rt-app draws nothing from distributions");
    return amount.values.front();
}

void PhaseWriter::add_run(const Amount& time, const Footprint& footprint) {
    const auto usual = footprint.bandwidth > 0 ? WorkClass::memory : WorkClass::compute;
    if (footprint.bandwidth > 0) unsaid_.note("bandwidth is left out: run of rt-app has none");
    if (footprint.working_set > 0) unsaid_.note("working_set is left out: run of rt-app has none");
    if (footprint.policy != workload::MemoryPolicy{})
        unsaid_.note("mempolicy is left out: run of rt-app has none");
    if (footprint.work_class != usual)
        unsaid_.note("class is left out: run of rt-app is of one kind");
    add("run", unsaid_.microseconds(time_of(time)));
}

void PhaseWriter::event(const Compute& step) { add_run(step.time, step.footprint); }

void PhaseWriter::event(const Nogil& step) { add_run(step.time, step.footprint); }

void PhaseWriter::event(const Native& step) { add_run(step.time, step.footprint); }

/// rt-app's goes on from its last end, at first from the end of the thread's delay.
void PhaseWriter::check_timer(Since since) {
    if (whose_.periodic)
        unsaid_.refuse("since: rt-app's timers go on from one period to the next, and here a job "
                       "begins anew");
    if (whose_.forked)
        unsaid_.refuse("since: the timer of a thread that another forks counts from the begin of "
                       "all in rt-app, and here from its own");
    if (timer_.value_or(since) != since)
        unsaid_.refuse("since: the timer of a thread of rt-app is absolute or not; expected last "
                       "throughout, or grid");
    timer_ = since;
}

void PhaseWriter::event(const Sleep& step) {
    const auto time = unsaid_.microseconds(time_of(step.time));
    if (step.since == Since::now) return add("sleep", time);
    check_timer(step.since);
    Json timer{{"ref", "unique"}, {"period", time}};
    if (step.since == Since::grid) timer["mode"] = "absolute";
    add("timer", std::move(timer));
}

void PhaseWriter::event(const Io& step) {
    if (step.device) unsaid_.refuse("io: rt-app has no devices but its own");
    const auto time = time_of(step.time);
    if (time == 0) return add("iorun", 0);
    unsaid_.note("io is taken as a sleep, which the slack of its timer delays");
    for (std::int64_t call = 0; call < step.calls; ++call)
        add("sleep",
            unsaid_.microseconds(time * (call + 1) / step.calls - time * call / step.calls));
}

void PhaseWriter::event(const Acquire& step) { add("lock", work_.locks[index(step.lock)]); }

void PhaseWriter::event(const Release& step) { add("unlock", work_.locks[index(step.lock)]); }

void PhaseWriter::event(const Wait& step) {
    const auto& condition = work_.conditions[index(step.condition)];
    if (step.timeout) unsaid_.refuse("rt-app has no timeouts");
    if (condition != whose_.thread)
        unsaid_.refuse(
            fmt::format("wait: {}: expected release before and acquire behind it, of the "
                        "same lock, or the thread's own name",
                        condition));
    add("suspend", condition);
}

void PhaseWriter::event(const Notify& step) {
    constexpr std::uint32_t signals_max = 100;
    const auto& condition = work_.conditions[index(step.condition)];
    if (!step.count) {
        const bool thread = std::any_of(work_.tasks.begin(), work_.tasks.end(),
                                        [&](auto& task) { return task.name == condition; });
        return add(thread ? "resume" : "broad", condition);
    }
    if (*step.count > signals_max) unsaid_.refuse("rt-app wakes one or all");
    for (std::uint32_t i = 0; i < *step.count; ++i) add("signal", condition);
}

void PhaseWriter::check_queue(QueueId id, const std::optional<kernel::Duration>& timeout) const {
    const auto& queue = work_.queues[index(id)];
    if (timeout) unsaid_.refuse("rt-app has no timeouts");
    if (queue.capacity || queue.over)
        unsaid_.refuse(
            fmt::format("queue {}: rt-app has semaphores only, without a capacity", queue.name));
}

void PhaseWriter::event(const Put& step) {
    check_queue(step.queue, step.timeout);
    if (time_of(step.bytes) != 0) unsaid_.refuse("put: rt-app has semaphores only, without bytes");
    add("sem_post", work_.queues[index(step.queue)].name);
}

void PhaseWriter::event(const Get& step) {
    check_queue(step.queue, step.timeout);
    add("sem_wait", work_.queues[index(step.queue)].name);
}

void PhaseWriter::event(const Barrier& step) {
    auto& users = barriers_[step.barrier];
    users.threads += whose_.instances;
    users.twice |= !met_.insert(step.barrier).second;
    add("barrier", work_.barriers[index(step.barrier)].name);
}

void PhaseWriter::event(const Spawn& step) {
    constexpr std::uint32_t forks_max = 1024;
    if (step.count > forks_max) unsaid_.refuse("spawn: rt-app forks a thread 1024 times at most");
    const auto name = whose_.name_of_forked(step.program);
    for (std::uint32_t i = 0; i < step.count; ++i) add("fork", name);
}

void PhaseWriter::event(const Yield& /*step*/) { add("yield", ""); }

template <typename Kind>
void PhaseWriter::event(const Kind& /*step*/) const {
    unsaid_.refuse(std::string(
        std::is_same_v<Kind, Repeat>   ? "repeat: rt-app has two levels of loops"
        : std::is_same_v<Kind, Join>   ? "join: rt-app joins no thread that it forked"
        : std::is_same_v<Kind, Each>   ? "each: rt-app has no queues that end"
        : std::is_same_v<Kind, Choose> ? "choose: rt-app draws nothing"
        : std::is_same_v<Kind, Mark>   ? "mark: rt-app has no marks"
        : std::is_same_v<Kind, Signal> ? "signal: rt-app has no signals with handlers"
                                       : "rt-app has no objects and no memory that a step names"));
}

}  // namespace interlock::exchange
