#include "sim/host/visits.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "models/workload/uses.hpp"
#include "sim/host/plan.hpp"

namespace interlock::host {

using namespace workload;

namespace {

constexpr std::uint64_t draws_max = 1'000'000;

template <typename Id>
std::uint32_t number(Id id) {
    return static_cast<std::uint32_t>(id);
}

}  // namespace

Visits::Visits(const Workload& work, const std::vector<Instance>& instances)
    : work_(work), instances_(instances), putting_(puts_of_programs(work)),
      puts_(work.queues.size()) {}

const Visits::Of& Visits::of(std::uint32_t program) {
    const auto known = known_.find(program);
    if (known != known_.end()) return known->second;
    if (!open_.insert(program).second)
        throw Unplannable("programs and queues that feed each other have no bound to plan for");
    Of found;
    walk(work_.programs[program].steps, 1, found);
    return known_.emplace(program, std::move(found)).first->second;
}

/// By all instances.
std::uint64_t Visits::puts(std::uint32_t queue) {
    if (puts_[queue]) return *puts_[queue];
    std::uint64_t sum = 0;
    for (const auto& instance : instances_) {
        const auto program = number(work_.tasks[number(instance.task)].program);
        if (putting_[program][queue]) sum += of(program).puts.at(queue);
    }
    puts_[queue] = sum;
    return sum;
}

void Visits::add(std::uint64_t& to, std::uint64_t count) {
    to += count;
    all_ += count;
    if (all_ > draws_max)
        throw Unplannable(fmt::format("more than {} draws to hand over", draws_max));
}

void Visits::walk(const std::vector<Step>& steps, std::uint64_t times, Of& found) {
    for (const auto& step : steps) {
        const auto* amount = amount_of(step.kind);
        if (amount != nullptr && amount->shape != Shape::constant)
            add(found.places[step.place], times);
        if (const auto* it = std::get_if<Put>(&step.kind)) found.puts[number(it->queue)] += times;
        if (const auto* it = std::get_if<Repeat>(&step.kind))
            walk(it->steps, times * it->count, found);
        if (const auto* it = std::get_if<Each>(&step.kind))
            walk(it->steps, puts(number(it->queue)), found);
        if (const auto* it = std::get_if<Choose>(&step.kind)) {
            add(found.places[step.place], times);
            for (const auto& branch : it->branches) walk(branch.steps, times, found);
        }
        if (const auto* it = std::get_if<Spawn>(&step.kind)) spawn(*it, times, found);
    }
}

void Visits::spawn(const Spawn& it, std::uint64_t times, Of& found) {
    const auto& child = of(number(it.program));
    std::uint64_t count = 0;
    add(count, times * it.count);
    found.spawned.insert(found.spawned.end(), count, number(it.program));
    for (const auto& [queue, puts] : child.puts) found.puts[queue] += puts * count;
}

}  // namespace interlock::host
