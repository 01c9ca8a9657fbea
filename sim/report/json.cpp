#include "sim/report/json.hpp"

#include <optional>

#include <fmt/format.h>

#include "sim/report/version.hpp"

namespace interlock::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr double nanosecond = 1e9;  // a second has as many: dividing rounds once

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json or_null(const std::optional<stats::Interval>& interval) {
    return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

double at(kernel::Time time) { return kernel::seconds(time.time_since_epoch()); }

Json or_null(const std::optional<kernel::Time>& time) {
    return time ? Json(at(*time)) : Json(nullptr);
}

/// Of samples in ns. No sample gives zeros: the count says that there was none.
void add_percentiles(Json& object, const stats::Quantiles& samples, bool with_sd) {
    const bool any = samples.count() > 0;
    const auto quantile = [&](double p) {
        return any ? static_cast<double>(samples.quantile(p)) / nanosecond : 0.0;
    };
    object["mean"] = any ? samples.mean() / nanosecond : 0.0;
    if (with_sd) object["sd"] = any ? samples.sd() / nanosecond : 0.0;
    object["p50"] = quantile(0.5);
    object["p90"] = quantile(0.9);
    object["p99"] = quantile(0.99);
    object["max"] = any ? static_cast<double>(samples.max()) / nanosecond : 0.0;
}

Json percentiles(const stats::Quantiles& samples) {
    Json object;
    add_percentiles(object, samples, true);
    return object;
}

Json options_json(const models::Strategy& strategy) {
    auto options = Json::object();
    for (const auto& [key, text] : strategy.options) options[key] = Json::parse(text);
    return options;
}

Json assumptions_json(const Assumptions& assumptions) {
    return {{"machine", assumptions.machine},
            {"policy", assumptions.policy},
            {"interpreter", assumptions.interpreter},
            {"lock", assumptions.lock},
            {"costs", assumptions.costs}};
}

Json totals_json(const Totals& totals) {
    return {{"running", totals.running},   {"lock_wait", totals.lock_wait},
            {"cpu_wait", totals.cpu_wait}, {"io", totals.io},
            {"blocked", totals.blocked},   {"slowed", totals.slowed}};
}

Json tasks_by_name_json(const std::vector<models::TaskResult>& tasks) {
    auto array = Json::array();
    for (const auto& task : tasks) {
        array.push_back({{"name", task.name},
                         {"count", task.count},
                         {"turnaround_s", percentiles(task.turnaround)}});
        if (task.has_deadline) array.back()["missed"] = task.missed;
    }
    return array;
}

Json lock_json(const std::optional<models::LockResult>& lock) {
    if (!lock) return nullptr;
    Json document{{"held_share", lock->held_share}};
    for (const auto& count : record::lock_counts)
        document[std::string(count.name)] = lock->counts.*count.field;
    document["wait_s"] = percentiles(lock->waits);
    return document;
}

Json cpu_json(const models::CpuResult& cpu) {
    return {{"utilization", cpu.utilization},
            {"context_switches", cpu.context_switches},
            {"migrations", cpu.migrations}};
}

Json quota_json(const std::optional<models::QuotaResult>& quota) {
    if (!quota) return nullptr;
    return {{"periods", quota->periods},
            {"throttled_periods", quota->throttled_periods},
            {"throttled_s", kernel::seconds(quota->throttled)},
            {"holder_throttled_s", kernel::seconds(quota->holder_throttled)}};
}

Json objects_json(const std::vector<models::ObjectResult>& objects) {
    auto array = Json::array();
    for (const auto& object : objects)
        array.push_back({{"name", object.name}, {"writes", object.writes}, {"lost", object.lost}});
    return array;
}

Json queues_json(const std::vector<QueueFigures>& queues) {
    auto array = Json::array();
    for (const auto& queue : queues)
        array.push_back({{"name", queue.name},
                         {"length_max", queue.length_max},
                         {"put_wait_s", queue.put_wait},
                         {"get_wait_s", queue.get_wait}});
    return array;
}

Json devices_json(const std::vector<models::DeviceResult>& devices) {
    auto array = Json::array();
    for (const auto& device : devices)
        array.push_back({{"name", device.name},
                         {"served", device.served},
                         {"utilization", device.utilization},
                         {"queue_max", device.queue_max},
                         {"wait_s", percentiles(device.waits)},
                         {"response_s", percentiles(device.responses)}});
    return array;
}

Json threads_json(const std::vector<models::ThreadResult>& threads) {
    auto array = Json::array();
    for (const auto& thread : threads) {
        Json waits{{"count", thread.lock_waits.count()}};
        add_percentiles(waits, thread.lock_waits, true);
        array.push_back({{"name", thread.name},
                         {"process", thread.process},
                         {"running_s", kernel::seconds(thread.spent.running)},
                         {"lock_wait_s", kernel::seconds(thread.spent.lock_wait)},
                         {"cpu_wait_s", kernel::seconds(thread.spent.cpu_wait)},
                         {"io_s", kernel::seconds(thread.spent.io)},
                         {"blocked_s", kernel::seconds(thread.spent.blocked)},
                         {"lock_waits_s", std::move(waits)}});
    }
    return array;
}

Json tasks_json(const std::vector<models::InstanceResult>& instances) {
    auto array = Json::array();
    for (const auto& instance : instances)
        array.push_back({{"name", instance.name},
                         {"arrival_s", at(instance.arrival)},
                         {"first_run_s", or_null(instance.first_run)},
                         {"finish_s", or_null(instance.finish)},
                         {"cpu_s", kernel::seconds(instance.cpu)}});
    return array;
}

}  // namespace

