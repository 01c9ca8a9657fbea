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
#include "models/reading.hpp"
#include "models/record/ledger.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/fingerprint.hpp"
#include "sim/kernel/random.hpp"
#include "sim/kernel/simulation.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;
using kernel::Time;

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

/// What of the operating system is not seen from its policy's name.
std::vector<std::string> of_system(const os::Settings& os) {
    std::vector<std::string> texts;
    if (!os.preset.empty())
        texts.push_back("the system is " + os.preset + " where it says nothing else");
    if (os.quota)
        texts.push_back(
            fmt::format("a quota of {:.3g} CPUs, in periods of {:.3g} ms",
                        kernel::seconds(os.quota->quota) / kernel::seconds(os.quota->period),
                        kernel::seconds(os.quota->period) * 1e3));
    std::vector<std::string> names;
    for (const auto& load : os.load)
        names.push_back(load.count == 1 ? load.name
                                        : fmt::format("{} times {}", load.count, load.name));
    if (!names.empty())
        texts.push_back(fmt::format("other work on the machine: {}", fmt::join(names, ", ")));
    return texts;
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
                  warm()) {
        simulation_.trace().attach(fingerprint_);
        simulation_.trace().attach(ledger_);
        for (auto* sink : options.sinks) simulation_.trace().attach(*sink);
    }

    Result run() {
        result_.bounds = bounds(question_, instances_, options_.seed, options_.replication);
        result_.stated = cast_.stated;
        for (auto& text : of_system(question_.os)) result_.stated.push_back(std::move(text));
        interpreter::Engine engine(setup(), question_.os, std::move(cast_.scripts),
                                   interpreter::Board(question_.workload, instances_, cast_.units),
                                   noise(), simulation_);
        people(engine);
        engine.count_devices_from(warm());
        const auto until = options_.until ? std::optional(Time{*options_.until}) : std::nullopt;
        const auto stop =
            engine.shortage() ? os::Stop::asked : engine.run(until, options_.events_max);
        simulation_.trace().flush();
        ended(engine, stop);
        if (result_.ended == Ended::done) result_.makespan = engine.now() - begin();
        read(ledger_.close(engine.now()),
             {.question = question_, .instances = instances_, .engine = engine, .from = warm()},
             result_);
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

    void bound(const char* reason) {
        result_.ended = Ended::bound;
        result_.reason = reason;
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
            return bound("'until' was reached before all tasks had finished");
        case os::Stop::event_bound:
            return bound("'events_max' was reached before all tasks had finished");
        case os::Stop::no_progress:
            return bound("time does not pass: 50 million steps that take none");
        case os::Stop::end_of_time: return bound("not all tasks finish within 292 years");
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

    Time warm() const { return Time{options_.warmup.value_or(Duration::zero())}; }

    /// main starts at 0; without a main thread the first task does, when it arrives.
    Time begin() const {
        if (cast_.main || instances_.empty()) return Time{};
        return std::min_element(instances_.begin(), instances_.end(),
                                [](const auto& a, const auto& b) { return a.arrival < b.arrival; })
            ->arrival;
    }

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

}  // namespace interlock::models
