// Which of the causes decides is asked in a fixed order, from the most certain:
// an interpreter lock that is nearly always held, starts that cost more than
// the work, returns from I/O that wait for the lock, a busy device, CPUs that are all busy,
// one task that is longer than the rest, tasks that wait for each other, the
// lock again, waiting for I/O. Thresholds are stated beside each; they choose
// words, never figures.

#include "models/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include "models/os/policy_table.hpp"
#include "models/workload/uses.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;
using kernel::seconds;
using workload::Footprint;
using workload::with_footprint;
using namespace std::chrono_literals;

/// 4.98 ms, 160 us, 17 s: three figures at most.
std::string readable(Duration time) {
    const auto value = static_cast<double>(time.count());
    const auto figures = [](double number) { return fmt::format("{:.3g}", number); };
    if (time >= 1000s) return fmt::format("{:.0f} s", value / 1e9);
    if (time >= 999500us) return figures(value / 1e9) + " s";
    if (time >= 999500ns) return figures(value / 1e6) + " ms";
    if (time >= 1us) return figures(value / 1e3) + " µs";
    return fmt::format("{} ns", time.count());
}

std::string percent(double share) {
    return share > 0.9995 ? "100 %" : fmt::format("{:.1f} %", share * 100);
}

Duration of_tasks(const Result& result) {
    Duration sum{};
    for (const auto& instance : result.instances) sum += instance.cpu;
    return sum;
}

Duration life(const Spent& spent) {
    return spent.running + spent.lock_wait + spent.cpu_wait + spent.io + spent.blocked;
}

double share(Duration part, Duration whole) {
    return whole == Duration::zero() ? 0 : seconds(part) / seconds(whole);
}

bool uses(const Case& question, const std::function<bool(const workload::StepKind&)>& is) {
    return std::any_of(
        question.workload.programs.begin(), question.workload.programs.end(),
        [&is](const workload::Program& program) { return workload::any_step(program.steps, is); });
}

std::string held_by(const Case& question) {
    const bool bytecode = uses(question, [](const workload::StepKind& k) {
        return std::holds_alternative<workload::Compute>(k);
    });
    const bool native = uses(question, [](const workload::StepKind& k) {
        return std::holds_alternative<workload::Native>(k);
    });
    if (bytecode && native) return "by bytecode and by C code that does not release it";
    return native ? "by C code that does not release it" : "by bytecode";
}

/// For how long a holder goes on while others wait.
struct Turn {
    Duration time{};
    std::string name{};
    std::string_view never_asks{};
};

Turn turn_of(const interpreter::Runtime& runtime) {
    const auto& lock = interpreter::lock_named(runtime.lock);
    if (lock.turn == nullptr) return {};
    std::string name(lock.parameters.front());
    std::replace(name.begin(), name.end(), '_', ' ');
    return {lock.turn(runtime), name, lock.never_asks};
}

/// Threads that come back from I/O or lock-free code and then wait for the lock.
std::vector<const ThreadResult*> queued_behind_holder(const Case& question, const Result& result) {
    std::vector<const ThreadResult*> found;
    if (!question.runtime.has_lock()) return found;
    const auto interval = static_cast<double>(turn_of(question.runtime).time.count());
    for (const auto& thread : result.threads) {
        const bool waits_outside = thread.spent.io > Duration::zero();
        const bool long_waits =
            thread.lock_waits.count() >= 3 && thread.lock_waits.mean() >= 0.8 * interval;
        if (waits_outside && long_waits && share(thread.spent.lock_wait, life(thread.spent)) > 0.2)
            found.push_back(&thread);
    }
    return found;
}

double busiest_cpus(const Result& result, std::size_t count) {
    auto sorted = result.cpu.utilization;
    std::sort(sorted.rbegin(), sorted.rend());
    sorted.resize(std::min(count, sorted.size()));
    double sum = 0;
    for (const auto one : sorted) sum += one;
    return sorted.empty() ? 0 : sum / static_cast<double>(sorted.size());
}

