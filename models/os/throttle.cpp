// How a quota of CPU time stops CPUs, and lets them go on.

#include <algorithm>
#include <utility>

#include "models/os/system.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::EventClass;
using kernel::Time;

/// Whether the CPU has run time left, or is given some: of this period, if there was one that
/// nobody looked at.
bool System::draws_run_time(CpuId id) {
    auto& here = cpu(id);
    if (here.throttled) return false;
    if (here.run_time > Duration::zero()) return true;
    arm_refill();
    return bandwidth_->draw(here.run_time);
}

/// Nobody runs there until it is given what it owes. Who waits in a queue for all may run
/// on another CPU.
void System::throttle(CpuId id) {
    auto& here = cpu(id);
    if (here.throttled) return;
    here.throttled = throttled_in_period_ = true;
    throttled_.push_back(id);
    record(record::Kind::cpu_throttled, 0, static_cast<std::uint32_t>(id), 1);
    arm_refill();
    if (!global_ || policy_->queued(queue_of(id)) == 0) return;
    for (std::uint32_t i = 0; i < cpus_.size(); ++i)
        if (cpus_[i].idle && !cpus_[i].throttled && cpus_[i].run_time > Duration::zero())
            return rouse(CpuId{i}, std::nullopt);
}

/// A thread begins to run there: it is looked at again when its run time may be used up.
void System::look_at_quota(CpuId id) {
    auto& here = cpu(id);
    const auto at = ticks_.from(now() + std::max(here.run_time, Duration{1}));
    simulation_.calendar().cancel(here.quota);
    here.quota = simulation_.calendar().schedule(
        at, EventClass::tick,
        {static_cast<std::uint32_t>(EventKind::quota), static_cast<std::uint32_t>(id)});
    arm_refill();
}

void System::quota_event(CpuId id) {
    auto& here = cpu(id);
    here.quota = {};
    if (!here.current) return;
    charge(id);
    if (has_run_time(id)) return arm_quota(id);
    here.reschedule = true;
    here.reason = Joining::preempted;
    to_dispatch_.insert(id);
}

/// It goes idle: what it does not keep is the pool's, and a little later that of the throttled.
void System::give_quota_back(CpuId id) {
    auto& here = cpu(id);
    simulation_.calendar().cancel(here.quota);
    here.quota = {};
    bandwidth_->give_back(here.run_time);
    if (slack_ || throttled_.empty() || bandwidth_->pool() <= Bandwidth::slice) return;
    if (period_end_ - now() <= Bandwidth::slack + Bandwidth::too_late) return;
    slack_ = simulation_.calendar().schedule(now() + Bandwidth::slack, EventClass::timer,
                                             {static_cast<std::uint32_t>(EventKind::slack), 0});
}

/// The periods follow one another from time 0; none is looked at while nothing runs.
void System::arm_refill() {
    if (refill_) return;
    const auto period = bandwidth_->period();
    const auto passed = now().time_since_epoch() / period;
    const auto end = Time{period * (passed + 1)};
    if (end - period > period_end_) bandwidth_->fill();  // of the time nobody looked at
    period_end_ = end;
    refill_ = simulation_.calendar().schedule(end, EventClass::timer,
                                              {static_cast<std::uint32_t>(EventKind::refill), 0});
}

void System::refill() {
    refill_ = {};
    ++quota_use_.periods;
    if (throttled_in_period_) ++quota_use_.throttled_periods;
    bandwidth_->fill();
    distribute();
    throttled_in_period_ = !throttled_.empty();
    const bool busy = std::any_of(cpus_.begin(), cpus_.end(), [](const Cpu& one) {
        return one.current.has_value() || one.waking;
    });
    if (busy || throttled_in_period_ || !to_dispatch_.empty()) arm_refill();
}

/// Those that were throttled first go on first.
void System::distribute() {
    slack_ = {};
    const auto waiting = std::exchange(throttled_, {});
    for (const auto id : waiting) {
        auto& here = cpu(id);
        if (!bandwidth_->repay(here.run_time)) {
            throttled_.push_back(id);
            continue;
        }
        here.throttled = false;
        record(record::Kind::cpu_throttled, 0, static_cast<std::uint32_t>(id), 0);
        // Where it is noticed exactly, who runs would draw all before the 1 ns that it has is over.
        if (!ticks_ && policy_->queued(queue_of(id)) > 0) bandwidth_->draw(here.run_time);
        if (policy_->queued(queue_of(id)) == 0) continue;
        if (here.idle)
            rouse(id, std::nullopt);
        else
            to_dispatch_.insert(id);
    }
}

}  // namespace interlock::os
