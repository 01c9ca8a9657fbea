#include "sim/report/notes.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

constexpr std::size_t detail_indent = 4;
constexpr std::size_t continuation = 6;

/// "threads: 4 gain", but "serial gains" and "threads: 1 gains".
bool plural(const models::Strategy& strategy) {
    const std::string_view kind = name_of(strategy.kind);
    return strategy.workers > 1 && std::string_view(strategy.name).substr(0, kind.size()) == kind;
}

std::string verb(const StrategyOutcome& row, std::string_view stem, std::string_view rest = "") {
    return fmt::format("{} {}{}{}", row.strategy.name, stem, plural(row.strategy) ? "" : "s", rest);
}

/// How it did, in front of the colon.
std::string verdict(const StrategyOutcome& row, bool several_baselines) {
    switch (row.ended) {
    case models::Ended::deadlock: return verb(row, "deadlock");
    case models::Ended::out_of_memory: return verb(row, "run", " out of memory");
    case models::Ended::bound: return fmt::format("{} ended at a bound", row.strategy.name);
    case models::Ended::unavailable: return row.strategy.name + " cannot be";
    case models::Ended::done: break;
    }
    if (row.baseline == row.strategy.name)
        return fmt::format("{} take{} {}", row.strategy.name, plural(row.strategy) ? "" : "s",
                           seconds_text(row.makespan.value_or(0)));
    const auto over = several_baselines ? " over " + row.baseline : "";
    if (!row.speedup) return verb(row, "end");
    if (*row.speedup > gain_min) return verb(row, "gain", ' ' + ratio_text(*row.speedup) + over);
    if (*row.speedup >= loss_max) return verb(row, "gain", " nothing" + over);
    return verb(row, "lose",
                ", at " + ratio_text(*row.speedup) +
                    (several_baselines ? " of " + row.baseline : ""));
}

std::string without_full_stop(std::string text) {
    while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
    return text;
}

/// Numbers of instances from which percentiles say more than the makespan.
constexpr std::uint64_t instances_min = 20;
/// Of the threads' lives, from which the lock deserves a line.
constexpr double lock_wait_min = 0.01;
/// Below, it is the interpreters themselves.
constexpr std::uint64_t memory_min = 256ULL * 1024 * 1024;
/// Orders longer than this are not read; they are in the JSON.
constexpr std::size_t order_max = 20;

std::string percentiles_text(const stats::Quantiles& samples) {
    constexpr double nanoseconds = 1e9;
    const auto text = [&](auto value) {
        return seconds_text(static_cast<double>(value) / nanoseconds);
    };
    return fmt::format("p50 {}, p90 {}, p99 {}, at most {}", text(samples.quantile(0.5)),
                       text(samples.quantile(0.9)), text(samples.quantile(0.99)),
                       text(samples.max()));
}

using Details = std::vector<std::string>;

void add_findings(Details& details, const StrategyOutcome& row) {
    for (const auto& finding : row.findings)
        if (finding.text != row.reason && finding.text != row.why)
            details.push_back(finding.kind + ": " + finding.text);
}

/// What happened besides.
std::string counts_text(const record::LockCounts& counts) {
    auto text = fmt::format("forced switches: {}", counts.forced_switches);
    if (counts.drop_requests > 0) text += fmt::format(", drop requests: {}", counts.drop_requests);
    if (counts.wasted_drop_requests > 0)
        text += fmt::format(" ({} wasted)", counts.wasted_drop_requests);
    if (counts.failed_wakeups > 0)
        text += fmt::format(", failed wake-ups: {}", counts.failed_wakeups);
    return text;
}

void add_lock(Details& details, const StrategyOutcome& row) {
    if (!row.lock || row.lock->waits.count() == 0) return;
    if (row.totals.lock_wait < lock_wait_min * row.totals.life()) return;
    details.push_back(fmt::format("lock: held {} of the time; {} of {} requests waited ({}); {}",
                                  percent_text(row.lock->held_share), row.lock->counts.contended,
                                  row.lock->counts.requests, percentiles_text(row.lock->waits),
                                  counts_text(row.lock->counts)));
}

void add_tasks(Details& details, const StrategyOutcome& row) {
    for (const auto& task : row.by_task)
        if (task.has_deadline)
            details.push_back(fmt::format("{}: {} deadlines missed, {} done", task.name,
                                          task.missed == 0 ? "no" : std::to_string(task.missed),
                                          task.count));
    for (const auto& task : row.by_task)
        if (task.count >= instances_min && task.turnaround.count() > 0)
            details.push_back(fmt::format("{}: {} done, turnaround {}", task.name, task.count,
                                          percentiles_text(task.turnaround)));
}