const InstanceResult* longest(const Result& result) {
    const InstanceResult* found = nullptr;
    Duration most{};
    for (const auto& instance : result.instances) {
        if (!instance.first_run || !instance.finish) continue;
        if (*instance.finish - *instance.first_run <= most) continue;
        most = *instance.finish - *instance.first_run;
        found = &instance;
    }
    return found;
}

/// Tasks that wait for what other tasks hold, put or reach.
std::string waiting_for_each_other(const Case& question, const Result& result) {
    const bool may = uses(question, [](const workload::StepKind& k) {
        return std::holds_alternative<workload::Acquire>(k) ||
               std::holds_alternative<workload::Barrier>(k) ||
               std::holds_alternative<workload::Wait>(k) ||
               std::holds_alternative<workload::Put>(k) || std::holds_alternative<workload::Get>(k);
    });
    if (!may) return {};
    Duration blocked{};
    Duration whole{};
    for (const auto& thread : result.threads) {
        if (thread.name == "main") continue;  // waits for the workers
        blocked += thread.spent.blocked;
        whole += life(thread.spent);
    }
    if (share(blocked, whole) < 0.3) return {};
    return fmt::format("the tasks wait for each other {} of the time",
                       percent(share(blocked, whole)));
}

/// The work is smaller than what starting and joining the workers takes.
std::string start_costs(const Case& question, const Result& result) {
    const auto kind = question.strategy.kind;
    if (!has_workers(kind)) return {};
    if (question.strategy.ready) return {};
    const bool unfinished = std::any_of(result.instances.begin(), result.instances.end(),
                                        [](const InstanceResult& one) { return !one.finish; });
    if (unfinished) return {};  // what they ran is work, but not booked to a task yet
    const auto work = of_tasks(result);
    if (result.totals.io > result.totals.running || result.totals.running < work * 2) return {};
    const auto* workers = kind == StrategyKind::processes      ? "processes"
                          : kind == StrategyKind::interpreters ? "interpreters"
                                                               : "threads";
    return fmt::format("starting, feeding and joining {} takes {} of CPU time, the work itself {}",
                       workers, readable(result.totals.running - work), readable(work));
}

/// Of what this machine has, all that may: which of them it was is not booked.
std::string what_slows(const Case& question) {
    std::vector<std::string> causes;
    if (os::policy_named(question.os.policy).fluid)
        causes.emplace_back("threads that share the CPUs");
    if (question.machine.threads_per_core > 1) causes.emplace_back("siblings that share a core");
    if (!question.machine.turbo.empty()) causes.emplace_back("cores that are active together");
    if (uses(question, with_footprint(&Footprint::moves_data)))
        causes.emplace_back("steps that share the memory's bandwidth");
    std::vector<std::string> slow;
    if (!causes.empty())
        slow.push_back(fmt::format("{} slow each other", fmt::join(causes, " and ")));
    if (question.machine.cache && uses(question, with_footprint(&Footprint::has_working_set)))
        slow.emplace_back("data that are not in the caches yet slow threads");
    if (question.machine.nodes() > 1 && uses(question, with_footprint(&Footprint::uses_memory)))
        slow.emplace_back("data on other nodes slow threads");
    return fmt::format("{}", fmt::join(slow, ", and "));
}

std::string busy_cpus(const Case& question, const Result& result) {
    const auto cpus = result.cpu.utilization.size();
    const auto all = busiest_cpus(result, cpus);
    const auto slowed = share(result.totals.slowed, result.totals.running);
    const auto by = slowed > 0.05 ? what_slows(question) : std::string();
    auto reason = by.empty() ? by : fmt::format("{} by {}", by, percent(slowed));
    if (all > 0.85)
        return fmt::format("{} busy ({} of the time){}",
                           cpus == 1 ? "the only CPU is" : fmt::format("all {} CPUs are", cpus),
                           percent(all), by.empty() ? "" : ", and " + reason);
    return reason;
}

