#pragma once

// Which work is ready. A unit is what a worker takes at a time: one task, or a
// chunk of them. A unit is ready when every task of it has arrived and what
// it comes `after` has finished; of the ready ones the first in file order is
// taken first.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/workload/program.hpp"

namespace interlock::interpreter {

enum class UnitId : std::uint32_t {};

/// Consecutive instances of one task, by number in file order.
struct Unit {
    std::uint32_t first = 0;
    std::uint32_t size = 1;
    bool starts_itself =
        false;  ///< runs in a thread that nobody starts: `process`, and the strategy `direct`
};

class Board {
public:
    Board(const workload::Workload& workload, std::vector<workload::Instance> instances,
          std::vector<Unit> units);

    const std::vector<workload::Instance>& instances() const { return instances_; }
    const Unit& unit(UnitId id) const { return units_[static_cast<std::size_t>(id)]; }
    std::size_t units() const { return units_.size(); }

    /// The instance has come. Its unit, if that makes it ready.
    std::optional<UnitId> arrive(std::uint32_t instance);

    /// The instance has finished. The units that become ready by it.
    std::vector<UnitId> finish(std::uint32_t instance);

    /// A unit that became ready and does not start itself waits to be taken.
    void offer(UnitId id);
    std::optional<UnitId> take();
    /// What would be taken.
    std::optional<UnitId> next() const {
        return ready_.empty() ? std::nullopt : std::optional(UnitId{ready_.front()});
    }

    /// Nothing is left that could ever be taken.
    bool exhausted() const { return to_take_ == 0; }

private:
    std::optional<UnitId> one_less(std::uint32_t unit);

    std::vector<workload::Instance> instances_;
    std::vector<Unit> units_;
    std::vector<std::uint32_t> unit_of_;         // of an instance
    std::vector<std::uint32_t> missing_;         // of a unit: arrivals and tasks it waits for
    std::vector<std::uint32_t> unfinished_;      // of a task: instances
    std::vector<std::uint32_t> first_instance_;  // of a task
    std::vector<std::vector<std::uint32_t>> after_all_;  // of a task: tasks that wait for all of it
    std::vector<std::vector<std::uint32_t>>
        after_each_;                    // of a task: tasks whose instances wait for one each
    std::vector<std::uint32_t> ready_;  // heap of units, the least first
    std::size_t to_take_ = 0;
};

}  // namespace interlock::interpreter
