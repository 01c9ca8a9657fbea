// One replication of one strategy: sets the models up, runs them, reads the books.

#include "models/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/bounds.hpp"
#include "models/cast.hpp"
#include "models/deadlock.hpp"
#include "models/explain.hpp"
#include "models/hardware/fluid.hpp"
#include "models/interpreter/engine.hpp"
#include "models/record/ledger.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/fingerprint.hpp"
#include "sim/kernel/random.hpp"
#include "sim/kernel/simulation.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;
using kernel::Time;

/// The os policy draws lots, or notices the end of a slice at ticks whose phase is drawn.
bool policy_draws(const Case& question) {
    if (os::policy_named(question.os.policy).draws) return true;
    return question.os.hz.value_or(os::policy_named(question.os.policy).hz) != 0;
}

/// What an operation takes of a device, or whether it finds its data in memory.
bool devices_draw(const Case& question) {
    const auto& names = question.workload.devices;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto& device =
            question.machine.devices[*hardware::find_device(question.machine, name)];
        return device.service.drawn() || device.latency.drawn() ||
               (device.cache && device.cache->hits > 0 && device.cache->hits < 1);
    });
}

bool load_draws(const Case& question) {
    const auto& all = question.os.load;
    return std::any_of(all.begin(), all.end(), [](const os::OtherLoad& load) {
        return load.busy.drawn() || (load.idle && load.idle->drawn());
    });
}

/// Queues without `over` cross processes where tasks live in more than one.
bool crosses_processes(const Case& question) {
    const auto& tasks = question.workload.tasks;
    return has_interpreters(question.strategy.kind) ||
           std::any_of(tasks.begin(), tasks.end(),
                       [](const workload::Task& task) { return task.process; });
}

std::string size(std::uint64_t bytes) {
    constexpr double gib = 1024.0 * 1024 * 1024;
    const auto value = static_cast<double>(bytes);
    if (value >= gib) return fmt::format("{:.3g} GiB", value / gib);
    return fmt::format("{:.3g} MiB", value / (1024.0 * 1024));
}

class Prediction {
public:
    /// On `machine`, for the policy may make another one of the question's.
    Prediction(const Case& question, const PredictOptions& options,
               const hardware::Machine& machine)
        : question_(question), options_(options), machine_(machine),
          instances_(workload::instances(question.workload, options.seed, options.replication)),
          cast_(make_cast(question, instances_)),
          ledger_({.cpus = machine.cpus(),
                   .instances = instances_.size(),
                   .queues = question.workload.queues.size(),
                   .objects = question.workload.objects.size(),
                   .marks = question.workload.marks.size(),
                   .devices = question.machine.devices.size()},
                  Time{options.warmup.value_or(Duration::zero())}) {
        simulation_.trace().attach(fingerprint_);
        simulation_.trace().attach(ledger_);
        for (auto* sink : options.sinks) simulation_.trace().attach(*sink);
    }

    Result run() {
        result_.bounds = bounds(question_, instances_, options_.seed, options_.replication);
        result_.stated = cast_.stated;
        interpreter::Engine engine(setup(), question_.os, std::move(cast_.scripts),
                                   interpreter::Board(question_.workload, instances_, cast_.units),
                                   noise(), simulation_);
        people(engine);
        engine.count_devices_from(Time{options_.warmup.value_or(Duration::zero())});
        const auto until = options_.until ? std::optional(Time{*options_.until}) : std::nullopt;
        const auto stop =
            engine.shortage() ? os::Stop::asked : engine.run(until, options_.events_max);
        simulation_.trace().flush();
        ended(engine, stop);
        read(engine, ledger_.close(engine.now()));
        result_.fingerprint = fingerprint_.value();
        result_.events = simulation_.events();
        find(question_, result_);
        result_.why = why(question_, result_);
        was_full_ = engine.was_full();
        return std::move(result_);
    }

    /// After run(): whether no CPU of the machine idled at some time.
    bool was_full() const { return was_full_; }

private:
    interpreter::Setup setup() const {
        return {.machine = &machine_,
                .runtime = &question_.runtime,
                .reference = question_.reference,
                .workload = &question_.workload,
                .seed = options_.seed,
                .replication = options_.replication,
                .start = question_.strategy.kind == StrategyKind::interpreters
                             ? interpreter::StartMethod::interpreter
                             : question_.strategy.start.value_or(question_.runtime.start),
                .piped_queues = crosses_processes(question_),
                .event_loops = question_.strategy.event_loops || question_.strategy.mn_threads};
    }