/// The program may use no more CPU time, most of the time.
std::string throttled(const Case& question, const Result& result) {
    if (!result.quota || result.quota->periods == 0) return {};
    const auto part = static_cast<double>(result.quota->throttled_periods) /
                      static_cast<double>(result.quota->periods);
    if (part < 0.5) return {};
    const auto& quota = *question.os.quota;
    return fmt::format("the quota of {:.3g} CPUs is used up in {} of its periods",
                       seconds(quota.quota) / seconds(quota.period), percent(part));
}

/// A device that hardly rests, and less than the CPUs.
std::string busy_device(const Result& result) {
    const auto busiest = std::max_element(
        result.devices.begin(), result.devices.end(),
        [](const auto& a, const auto& b) { return a.utilization < b.utilization; });
    const auto cpus = busiest_cpus(result, result.cpu.utilization.size());
    if (busiest == result.devices.end() || busiest->utilization <= std::max(0.85, cpus)) return {};
    return fmt::format("the device '{}' is busy {} of the time", busiest->name,
                       percent(busiest->utilization));
}

/// One thread does it all, and goes on with others while a task awaits something.
std::string why_one_loop(const Result& result) {
    const auto whole = life(result.totals);
    const auto busy = share(result.totals.running, whole);
    if (busy > 0.9)
        return fmt::format("the event loop is one thread, busy {} of the time", percent(busy));
    if (auto text = busy_device(result); !text.empty()) return text;
    if (share(result.totals.lock_wait, whole) > 0.3)
        return fmt::format("the event loop waits for the lock {} of the time",
                           percent(share(result.totals.lock_wait, whole)));
    return fmt::format(
        "the event loop waits for I/O of all tasks in flight at once, and is busy {} of the time",
        percent(busy));
}

}  // namespace

std::string why(const Case& question, const Result& result) {
    if (result.ended != Ended::done || !result.makespan) return {};
    const auto makespan = *result.makespan;
    if (makespan == Duration::zero()) return "there was nothing to do";
    if (result.observed == Duration::zero()) return "the warm-up leaves nothing of it to look at";
    const auto kind = question.strategy.kind;
    const auto& tasks = question.workload.tasks;
    const bool alone =
        kind == StrategyKind::serial &&
        std::none_of(tasks.begin(), tasks.end(), [](const auto& task) { return task.periodic; });
    const bool one_lock = !has_interpreters(kind);
    if (kind == StrategyKind::asyncio) return why_one_loop(result);
    if (!alone) {
        if (auto text = start_costs(question, result); !text.empty()) return text;
        if (one_lock && result.lock && result.lock->held_share > 0.9)
            return fmt::format("the lock is held {} of the time {}",
                               percent(result.lock->held_share), held_by(question));
        if (const auto behind = queued_behind_holder(question, result); !behind.empty())
            return fmt::format(
                "whoever returns from I/O waits for the lock: {} on average",
                readable(Duration{static_cast<Duration::rep>(behind.front()->lock_waits.mean())}));
        if (auto text = busy_device(result); !text.empty()) return text;
    }
    if (auto text = throttled(question, result); !text.empty()) return text;
    if (!alone)
        if (auto text = busy_cpus(question, result); !text.empty()) return text;
    const auto whole = life(result.totals);
    if (alone && share(result.totals.io, whole) > 0.5)
        return fmt::format("one after the other, and {} of the time is spent waiting for I/O",
                           percent(share(result.totals.io, whole)));
    if (alone) return "one after the other, on one CPU";
    if (const auto* task = longest(result); task != nullptr) {
        const auto length = *task->finish - *task->first_run;
        // Its own work and I/O, not what it waited for others.
        if (share(length, makespan) > 0.8 && share(task->cpu + task->io, length) > 0.8)
            return fmt::format("{} alone takes {} of the {}", task->name, readable(length),
                               readable(makespan));
    }
    if (auto text = waiting_for_each_other(question, result); !text.empty()) return text;
    if (result.lock && one_lock && result.lock->held_share > 0.5)
        return fmt::format("the lock is held {} of the time {}", percent(result.lock->held_share),
                           held_by(question));
    if (share(result.totals.io, whole) > 0.3)
        return "the workers wait for I/O at the same time: the lock is released while they do";
    const auto busy = seconds(result.totals.running) / seconds(result.observed);
    auto text = fmt::format("{:.2g} of {} CPUs {} busy on average", busy,
                            result.cpu.utilization.size(), busy < 1.05 ? "is" : "are");
    if (question.os.load.empty()) return text;
    const auto cpus = result.cpu.utilization.size();
    const auto all = busiest_cpus(result, cpus) * static_cast<double>(cpus);
    return text + fmt::format(", beside {:.2g} for other work", std::max(0.0, all - busy));
}

