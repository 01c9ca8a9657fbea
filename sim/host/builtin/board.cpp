#include "sim/host/builtin/board.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace interlock::host::builtin {

Board::Board(const Plan& plan, std::vector<std::uint32_t> instances, std::function<double()> now)
    : plan_(plan), now_(std::move(now)), left_(std::move(instances)) {}

bool Board::ready(std::uint32_t instance) const {
    const auto& one = plan_.instances[instance];
    for (const auto& after : plan_.tasks[one.task].after)
        for (std::uint32_t i = 0; i < plan_.instances.size(); ++i) {
            const auto& other = plan_.instances[i];
            if (other.task != after.task || ended_.contains(i)) continue;
            if (!after.each || other.number == one.number) return false;
        }
    return true;
}

std::optional<std::uint32_t> Board::find(std::optional<double>& soonest) const {
    const auto now = now_();
    for (const auto instance : left_) {
        if (!ready(instance)) continue;
        const auto arrival = static_cast<double>(plan_.instances[instance].arrival_ns) * 1e-9;
        if (arrival <= now) return instance;
        soonest = std::min(soonest.value_or(arrival), arrival);
    }
    return std::nullopt;
}

void Board::remove(std::uint32_t instance) {
    left_.erase(std::find(left_.begin(), left_.end(), instance));
    if (left_.empty()) changed_.notify_all();
}

std::optional<std::uint32_t> Board::take() {
    std::unique_lock guard(mutex_);
    while (!left_.empty()) {
        std::optional<double> soonest;
        if (const auto found = find(soonest)) {
            remove(*found);
            return found;
        }
        if (soonest)
            changed_.wait_for(guard,
                              std::chrono::duration<double>(std::max(0.0, *soonest - now_())));
        else
            changed_.wait(guard);
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Board::take_ready() {
    const std::lock_guard guard(mutex_);
    std::optional<double> soonest;
    const auto found = find(soonest);
    if (found) remove(*found);
    return found;
}

void Board::end(std::uint32_t instance) {
    const std::lock_guard guard(mutex_);
    ended_.insert(instance);
    changed_.notify_all();
}

std::size_t Board::left() const {
    const std::lock_guard guard(mutex_);
    return left_.size();
}

bool Board::next_is_of(std::uint32_t task) const {
    const std::lock_guard guard(mutex_);
    return !left_.empty() && plan_.instances[left_.front()].task == task;
}

}  // namespace interlock::host::builtin
