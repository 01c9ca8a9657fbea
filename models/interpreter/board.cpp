#include "models/interpreter/board.hpp"

#include <algorithm>
#include <functional>

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

Board::Board(const workload::Workload& workload, std::vector<workload::Instance> instances,
             std::vector<Unit> units)
    : instances_(std::move(instances)), units_(std::move(units)), unit_of_(instances_.size(), 0),
      missing_(units_.size(), 0), unfinished_(workload.tasks.size(), 0),
      first_instance_(workload.tasks.size(), 0), after_all_(workload.tasks.size()),
      after_each_(workload.tasks.size()) {
    for (std::uint32_t i = 0; i < instances_.size(); ++i) {
        const auto task = static_cast<std::size_t>(instances_[i].task);
        if (unfinished_[task]++ == 0) first_instance_[task] = i;
    }
    for (std::uint32_t task = 0; task < workload.tasks.size(); ++task)
        for (const auto& after : workload.tasks[task].after)
            (after.each ? after_each_ : after_all_)[static_cast<std::size_t>(after.task)].push_back(
                task);
    for (std::uint32_t u = 0; u < units_.size(); ++u) {
        const auto& unit = units_[u];
        if (!unit.starts_itself) ++to_take_;
        for (std::uint32_t i = unit.first; i < unit.first + unit.size; ++i) {
            unit_of_[i] = u;
            ++missing_[u];
            for (const auto& after :
                 workload.tasks[static_cast<std::size_t>(instances_[i].task)].after)
                if (unfinished_[static_cast<std::size_t>(after.task)] > 0) ++missing_[u];
        }
    }
}

std::optional<UnitId> Board::one_less(std::uint32_t unit) {
    kernel::check(missing_[unit] > 0, "a unit becomes ready once");
    return --missing_[unit] == 0 ? std::optional(UnitId{unit}) : std::nullopt;
}

std::optional<UnitId> Board::arrive(std::uint32_t instance) { return one_less(unit_of_[instance]); }

std::vector<UnitId> Board::finish(std::uint32_t instance) {
    std::vector<UnitId> ready;
    const auto& finished = instances_[instance];
    const auto task = static_cast<std::size_t>(finished.task);
    for (const auto follower : after_each_[task])
        if (const auto unit = one_less(unit_of_[first_instance_[follower] + finished.number]))
            ready.push_back(*unit);
    kernel::check(unfinished_[task] > 0, "an instance finishes once");
    if (--unfinished_[task] > 0) return ready;
    for (const auto follower : after_all_[task])
        for (auto i = first_instance_[follower]; i < instances_.size(); ++i) {
            if (static_cast<std::uint32_t>(instances_[i].task) != follower) break;
            if (const auto unit = one_less(unit_of_[i])) ready.push_back(*unit);
        }
    return ready;
}

void Board::offer(UnitId id) {
    ready_.push_back(static_cast<std::uint32_t>(id));
    std::push_heap(ready_.begin(), ready_.end(), std::greater<>());
}

std::optional<UnitId> Board::take() {
    if (ready_.empty()) return std::nullopt;
    std::pop_heap(ready_.begin(), ready_.end(), std::greater<>());
    const UnitId unit{ready_.back()};
    ready_.pop_back();
    --to_take_;
    return unit;
}

}  // namespace interlock::interpreter
