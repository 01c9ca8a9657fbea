#include "sim/experiment/run.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "models/predict.hpp"
#include "sim/experiment/merge.hpp"
#include "sim/experiment/parallel.hpp"
#include "sim/experiment/speedup.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/fingerprint.hpp"

namespace interlock::experiment {

namespace {

struct Job {
    std::size_t index;  ///< of the case
    std::uint32_t replication;
};

std::vector<Job> jobs_of(const models::Scenario& scenario) {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < scenario.cases.size(); ++i) {
        if (scenario.cases[i].unavailable) continue;
        const auto replications = replications_of(scenario, scenario.cases[i]);
        for (std::uint32_t replication = 0; replication < replications; ++replication)
            jobs.push_back({i, replication});
    }
    return jobs;
}

models::Result simulate(const models::Scenario& scenario, Job job, const RunOptions& options) {
    const auto& question = scenario.cases[job.index];
    models::PredictOptions how{.seed = scenario.seed,
                               .replication = job.replication,
                               .warmup = scenario.warmup,
                               .until = scenario.until,
                               .events_max = scenario.events_max,
                               .sinks = {}};
    if (job.replication == 0 && !options.sinks.empty())
        how.sinks.push_back(options.sinks.at(job.index));
    try {
        auto result = models::predict(question, how);
        if (job.replication != 0) {  // only those of replication 0 are shown
            result.threads = {};
            result.instances = {};
            result.completion_order = {};
        }
        return result;
    } catch (const std::logic_error& error) {  // a broken invariant, or a library's
        throw kernel::BrokenInvariant(fmt::format(
            "{} (scenario '{}', file {}, strategy '{}', seed {}, replication {})", error.what(),
            scenario.name, scenario.file, question.strategy.name, scenario.seed, job.replication));
    }
}

std::vector<std::vector<models::Result>> simulate_all(const models::Scenario& scenario,
                                                      const RunOptions& options) {
    const auto jobs = jobs_of(scenario);
    std::vector<std::vector<models::Result>> results(scenario.cases.size());
    for (const auto& job : jobs) results[job.index].emplace_back();
    std::mutex progress;
    std::size_t ended = 0;
    for_each_index(jobs.size(), workers_for(jobs.size()), [&](std::size_t index) {
        const auto job = jobs[index];
        results[job.index][job.replication] = simulate(scenario, job, options);
        if (!options.progress) return;
        const std::lock_guard guard(progress);
        options.progress(++ended, jobs.size());
    });
    return results;
}

/// Of all fingerprints, each with the number of its case.
std::uint64_t combined_fingerprint(const std::vector<std::vector<models::Result>>& results) {
    kernel::Fingerprint fingerprint;
    std::vector<kernel::Record> records;
    for (std::size_t i = 0; i < results.size(); ++i)
        for (const auto& result : results[i])
            records.push_back({.at = {},
                               .detail = result.fingerprint,
                               .subject = static_cast<std::uint32_t>(i),
                               .place = 0,
                               .kind = 0});
    fingerprint.take(records);
    return fingerprint.value();
}

}  // namespace

std::uint32_t replications_of(const models::Scenario& scenario, const models::Case& question) {
    constexpr std::uint32_t where_drawn = 20;
    if (scenario.replications) return std::max(1U, *scenario.replications);
    return models::random(question) ? where_drawn : 1;
}

report::Outcome run(const models::Scenario& scenario, const RunOptions& options) {
    kernel::check(options.sinks.empty() || options.sinks.size() == scenario.cases.size(),
                  "there is a reader for every case, or none at all");
    const auto results = simulate_all(scenario, options);
    report::Outcome outcome{.scenario = scenario.name,
                            .seed = scenario.seed,
                            .replications = 1,
                            .fingerprint = combined_fingerprint(results),
                            .events = 0,
                            .strategies = {}};
    for (std::size_t i = 0; i < results.size(); ++i) {
        outcome.strategies.push_back(merge(scenario.cases[i], results[i]));
        outcome.replications =
            std::max(outcome.replications, outcome.strategies.back().replications);
        for (const auto& result : results[i]) outcome.events += result.events;
    }
    relate(scenario.cases, results, outcome.strategies);
    return outcome;
}

}  // namespace interlock::experiment
