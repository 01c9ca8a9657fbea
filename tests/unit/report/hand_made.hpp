#pragma once

// Outcomes written by hand, for the writers of sim/report.

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "models/predict.hpp"
#include "sim/report/outcome.hpp"

namespace interlock::report {

inline stats::Quantiles samples(std::initializer_list<kernel::Duration> durations) {
    stats::Quantiles quantiles;
    for (const auto duration : durations) quantiles.add(duration.count());
    return quantiles;
}

inline models::InstanceResult instance(std::string name, std::optional<kernel::Time> finish = {}) {
    models::InstanceResult result;
    result.name = std::move(name);
    result.finish = finish;
    return result;
}

inline models::ThreadResult thread(std::string name, kernel::Duration running,
                                   stats::Quantiles lock_waits = {}) {
    models::ThreadResult result;
    result.name = std::move(name);
    result.spent.running = running;
    result.lock_waits = std::move(lock_waits);
    return result;
}

inline StrategyOutcome serial_row() {
    StrategyOutcome row;
    row.strategy.name = "serial";
    row.assumptions = {.machine = "i7-8700k",
                       .policy = "eevdf",
                       .interpreter = "cpython-3.11",
                       .lock = "cpython-3.2",
                       .costs = "default"};
    row.makespan = 0.5;
    row.baseline = "serial";
    row.speedup = 1;
    row.efficiency = 1;
    row.makespan_lower = 0.5;
    row.speedup_upper = 1;
    row.totals = {.running = 0.5};
    row.why = "one CPU does it all";
    return row;
}

inline StrategyOutcome threads_row() {
    auto row = serial_row();
    row.strategy.name = "threads: 2";
    row.strategy.kind = models::StrategyKind::threads;
    row.strategy.workers = 2;
    row.strategy.options = {{"threads", "2"}};
    row.totals = {.running = 0.5, .lock_wait = 0.375, .cpu_wait = 0.125};
    row.lock = models::LockResult{.held_share = 0.998,
                                  .counts = {.requests = 100,
                                             .contended = 99,
                                             .switches = 98,
                                             .forced_switches = 97,
                                             .drop_requests = 96,
                                             .wasted_drop_requests = 3,
                                             .failed_wakeups = 2},
                                  .waits = {}};
    row.why = "the lock is held 99.8 % of the time by bytecode";
    return row;
}

inline StrategyOutcome processes_row() {
    auto row = serial_row();
    row.strategy.name = "processes: 2";
    row.strategy.kind = models::StrategyKind::processes;
    row.strategy.workers = 2;
    row.makespan = 0.25;
    row.speedup = 2;
    row.why = "two CPUs share the work";
    return row;
}

inline Outcome outcome_of(std::initializer_list<StrategyOutcome> rows) {
    Outcome outcome;
    outcome.scenario = "by hand";
    outcome.strategies = rows;
    return outcome;
}

}  // namespace interlock::report