namespace {

void find_races(const Case& question, Result& result) {
    for (const auto& object : result.objects) {
        if (object.lost == 0) continue;
        const auto* cause = has_interpreters(question.strategy.kind)
                                ? ""
                                : ": another thread wrote between the read and the write";
        result.findings.push_back(
            {.kind = "race",
             .text = fmt::format("{} of {} writes to '{}' were lost{}", object.lost, object.writes,
                                 object.name, cause)});
    }
}

/// What an immortal or deferred object would save.
void find_contended_counts(Result& result) {
    for (const auto& object : result.objects) {
        const auto part = share(object.count_wait, result.totals.running);
        if (part < 0.1) continue;
        result.findings.push_back(
            {.kind = "contended_count",
             .text = fmt::format("threads wait for the reference count of '{}' {} of the time they "
                                 "run: each CPU that touches it takes it from the others; an "
                                 "object of their own, or an immortal one, would not",
                                 object.name, percent(part))});
    }
}

void find_convoy(const Case& question, Result& result) {
    const auto behind = queued_behind_holder(question, result);
    if (behind.empty()) return;
    const auto& first = *behind.front();
    const auto turn = turn_of(question.runtime);
    result.findings.push_back(
        {.kind = "convoy",
         .text = fmt::format(
             "{} waits {} on average for the lock each time it returns ({} times): the holder runs "
             "bytecode and is asked to let go only after the {} of {}",
             first.name, readable(Duration{static_cast<Duration::rep>(first.lock_waits.mean())}),
             first.lock_waits.count(), turn.name, readable(turn.time))});
}

void find_starvation(const Case& question, Result& result) {
    const auto turn = turn_of(question.runtime);
    if (!question.runtime.has_lock() || turn.time == Duration::zero()) return;
    const ThreadResult* worst = nullptr;
    for (const auto& thread : result.threads)
        if (worst == nullptr || thread.lock_waits.max() > worst->lock_waits.max()) worst = &thread;
    if (worst == nullptr) return;
    const Duration wait{worst->lock_waits.max()};
    if (wait < turn.time * 20) return;
    auto text = fmt::format("{} once waited {} for the lock, {:.0f} {}s", worst->name,
                            readable(wait), seconds(wait) / seconds(turn.time), turn.name);
    if (worst->drop_requests == 0 && !turn.never_asks.empty())
        text += fmt::format("; it never made a drop request: {}", turn.never_asks);
    result.findings.push_back({.kind = "starvation", .text = std::move(text)});
}

void find_oversubscription(Result& result) {
    const auto waited =
        share(result.totals.cpu_wait, result.totals.running + result.totals.cpu_wait);
    if (waited < 0.2 || busiest_cpus(result, result.cpu.utilization.size()) < 0.8) return;
    result.findings.push_back(
        {.kind = "oversubscribed",
         .text = fmt::format(
             "more threads want to run than there are CPUs: they wait for one {} of the time",
             percent(waited))});
}

}  // namespace

void find(const Case& question, Result& result) {
    find_races(question, result);
    find_contended_counts(result);
    find_convoy(question, result);
    find_starvation(question, result);
    find_oversubscription(result);
}

}  // namespace interlock::models