    bool fluid() const { return os::policy_named(question_.os.policy).fluid; }

    kernel::Random noise() const {
        return {options_.seed, kernel::stream_of("machine") + options_.replication};
    }

    void people(interpreter::Engine& engine) const {
        const auto home = engine.add_process("main");
        engine.hold_data(home);
        engine.set_home(home);
        engine.set_self_starting(cast_.self_starting);
        for (std::uint32_t i = 1; i < cast_.sources; ++i) engine.add_source();
        engine.expect_collected(cast_.collected);
        for (const auto& one : cast_.periodic)
            engine.set_periodic(one.task, one.script, one.source);
        if (cast_.main) {
            const auto main = engine.add_thread("main", home, *cast_.main, true);
            for (const auto& child : cast_.ready) child_of(engine, main, child);
        }
        for (const auto& load : question_.os.load) engine.add_load(load);
    }

    static void child_of(interpreter::Engine& engine, os::ThreadId parent,
                         const ReadyChild& child) {
        const auto id = engine.add_child(parent, child.name, child.script, child.process);
        for (std::uint32_t i = 0; i < child.threads; ++i)
            engine.add_child(id, fmt::format("{}, worker {}", child.name, i + 1), child.of_threads,
                             false);
    }

    void ended(const interpreter::Engine& engine, os::Stop stop) {
        if (const auto& shortage = engine.shortage()) {
            result_.ended = Ended::out_of_memory;
            result_.reason = fmt::format(
                "'{}' wants {} more, which makes {} where the machine has {}: {}",
                shortage->process, size(shortage->wanted - shortage->held), size(shortage->wanted),
                size(*question_.machine.memory), what_fits(*shortage));
            result_.findings.push_back({.kind = "out_of_memory", .text = *result_.reason});
            return;
        }
        switch (stop) {
        case os::Stop::asked: result_.ended = Ended::done; return;
        case os::Stop::out_of_events:
            result_.ended = Ended::deadlock;
            result_.reason = explain_deadlock(engine, question_.workload);
            result_.findings.push_back({.kind = "deadlock", .text = *result_.reason});
            return;
        case os::Stop::time_bound:
            result_.ended = Ended::bound;
            result_.reason = "'until' was reached before all tasks had finished";
            return;
        case os::Stop::event_bound:
            result_.ended = Ended::bound;
            result_.reason = "'events_max' was reached before all tasks had finished";
            return;
        }
    }

    /// Processes of the size that the asking one would have had, beside main.
    std::string what_fits(const interpreter::Shortage& shortage) const {
        const auto limit = *question_.machine.memory;
        if (shortage.is_main) return "it does not fit in one process";
        const auto fit = limit < shortage.main ? 0 : (limit - shortage.main) / shortage.each;
        return fmt::format("beside main, with {}, {} of {} would fit", size(shortage.main), fit,
                           size(shortage.each));
    }

    void read(const interpreter::Engine& engine, record::Books books) {
        const auto end = engine.now();
        const auto from = Time{options_.warmup.value_or(Duration::zero())};
        const auto observed = end > from ? end - from : Duration::zero();
        if (result_.ended == Ended::done) result_.makespan = end - begin();
        read_threads(engine, books);
        read_lock(books, observed);
        read_cpus(books, observed);
        read_quota(engine, books);
        read_tasks(engine, books, observed, from);
        read_devices(engine, books, observed);
        for (std::size_t i = 0; i < books.objects.size(); ++i)
            result_.objects.push_back({.name = question_.workload.objects[i].name,
                                       .writes = books.objects[i].writes,
                                       .lost = books.objects[i].lost,
                                       .count_wait = engine.count_wait(i)});
        for (std::size_t i = 0; i < books.queues.size(); ++i)
            result_.queues.push_back({.name = question_.workload.queues[i].name,
                                      .length_max = books.queues[i].length_max,
                                      .put_wait = books.queues[i].put_wait,
                                      .get_wait = books.queues[i].get_wait});
        result_.memory_peak = books.memory_peak;
        for (auto& pair : books.marks)
            result_.marks.push_back({.from = question_.workload.marks[pair.from],
                                     .to = question_.workload.marks[pair.to],
                                     .rate_per_second = rate(pair.latency.count(), observed),
                                     .latency = std::move(pair.latency)});
    }

