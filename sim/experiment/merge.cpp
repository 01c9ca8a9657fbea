#include "sim/experiment/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/check.hpp"
#include "sim/stats/median.hpp"

namespace interlock::experiment {

namespace {

using models::Result;
using Results = std::vector<Result>;

template <typename Items, typename Figure>
double median_of(const Items& items, Figure figure) {
    std::vector<double> values;
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(figure(item));
    return stats::median(std::move(values));
}

/// The lower of the two middle values: a whole number stays one.
template <typename Items, typename Count>
std::uint64_t middle_of(const Items& items, Count count) {
    std::vector<std::uint64_t> values;
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(count(item));
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// One name's items: one a replication, null where a replication has none.
template <typename Item>
using Group = std::vector<const Item*>;

/// Groups in the order in which their keys first appear.
template <typename Item, typename KeyOf>
std::vector<Group<Item>> grouped(const Results& results, std::vector<Item> Result::*list,
                                 KeyOf key_of) {
    using Key = std::decay_t<decltype(key_of(std::declval<const Item&>()))>;
    std::vector<Group<Item>> groups;
    std::map<Key, std::size_t> places;
    for (std::size_t replication = 0; replication < results.size(); ++replication)
        for (const auto& item : results[replication].*list) {
            const auto [place, fresh] = places.try_emplace(key_of(item), groups.size());
            if (fresh) groups.emplace_back(results.size(), nullptr);
            groups[place->second][replication] = &item;
        }
    return groups;
}

template <typename Item>
const Item& any_of_group(const Group<Item>& group) {
    return **std::find_if(group.begin(), group.end(), [](const auto* item) { return item; });
}

template <typename Item>
stats::Quantiles pooled(const Group<Item>& group, stats::Quantiles Item::*samples) {
    stats::Quantiles pool;
    for (const auto* item : group)
        if (item) pool.merge(item->*samples);
    return pool;
}

template <typename Item, typename Figure>
double group_median(const Group<Item>& group, Figure figure) {
    return median_of(group, [&](const Item* item) { return item ? figure(*item) : 0.0; });
}

template <typename Item, typename Count>
std::uint64_t group_middle(const Group<Item>& group, Count count) {
    return middle_of(group, [&](const Item* item) {
        return item ? std::uint64_t{count(*item)} : std::uint64_t{0};
    });
}

double median_seconds(const Results& results, kernel::Duration models::Spent::*part) {
    return median_of(results,
                     [&](const Result& result) { return kernel::seconds(result.totals.*part); });
}

report::Totals merge_totals(const Results& results) {
    return {.running = median_seconds(results, &models::Spent::running),
            .lock_wait = median_seconds(results, &models::Spent::lock_wait),
            .cpu_wait = median_seconds(results, &models::Spent::cpu_wait),
            .io = median_seconds(results, &models::Spent::io),
            .blocked = median_seconds(results, &models::Spent::blocked),
            .slowed = median_seconds(results, &models::Spent::slowed)};
}

std::vector<models::TaskResult> merge_tasks(const Results& results) {
    std::vector<models::TaskResult> tasks;
    for (const auto& group :
         grouped(results, &Result::by_task, std::mem_fn(&models::TaskResult::name)))
        tasks.push_back({.name = any_of_group(group).name,
                         .count = group_middle(group, std::mem_fn(&models::TaskResult::count)),
                         .has_deadline = any_of_group(group).has_deadline,
                         .missed = group_middle(group, std::mem_fn(&models::TaskResult::missed)),
                         .turnaround = pooled(group, &models::TaskResult::turnaround)});
    return tasks;
}

std::optional<models::LockResult> merge_locks(const Results& results) {
    Group<models::LockResult> locks;
    for (const auto& result : results)
        if (result.lock) locks.push_back(&*result.lock);
    if (locks.empty()) return std::nullopt;
    using Lock = models::LockResult;
    Lock merged{.held_share = group_median(locks, std::mem_fn(&Lock::held_share)),
                .counts = {},
                .waits = pooled(locks, &Lock::waits)};
    for (const auto& count : record::lock_counts)
        merged.counts.*count.field =
            group_middle(locks, [&](const Lock& one) { return one.counts.*count.field; });
    return merged;
}

models::CpuResult merge_cpus(const Results& results) {
    models::CpuResult cpu;
    std::size_t cpus = 0;
    for (const auto& result : results) cpus = std::max(cpus, result.cpu.utilization.size());
    for (std::size_t i = 0; i < cpus; ++i)
        cpu.utilization.push_back(median_of(results, [&](const Result& result) {
            return i < result.cpu.utilization.size() ? result.cpu.utilization[i] : 0.0;
        }));
    cpu.context_switches =
        middle_of(results, [](const Result& result) { return result.cpu.context_switches; });
    cpu.migrations = middle_of(results, [](const Result& result) { return result.cpu.migrations; });
    return cpu;
}

std::optional<models::QuotaResult> merge_quotas(const Results& results) {
    using Quota = models::QuotaResult;
    Group<Quota> quotas;
    for (const auto& result : results)
        if (result.quota) quotas.push_back(&*result.quota);
    if (quotas.empty()) return std::nullopt;
    const auto time = [&quotas](kernel::Duration Quota::*field) {
        return kernel::Duration{
            static_cast<kernel::Duration::rep>(group_middle(quotas, [field](const Quota& one) {
                return static_cast<std::uint64_t>((one.*field).count());
            }))};
    };
    return Quota{.periods = group_middle(quotas, std::mem_fn(&Quota::periods)),
                 .throttled_periods = group_middle(quotas, std::mem_fn(&Quota::throttled_periods)),
                 .throttled = time(&Quota::throttled),
                 .holder_throttled = time(&Quota::holder_throttled)};
}

std::vector<models::ObjectResult> merge_objects(const Results& results) {
    using Object = models::ObjectResult;
    std::vector<Object> objects;
    for (const auto& group : grouped(results, &Result::objects, std::mem_fn(&Object::name)))
        objects.push_back({.name = any_of_group(group).name,
                           .writes = group_middle(group, std::mem_fn(&Object::writes)),
                           .lost = group_middle(group, std::mem_fn(&Object::lost)),
                           .count_wait = kernel::Duration{static_cast<kernel::Duration::rep>(
                               group_middle(group, [](const Object& one) {
                                   return static_cast<std::uint64_t>(one.count_wait.count());
                               }))}});
    return objects;
}

std::vector<report::QueueFigures> merge_queues(const Results& results) {
    using Queue = models::QueueResult;
    std::vector<report::QueueFigures> queues;
    for (const auto& group : grouped(results, &Result::queues, std::mem_fn(&Queue::name)))
        queues.push_back({.name = any_of_group(group).name,
                          .length_max = group_middle(group, std::mem_fn(&Queue::length_max)),
                          .put_wait = group_median(
                              group, [](const Queue& it) { return kernel::seconds(it.put_wait); }),
                          .get_wait = group_median(group, [](const Queue& it) {
                              return kernel::seconds(it.get_wait);
                          })});
    return queues;
}

std::vector<models::DeviceResult> merge_devices(const Results& results) {
    using Device = models::DeviceResult;
    std::vector<Device> devices;
    for (const auto& group : grouped(results, &Result::devices, std::mem_fn(&Device::name)))
        devices.push_back({.name = any_of_group(group).name,
                           .served = group_middle(group, std::mem_fn(&Device::served)),
                           .utilization = group_median(group, std::mem_fn(&Device::utilization)),
                           .queue_max = group_middle(group, std::mem_fn(&Device::queue_max)),
                           .waits = pooled(group, &Device::waits),
                           .responses = pooled(group, &Device::responses)});
    return devices;
}

std::vector<report::MarkFigures> merge_marks(const Results& results) {
    using Mark = models::MarkResult;
    std::vector<report::MarkFigures> marks;
    const auto key = [](const Mark& mark) { return std::pair(mark.from, mark.to); };
    for (const auto& group : grouped(results, &Result::marks, key))
        marks.push_back(
            {.from = any_of_group(group).from,
             .to = any_of_group(group).to,
             .count = group_middle(group, [](const Mark& mark) { return mark.latency.count(); }),
             .rate_per_second = group_median(group, std::mem_fn(&Mark::rate_per_second)),
             .latency = pooled(group, &Mark::latency)});
    return marks;
}

/// Of each kind, the words of the first replication that found it, and in how
/// many it was found, if not in all.
std::vector<models::Finding> merge_findings(const Results& results) {
    struct Kind {
        std::size_t first = 0;
        std::size_t last = 0;
        std::size_t replications = 0;
    };
    std::vector<std::string> order;
    std::map<std::string, Kind> kinds;
    for (std::size_t replication = 0; replication < results.size(); ++replication)
        for (const auto& finding : results[replication].findings) {
            auto [place, fresh] = kinds.try_emplace(finding.kind, Kind{.first = replication});
            if (fresh) order.push_back(finding.kind);
            auto& kind = place->second;
            if (fresh || kind.last != replication) ++kind.replications;
            kind.last = replication;
        }
    std::vector<models::Finding> findings;
    for (const auto& name : order) {
        const auto& kind = kinds.at(name);
        for (auto finding : results[kind.first].findings) {
            if (finding.kind != name) continue;
            if (kind.replications < results.size())
                finding.text +=
                    fmt::format(" (in {} of {} replications)", kind.replications, results.size());
            findings.push_back(std::move(finding));
        }
    }
    return findings;
}

/// The replication whose words stand for all: the first that was not done;
/// else the one with the median makespan (of two, the shorter).
const Result& representative(const Results& results) {
    const auto failed = std::find_if(results.begin(), results.end(), [](const Result& result) {
        return result.ended != models::Ended::done;
    });
    if (failed != results.end()) return *failed;
    std::vector<const Result*> order;
    for (const auto& result : results) order.push_back(&result);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->makespan < b->makespan; });
    return *order[(order.size() - 1) / 2];
}

void merge_makespan(const Results& results, report::StrategyOutcome& row) {
    row.makespan_lower = median_of(results, [](const Result& result) {
        return kernel::seconds(result.bounds.makespan_lower);
    });
    if (row.ended != models::Ended::done) return;
    std::vector<double> makespans;
    for (const auto& result : results) {
        kernel::check(result.makespan.has_value(), "a strategy that is done has a makespan");
        makespans.push_back(kernel::seconds(*result.makespan));
    }
    row.makespan = stats::median(makespans);
    if (makespans.size() >= 2) row.makespan_ci95 = stats::bootstrap_median_ci95(makespans);
}

report::StrategyOutcome row_of(const models::Case& question) {
    report::StrategyOutcome row;
    row.strategy = question.strategy;
    row.assumptions = {.machine = question.machine.name,
                       .policy = question.os.policy,
                       .interpreter = question.runtime.name,
                       .lock = question.runtime.lock,
                       .costs = question.machine.costs_origin};
    return row;
}

}  // namespace

