// What CPUs pull from each other, and push.
//
//   newly idle (`new_idle_pull` of the times), and at ticks while idle (after
//   `idle_balance`): from the end of the longest queue of its socket, else of the machine
//   busy, every 16 ms a CPU of the socket: one thread from a CPU of the socket with at least
//          two more; with one more after two failed tries, which is how three
//          equal threads share two CPUs evenly in the long run; from CPUs of other
//          sockets each so many times as there are sockets, for 16 ms a CPU of the machine
//
// A thread that ran less than 0.5 ms ago is cache-hot and stays, unless the
// pull failed before or the CPU is a sibling. A running thread is moved, after
// four failed tries, when a core is idle on which it would go faster: away from
// a busy sibling, or up to a performance core. Source followed: Linux 6.12
// kernel/sched/fair.c, sched_balance_newidle(), detach_tasks(), need_active_balance(), as the
// specification tells them (1.7, 1.8). Left out: load averages, the imbalance that balancing
// lets be between sockets, the cost limit of a new-idle pull.

#include <algorithm>
#include <optional>

#include "models/os/system.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;

namespace {

constexpr Duration migration_cost{500'000};
constexpr Duration default_tick{4'000'000};
constexpr Duration idle_interval_per_cpu{1'000'000};
constexpr std::uint32_t tries_before_force = 2;
constexpr std::uint32_t tries_before_push = 4;

}  // namespace

bool System::hot(ThreadId id, CpuId destination) const {
    const auto& me = threads_[index(id)];
    if (me.fresh || now() - me.ran_until >= migration_cost) return false;
    return speeds_.core_of(static_cast<std::uint32_t>(me.cpu)) !=
           speeds_.core_of(static_cast<std::uint32_t>(destination));
}

/// The CPU with the most threads, if it runs one while others wait there that may run here.
kernel::Maybe<CpuId> System::busiest(CpuId but, Span among) const {
    kernel::Maybe<CpuId> best;
    for (auto i = among.first; i < among.end; ++i) {
        const CpuId there{i};
        if (load(there) < (best ? load(*best) + 1 : 2) || there == but) continue;
        if (policy_->queued(queue_of(there)) == 0 || cpus_[i].throttled) continue;
        if (!pins_ || has_for(there, but)) best = there;
    }
    return best;
}

bool System::has_for(CpuId from, CpuId to) const {
    const auto queue = queue_of(from);
    for (std::size_t i = 0; i < policy_->queued(queue); ++i)
        if (threads_[index(policy_->queued_at(queue, i))].allowed.has(to)) return true;
    return false;
}

/// A CPU that goes idle looks near by first.
bool System::pull(CpuId id) {
    const auto near = socket_of(id);
    return pull(id, false, near) || (near.width() < cpus_.size() && pull(id, false, all_cpus()));
}

/// Moves a thread here from the busiest CPU.
bool System::pull(CpuId id, bool even_hot, Span among) {
    const auto from = busiest(id, among);
    if (!from) return false;
    const auto queue = queue_of(*from);
    for (std::size_t i = policy_->queued(queue); i-- > 0;) {
        const auto candidate = policy_->queued_at(queue, i);
        if (!thread(candidate).allowed.has(id) || (!even_hot && hot(candidate, id))) continue;
        migrate(*from, id, candidate);
        to_dispatch_.insert(*from);  // its decision may no longer be due
        cpu(id).failed_pulls = 0;
        return true;
    }
    return false;
}

/// From queue to queue.
void System::migrate(CpuId from, CpuId to, ThreadId id) {
    charge(from);
    charge(to);
    policy_->dequeue(queue_of(from), id, Leaving::migrated);
    policy_->enqueue(queue_of(to), id, Joining::migrated, facts(id));
    load_goes(thread(id));
    load_comes(thread(id), to);
}

/// While threads wait and the CPUs' loads differ, somebody looks: at the next
/// tick if a CPU idles, else at the interval of busy CPUs.
void System::arm_balance() {
    loads_changed_ = false;
    if (global_ || cpus_.size() == 1) return;
    const auto tick = ticks_.interval().value_or(default_tick);
    const auto arm = [&](Duration interval, bool sooner_stands) {
        auto at = ticks_.from(now() + interval);
        if (at <= now()) at = now() + tick;
        if (balance_ && (balance_at_ == at || (sooner_stands && balance_at_ < at))) return;
        balance_at_ = at;
        if (balance_) {
            simulation_.calendar().reschedule(balance_, at);
            return;
        }
        balance_ = simulation_.calendar().schedule(
            at, kernel::EventClass::timer, {static_cast<std::uint32_t>(EventKind::balance), 0});
    };
    const auto cpus = static_cast<Duration::rep>(speeds_.cpus_per_socket());
    const bool uneven = waiting_ > 0 && uneven_queues();
    if (!uneven || idle_ == 0) idle_balance_at_.reset();
    if (waiting_ == 0) {
        // One thread alone has no sibling, but its core may be a slow one.
        if (balance_ || !uneven_ || cpus_.size() - idle_ < (speeds_.uneven_cores() ? 1U : 2U))
            return;
        const auto core = idle_core();
        if (core && hampered(*core)) arm(idle_interval_per_cpu * cpus, true);
    } else if (uneven && idle_ > 0) {
        if (!idle_balance_at_) idle_balance_at_ = now() + idle_balance_delay(tick);
        arm(*idle_balance_at_ - now(), false);
    } else if (uneven) {
        arm(busy_interval_per_cpu * cpus - tick, true);
    }
}

bool System::uneven_queues() const {
    return loads_.greatest() > loads_.least() && loads_.greatest() >= 2;
}

Duration System::idle_balance_delay(Duration tick) {
    if (costs_.idle_balance == Duration::zero()) return tick;
    return noise_.between(Duration{1}, 2 * costs_.idle_balance);
}

/// Whether a CPU that goes idle looks at the others' threads.
bool System::pulls_new_idle() {
    if (global_ || waiting_ == 0) return false;
    return costs_.new_idle_pull >= 1 || noise_.uniform() < costs_.new_idle_pull;
}

/// A CPU of the fastest core of which all CPUs idle.
kernel::Maybe<CpuId> System::idle_core() const {
    if (idle_ == 0) return std::nullopt;
    const auto found = idle_cpu({}, all_cpus());
    if (!found || !speeds_.core_idle(speeds_.core_of(static_cast<std::uint32_t>(*found))))
        return std::nullopt;
    return found;
}

/// The CPU that would gain most if its thread ran on the idle core of `by`: what all cores
/// of a socket lose together is no reason to move.
kernel::Maybe<CpuId> System::hampered(CpuId by) const {
    auto least = speeds_.speed_of_core(speeds_.core_of(static_cast<std::uint32_t>(by)));
    kernel::Maybe<CpuId> worst;
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) {
        if (!cpus_[i].current || speeds_.by_place(i) >= least) continue;
        const auto& running = threads_[index(*cpus_[i].current)];
        if (!running.allowed.has(by) || policy_->real_time(running.facts.scheduling)) continue;
        worst = CpuId{i};
        least = speeds_.by_place(i);
    }
    return worst;
}

