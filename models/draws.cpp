// Whether anything of a case is drawn, so that its replications differ.

#include <algorithm>

#include "models/cast.hpp"
#include "models/os/policy_table.hpp"
#include "models/predict.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;

/// The os policy draws lots, or notices the end of a slice at ticks whose phase is drawn.
bool policy_draws(const Case& question) {
    if (os::policy_named(question.os.policy).draws) return true;
    return question.os.hz.value_or(os::policy_named(question.os.policy).hz) != 0;
}

/// What an operation takes of a device, or whether it finds its data in memory.
bool devices_draw(const Case& question) {
    const auto& names = question.workload.devices;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto& device =
            question.machine.devices[*hardware::find_device(question.machine, name)];
        return device.service.drawn() || device.latency.drawn() ||
               (device.cache && device.cache->hits > 0 && device.cache->hits < 1);
    });
}

bool load_draws(const Case& question) {
    const auto& all = question.os.load;
    return std::any_of(all.begin(), all.end(), [](const os::OtherLoad& load) {
        return load.busy.drawn() || (load.idle && load.idle->drawn());
    });
}

}  // namespace

bool random(const Case& question) {
    const auto& costs = question.machine.costs;
    const bool wakes = costs.wake_spread > 0 && costs.wake_idle_brief + costs.wake_idle_short +
                                                        costs.wake_idle_long +
                                                        costs.timer_interrupt >
                                                    Duration::zero();
    const bool cools = costs.cold_timed_wait + costs.cold_wait + costs.cold_wait_busy +
                           costs.cold_wake + costs.cold_wake_busy + costs.cold_send +
                           costs.cold_receive + costs.cold_timer >
                       Duration::zero();
    const bool balances = costs.new_idle_pull < 1 || costs.idle_balance > Duration::zero();
    return !question.unavailable &&
           (wakes || cools || balances || devices_draw(question) ||
            costs.line_transfer > Duration::zero() || watches_results(question) ||
            policy_draws(question) || load_draws(question) || workload::random(question.workload));
}

}  // namespace interlock::models