    /// main starts at 0; without a main thread the first task does, when it arrives.
    Time begin() const {
        if (cast_.main || instances_.empty()) return Time{};
        return std::min_element(instances_.begin(), instances_.end(),
                                [](const auto& a, const auto& b) { return a.arrival < b.arrival; })
            ->arrival;
    }

    static double rate(std::uint64_t count, Duration observed) {
        return observed == Duration::zero()
                   ? 0
                   : static_cast<double>(count) / kernel::seconds(observed);
    }

    void read_threads(const interpreter::Engine& engine, record::Books& books) {
        for (std::size_t i = 0; i < books.threads.size(); ++i) {
            auto& thread = books.threads[i];
            const Spent spent{.running = thread.running,
                              .lock_wait = thread.lock_wait,
                              .cpu_wait = thread.cpu_wait,
                              .io = thread.io,
                              .blocked = thread.blocked,
                              .slowed = thread.slowed};
            if (!engine.agents()[i].other) add_to(result_.totals, spent);
            result_.threads.push_back(
                {.name = engine.agents()[i].name,
                 .process = static_cast<std::uint32_t>(engine.agents()[i].process),
                 .spent = spent,
                 .lock_waits = std::move(thread.lock_waits),
                 .drop_requests = thread.drop_requests});
        }
    }

    static void add_to(Spent& totals, const Spent& spent) {
        totals.running += spent.running;
        totals.lock_wait += spent.lock_wait;
        totals.cpu_wait += spent.cpu_wait;
        totals.io += spent.io;
        totals.blocked += spent.blocked;
        totals.slowed += spent.slowed;
    }

    void read_lock(const record::Books& books, Duration observed) {
        if (!question_.runtime.has_lock()) return;
        auto& sum = result_.lock.emplace();
        for (const auto& lock : books.locks) {
            if (observed > Duration::zero())
                sum.held_share = std::max(sum.held_share,
                                          kernel::seconds(lock.held) / kernel::seconds(observed));
            sum.counts += lock.counts;
            sum.waits.merge(lock.waits);
        }
    }

    void read_cpus(const record::Books& books, Duration observed) {
        if (fluid()) return read_shares(books, observed);
        for (const auto& cpu : books.cpus) {
            result_.cpu.utilization.push_back(observed == Duration::zero()
                                                  ? 0
                                                  : kernel::seconds(cpu.busy) /
                                                        kernel::seconds(observed));
            result_.cpu.context_switches += cpu.switches;
        }
        result_.cpu.migrations = books.migrations;
    }

    /// The CPUs of the fluid machine are threads; what they did is the share of what it can.
    void read_shares(const record::Books& books, Duration observed) {
        Spent all;
        for (const auto& thread : books.threads) {
            all.running += thread.running;
            all.slowed += thread.slowed;
        }
        constexpr double ppm = 1e-6;
        const auto most = static_cast<double>(hardware::capacity(question_.machine)) * ppm *
                          kernel::seconds(observed);
        const auto used = most > 0 ? kernel::seconds(all.running - all.slowed) / most : 0;
        result_.cpu.utilization.assign(question_.machine.cpus(), std::min(used, 1.0));
        for (const auto& cpu : books.cpus) result_.cpu.context_switches += cpu.switches;
    }

    void read_quota(const interpreter::Engine& engine, const record::Books& books) {
        if (!question_.os.quota) return;
        const auto use = engine.quota_use();
        result_.quota = {.periods = use.periods,
                         .throttled_periods = use.throttled_periods,
                         .throttled = books.throttled,
                         .holder_throttled = books.holder_throttled};
    }

    void read_devices(const interpreter::Engine& engine, record::Books& books, Duration observed) {
        for (std::size_t i = 0; i < books.devices.size(); ++i) {
            auto& book = books.devices[i];
            const auto& device = question_.machine.devices[i];
            result_.devices.push_back(
                {.name = device.name,
                 .served = book.served,
                 .utilization = utilization(device, book.busy, engine.device_use(i), observed),
                 .queue_max = book.queue_max,
                 .waits = std::move(book.waits),
                 .responses = std::move(book.responses)});
        }
    }