bool System::push() {
    const auto to = idle_core();
    const auto from = to ? hampered(*to) : std::nullopt;
    if (!from || !has_run_time(*to)) {
        failed_pushes_ = 0;
        return false;
    }
    if (++failed_pushes_ <= tries_before_push) return false;
    failed_pushes_ = 0;
    move_running(*from, *to);
    return true;
}

void System::move_running(CpuId from, CpuId to) {
    const auto id = *cpu(from).current;
    charge(from);
    update_progress(thread(id), cpu(from));
    policy_->enqueue(queue_of(from), id, Joining::preempted, facts(id));
    policy_->dequeue(queue_of(from), id, Leaving::migrated);
    thread(id).place = Place::queued;
    record(record::Kind::thread_state, static_cast<std::uint32_t>(id),
           static_cast<std::uint32_t>(from), static_cast<std::uint64_t>(record::State::cpu_wait));
    vacate(from);
    policy_->enqueue(queue_of(to), id, Joining::migrated, facts(id));
    load_goes(thread(id));
    load_comes(thread(id), to);
    kernel::check(policy_->pick(queue_of(to)) == id,
                  "an idle CPU takes the thread that is moved to it");
    set_idle(to, false);
    switch_in(to, id);
}

/// One move an interval: the next sees what it did. When it is their turn, other sockets come
/// first, for in one that is uneven in itself some thread always moves.
bool System::balanced(bool far) {
    const bool sockets = searches_.size() > 1;
    for (std::uint32_t i = 0; far && sockets && i < cpus_.size(); ++i)
        if (balance_cpu(CpuId{i}, all_cpus())) return true;
    for (std::uint32_t i = 0; i < cpus_.size(); ++i)
        if (balance_cpu(CpuId{i}, socket_of(CpuId{i}))) return true;
    return false;
}

void System::balance() {
    balance_ = {};
    loads_changed_ = true;
    idle_balance_at_.reset();
    const bool far = ++balanced_near_ >= searches_.size();
    if (far) balanced_near_ = 0;
    if (balanced(far)) return;
    idle_balance_at_ = now() + ticks_.interval().value_or(default_tick);  // tried again
    push();
}

bool System::balance_cpu(CpuId id, Span among) {
    auto& here = cpu(id);
    const auto from = busiest(id, among);
    if (here.waking || here.throttled || !from || load(*from) <= load(id)) return false;
    const bool force = here.failed_pulls >= tries_before_force;
    if (!here.idle && load(*from) - load(id) == 1 && !force) {
        ++here.failed_pulls;
        return false;
    }
    if (here.idle && !has_run_time(id)) return false;
    if (here.idle) {
        // The tick that found it idle has woken it: no further delay.
        set_idle(id, false);
        const auto pulled = pull(id, force, among) ? pick(id) : kernel::Maybe<ThreadId>();
        if (!pulled) {
            ++here.failed_pulls;
            set_idle(id, true);
            return false;
        }
        switch_in(id, *pulled);
        return true;
    }
    if (pull(id, force, among)) {
        to_dispatch_.insert(id);
        return true;
    }
    ++here.failed_pulls;
    return false;
}

}  // namespace interlock::os