/// Only where it says something: several finished, and not simply in file order.
void add_order(Details& details, const StrategyOutcome& row) {
    const auto& order = row.completion_order;
    if (order.size() < 2 || order.size() > order_max) return;
    if (std::is_sorted(order.begin(), order.end()) && row.strategy.workers < 2) return;
    std::vector<std::string> names;
    for (const auto index : order) {
        if (index >= row.instances.size()) return;
        const auto& instance = row.instances[index];
        names.push_back(
            instance.finish
                ? fmt::format("{} ({})", instance.name,
                              seconds_text(kernel::seconds(instance.finish->time_since_epoch())))
                : instance.name);
    }
    details.push_back("completed in the order: " + fmt::format("{}", fmt::join(names, ", ")));
}

void add_shared(Details& details, const StrategyOutcome& row) {
    for (const auto& object : row.objects)
        details.push_back(
            fmt::format("object {}: {} writes, {} lost", object.name, object.writes, object.lost));
    for (const auto& queue : row.queues)
        details.push_back(fmt::format("queue {}: at most {} long; waited {} to put, {} to get",
                                      queue.name, queue.length_max, seconds_text(queue.put_wait),
                                      seconds_text(queue.get_wait)));
    if (row.memory_peak >= memory_min)
        details.push_back("memory: at most " + bytes_text(row.memory_peak));
}

void add_marks(Details& details, const StrategyOutcome& row) {
    for (const auto& mark : row.marks)
        if (mark.latency.count() > 0)
            details.push_back(fmt::format("from {} to {}: {} times, {}/s, {}", mark.from, mark.to,
                                          mark.count, three_digits(mark.rate_per_second),
                                          percentiles_text(mark.latency)));
}

std::string details_text(const StrategyOutcome& row, std::size_t width) {
    Details details;
    add_findings(details, row);
    add_lock(details, row);
    add_tasks(details, row);
    add_order(details, row);
    add_shared(details, row);
    add_marks(details, row);
    std::string text;
    for (const auto& detail : details)
        text += wrapped(std::string(detail_indent, ' ') + detail, width, continuation) + '\n';
    return text;
}

/// "eevdf", or "eevdf or fifo" where strategies differ.
std::string assumed(const Outcome& outcome, std::string Assumptions::*field) {
    std::vector<std::string> values;
    for (const auto& row : outcome.strategies)
        if (std::find(values.begin(), values.end(), row.assumptions.*field) == values.end())
            values.push_back(row.assumptions.*field);
    return fmt::format("{}", fmt::join(values, " or "));  // a machine's name may hold commas
}

/// What the models took for granted, and for which strategies, if not for all.
std::vector<std::string> stated(const Outcome& outcome) {
    std::vector<std::string> texts;
    for (const auto& row : outcome.strategies)
        for (const auto& text : row.stated)
            if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
    for (auto& text : texts) {
        std::vector<std::string> names;
        for (const auto& row : outcome.strategies)
            if (std::find(row.stated.begin(), row.stated.end(), text) != row.stated.end())
                names.push_back(row.strategy.name);
        if (names.size() < outcome.strategies.size())
            text += fmt::format(" ({})", fmt::join(names, "; "));
    }
    return texts;
}

std::string replications_text(const Outcome& outcome) {
    if (outcome.replications < 2) return fmt::format("1 replication, seed {}", outcome.seed);
    return fmt::format("{} replications, seed {}; ± is the 95 % interval of their median",
                       outcome.replications, outcome.seed);
}

std::string assumptions_text(const Outcome& outcome, std::size_t width) {
    auto text =
        wrapped(fmt::format(
                    "Assumed: machine {}, costs {}; policy {}; interpreter {}, lock {}; {}.",
                    assumed(outcome, &Assumptions::machine), assumed(outcome, &Assumptions::costs),
                    assumed(outcome, &Assumptions::policy),
                    assumed(outcome, &Assumptions::interpreter),
                    assumed(outcome, &Assumptions::lock), replications_text(outcome)),
                width, 2) +
        '\n';
    for (const auto& more : stated(outcome))
        text += wrapped("Assumed: " + without_full_stop(more) + '.', width, 2) + '\n';
    return text;
}

}  // namespace

std::string sentence(const StrategyOutcome& row, bool several_baselines) {
    const auto reason = without_full_stop(row.reason.value_or(row.why));
    const auto head = verdict(row, several_baselines);
    return reason.empty() ? head + '.' : fmt::format("{}: {}.", head, reason);
}

std::string notes_text(const Outcome& outcome, std::size_t width) {
    const bool several_baselines =
        std::any_of(outcome.strategies.begin(), outcome.strategies.end(), [&](const auto& row) {
            return row.baseline != outcome.strategies.front().baseline;
        });
    std::string text;
    for (const auto& row : outcome.strategies)
        text +=
            wrapped(sentence(row, several_baselines), width, 2) + '\n' + details_text(row, width);
    return text + '\n' + assumptions_text(outcome, width);
}

}  // namespace interlock::report