report::StrategyOutcome merge(const models::Case& question, const Results& results) {
    auto row = row_of(question);
    if (question.unavailable) {
        row.ended = models::Ended::unavailable;
        row.reason = question.unavailable;
        return row;
    }
    kernel::check(!results.empty(), "a strategy has at least one replication");
    const auto& chosen = representative(results);
    row.replications = static_cast<std::uint32_t>(results.size());
    row.ended = chosen.ended;
    row.reason = chosen.reason;
    row.why = chosen.why;
    merge_makespan(results, row);
    row.throughput = median_of(results, std::mem_fn(&Result::throughput));
    row.totals = merge_totals(results);
    row.by_task = merge_tasks(results);
    row.lock = merge_locks(results);
    row.cpu = merge_cpus(results);
    row.quota = merge_quotas(results);
    row.objects = merge_objects(results);
    row.queues = merge_queues(results);
    row.devices = merge_devices(results);
    row.memory_peak = middle_of(results, std::mem_fn(&Result::memory_peak));
    row.threads = results.front().threads;
    row.instances = results.front().instances;
    row.completion_order = results.front().completion_order;
    row.marks = merge_marks(results);
    row.findings = merge_findings(results);
    row.stated = results.front().stated;
    return row;
}

}  // namespace interlock::experiment
