#pragma once

// How many threads run or wait at each runqueue, and the least and the greatest of these
// numbers, kept as they change: with many CPUs it is asked more often than it is worth to look
// at all of them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/os/ids.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

class Loads {
public:
    explicit Loads(std::size_t runqueues)
        : loads_(runqueues, 0), with_{static_cast<std::uint32_t>(runqueues)} {}

    std::uint32_t of(RunqueueId queue) const { return loads_[index(queue)]; }
    std::uint32_t least() const { return least_; }
    std::uint32_t greatest() const { return greatest_; }

    void add(RunqueueId queue) {
        const auto load = loads_[index(queue)]++;
        if (load + 1 == with_.size()) with_.push_back(0);
        --with_[load];
        ++with_[load + 1];
        greatest_ = std::max(greatest_, load + 1);
        if (load == least_ && with_[load] == 0) ++least_;
    }
    void remove(RunqueueId queue) {
        const auto load = loads_[index(queue)]--;
        kernel::check(load > 0, "who leaves a runqueue was there");
        --with_[load];
        ++with_[load - 1];
        least_ = std::min(least_, load - 1);
        if (load == greatest_ && with_[load] == 0) --greatest_;
    }

private:
    std::vector<std::uint32_t> loads_;
    std::vector<std::uint32_t> with_;  // how many runqueues have 0, 1, 2, ... threads
    std::uint32_t least_ = 0;
    std::uint32_t greatest_ = 0;
};

}  // namespace interlock::os
