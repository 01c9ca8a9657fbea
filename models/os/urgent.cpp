// Real-time threads that wait are pushed at once to the CPU of the least urgent thread, if that is
// less urgent, and pulled by a CPU that is about to choose a less urgent one.

#include "models/os/system.hpp"

namespace interlock::os {

/// Before a CPU chooses: as pull_rt_task(), the most urgent of those that wait on other CPUs,
/// unless one that is as urgent waits here.
void System::pull_urgent(CpuId id) {
    if (global_) return;
    kernel::Maybe<CpuId> from;
    kernel::Maybe<ThreadId> most;
    if (policy_->urgent_in(queue_of(id)) > 0) most = policy_->queued_at(queue_of(id), 0);
    for (std::uint32_t c = 0; c < cpus_.size(); ++c) {
        if (CpuId{c} == id) continue;
        const auto queue = queue_of(CpuId{c});
        for (std::size_t i = 0; i < policy_->urgent_in(queue); ++i) {
            const auto waits = policy_->queued_at(queue, i);
            if (!thread(waits).allowed.has(id)) continue;
            // As pull_rt_task(): it has just been woken, and is about to run there.
            const auto& runs = cpus_[c].current;
            if (!runs || policy_->more_urgent(waits, *runs)) break;
            if (most && !policy_->more_urgent(waits, *most)) break;
            most = waits;
            from = CpuId{c};
            break;
        }
    }
    if (from) migrate(*from, id, *most);
}

/// After all have chosen: as push_rt_task(), one that waits goes where a less urgent one runs.
/// Whether there was any.
bool System::push_urgent() {
    if (global_) return false;
    for (std::uint32_t c = 0; c < cpus_.size(); ++c) {
        const CpuId from{c};
        const auto& here = cpus_[c];
        if (here.waking || here.interrupt) continue;  // it is about to choose
        for (std::size_t i = 0; i < policy_->urgent_in(queue_of(from)); ++i) {
            const auto waits = policy_->queued_at(queue_of(from), i);
            const auto to = less_urgent(waits, from);
            if (!to) continue;
            migrate(from, *to, waits);
            notify(*to, waits, std::nullopt);
            return true;
        }
    }
    return false;
}

/// As find_lowest_rq(): an idle CPU, or that of the least urgent thread.
kernel::Maybe<CpuId> System::less_urgent(ThreadId id, CpuId but) const {
    const auto& allowed = threads_[index(id)].allowed;
    if (const auto idle = idle_cpu(allowed, all_cpus())) return idle;
    kernel::Maybe<CpuId> least;
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) {
        const auto& there = cpus_[i];
        if (CpuId{i} == but || there.throttled || !allowed.has(CpuId{i})) continue;
        if (!there.current || there.reschedule || (there.interrupt && !lazy_)) continue;
        if (!policy_->more_urgent(id, *there.current)) continue;
        if (!least || policy_->more_urgent(*cpu(*least).current, *there.current)) least = CpuId{i};
    }
    return least;
}

}  // namespace interlock::os