nlohmann::ordered_json marks_json(const std::vector<MarkFigures>& marks) {
    auto array = Json::array();
    for (const auto& mark : marks) {
        Json object{{"from", mark.from},
                    {"to", mark.to},
                    {"count", mark.count},
                    {"rate_per_s", mark.rate_per_second}};
        add_percentiles(object, mark.latency, false);
        array.push_back(std::move(object));
    }
    return array;
}

namespace {

Json findings_json(const std::vector<models::Finding>& findings) {
    auto array = Json::array();
    for (const auto& finding : findings)
        array.push_back({{"kind", finding.kind}, {"text", finding.text}});
    return array;
}

}  // namespace

nlohmann::ordered_json strategy_json(const StrategyOutcome& row) {
    Json object{
        {"strategy", row.strategy.name},   {"kind", name_of(row.strategy.kind)},
        {"workers", row.strategy.workers}, {"options", options_json(row.strategy)},
        {"baseline", row.baseline},        {"assumptions", assumptions_json(row.assumptions)},
        {"ended", name_of(row.ended)}};
    // Only where there is something to say; the design's document is of a run that was done.
    if (row.reason) object["reason"] = *row.reason;
    object["makespan_s"] = or_null(row.makespan);
    object["makespan_ci95_s"] = or_null(row.makespan_ci95);
    object["speedup"] = or_null(row.speedup);
    object["speedup_ci95"] = or_null(row.speedup_ci95);
    object["efficiency"] = or_null(row.efficiency);
    object["bounds"] = {{"makespan_lower_s", or_null(row.makespan_lower)},
                        {"speedup_upper", or_null(row.speedup_upper)}};
    object["throughput_per_s"] = row.throughput;
    object["totals_s"] = totals_json(row.totals);
    object["by_task"] = tasks_by_name_json(row.by_task);
    object["lock"] = lock_json(row.lock);
    object["cpu"] = cpu_json(row.cpu);
    object["quota"] = quota_json(row.quota);
    object["objects"] = objects_json(row.objects);
    object["queues"] = queues_json(row.queues);
    object["devices"] = devices_json(row.devices);
    object["memory_peak_bytes"] = row.memory_peak;
    object["threads"] = threads_json(row.threads);
    object["tasks"] = tasks_json(row.instances);
    object["marks"] = marks_json(row.marks);
    object["findings"] = findings_json(row.findings);
    return object;
}

nlohmann::ordered_json head_json(const Outcome& outcome) {
    return {{"interlock", version},
            {"format", 1},
            {"scenario", outcome.scenario},
            {"seed", outcome.seed},
            {"replications", outcome.replications},
            {"fingerprint", fmt::format("{:016x}", outcome.fingerprint)},
            {"strategies", Json::array()}};
}

std::string dumped(const nlohmann::ordered_json& document) {
    constexpr int indent = 2;
    return document.dump(indent, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string json_text(const Outcome& outcome, const Cost& cost) {
    auto document = head_json(outcome);
    for (const auto& row : outcome.strategies) document["strategies"].push_back(strategy_json(row));
    const auto events = static_cast<double>(cost.events);
    document["cost"] = {{"events", cost.events},
                        {"events_per_s", cost.wall > 0 ? events / cost.wall : 0.0},
                        {"wall_s", cost.wall}};
    return dumped(document);
}

}  // namespace interlock::report