    /// None of the shares is above 1 but by rounding.
    static double utilization(const hardware::Device& device, Duration busy,
                              const hardware::Station::Use& use, Duration observed) {
        if (observed == Duration::zero()) return 0;
        const auto time = kernel::seconds(observed);
        double most = 0;
        if (device.servers) most = kernel::seconds(busy) / time / *device.servers;
        if (device.bandwidth)
            most = std::max(most, use.bytes / time / static_cast<double>(*device.bandwidth));
        if (device.iops) most = std::max(most, static_cast<double>(use.let_in) / use.allowance);
        return std::min(most, 1.0);
    }

    void read_tasks(const interpreter::Engine& engine, const record::Books& books,
                    Duration observed, Time from) {
        const auto& tasks = question_.workload.tasks;
        for (const auto& task : tasks)
            result_.by_task.push_back(
                {.name = task.name, .has_deadline = task.deadline.has_value(), .turnaround = {}});
        std::uint64_t finished = 0;
        for (std::uint32_t i = 0; i < instances_.size(); ++i) {
            const auto& book = books.instances[i];
            const auto task = static_cast<std::uint32_t>(instances_[i].task);
            const auto& deadline = tasks[task].deadline;
            if (deadline && instances_[i].arrival + *deadline >= from &&
                (engine.aborted(i) ||
                 book.finished.value_or(Time::max()) > instances_[i].arrival + *deadline))
                ++result_.by_task[task].missed;
            if (book.finished && *book.finished >= from && !engine.aborted(i)) {
                ++finished;
                ++result_.by_task[task].count;
                result_.by_task[task].turnaround.add(
                    (*book.finished - instances_[i].arrival).count());
            }
            if (book.finished) result_.completion_order.push_back(i);
            if (i < instances_shown)
                result_.instances.push_back(
                    {.task = task,
                     .name = workload::instance_name(question_.workload, instances_[i]),
                     .arrival = instances_[i].arrival,
                     .first_run = book.started,
                     .finish = book.finished,
                     .cpu = book.cpu,
                     .io = book.io});
        }
        std::stable_sort(result_.completion_order.begin(), result_.completion_order.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return *books.instances[a].finished < *books.instances[b].finished;
                         });
        result_.throughput = rate(finished, observed);
    }

    static constexpr std::uint32_t instances_shown = 10'000;

    const Case& question_;
    const PredictOptions& options_;
    const hardware::Machine& machine_;
    bool was_full_ = false;
    std::vector<workload::Instance> instances_;
    Cast cast_;
    kernel::Simulation simulation_;
    kernel::Fingerprint fingerprint_;
    record::Ledger ledger_;
    Result result_;
};

/// As many CPUs as threads ever want to run, and one that idles. How many is seen by trying; who
/// watches sees only the last try.
Result predict_fluid(const Case& question, const PredictOptions& options) {
    constexpr std::uint32_t first = 64;
    constexpr std::uint32_t factor = 4;
    auto unwatched = options;
    unwatched.sinks.clear();
    for (auto threads = first;; threads *= factor) {
        const auto machine = hardware::fluid(question.machine, threads);
        Prediction prediction(question, unwatched, machine);
        auto result = prediction.run();
        if (prediction.was_full()) continue;
        return options.sinks.empty() ? result : Prediction(question, options, machine).run();
    }
}

}  // namespace

Result predict(const Case& question, const PredictOptions& options) {
    if (question.unavailable) {
        Result result;
        result.ended = Ended::unavailable;
        result.reason = question.unavailable;
        return result;
    }
    if (os::policy_named(question.os.policy).fluid) return predict_fluid(question, options);
    return Prediction(question, options, question.machine).run();
}

bool random(const Case& question) {
    const auto& costs = question.machine.costs;
    const bool wakes =
        costs.wake_spread > 0 &&
        costs.wake_idle_brief + costs.wake_idle_short + costs.wake_idle_long > Duration::zero();
    const bool cools = costs.cold_timed_wait + costs.cold_wait + costs.cold_wait_busy +
                           costs.cold_wake + costs.cold_wake_busy + costs.cold_send +
                           costs.cold_receive >
                       Duration::zero();
    const bool balances = costs.new_idle_pull < 1 || costs.idle_balance > Duration::zero();
    return !question.unavailable &&
           (wakes || cools || balances || devices_draw(question) ||
            costs.line_transfer > Duration::zero() || watches_results(question) ||
            policy_draws(question) || load_draws(question) || workload::random(question.workload));
}

}  // namespace interlock::models
