// Who runs where: waking, choosing, switching.

#include <algorithm>
#include <utility>

#include "models/os/system.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::EventClass;
using kernel::Time;

ThreadId System::create(std::uint32_t process, const Facts& how, kernel::Maybe<ThreadId> parent,
                        Allowed allowed) {
    const ThreadId id{static_cast<std::uint32_t>(threads_.size())};
    threads_.emplace_back();
    sleeps_until_.emplace_back();
    threads_.back().facts = how;
    if (!policy_->real_time(how.scheduling)) threads_.back().weight = weight_of(how);
    record(record::Kind::thread_created, static_cast<std::uint32_t>(id), process, 0);
    pins_ = pins_ || !allowed.all();
    idle_class_ = idle_class_ || how.scheduling.kind == SchedulingClass::idle;
    threads_.back().cpu = place_new(parent, how, allowed);
    threads_.back().allowed = std::move(allowed);
    begin_use(threads_.back(), parent.has_value());
    wake(id, Joining::started, std::nullopt);
    return id;
}

void System::set_deadline(ThreadId id, Time deadline) {
    auto& me = thread(id);
    if (me.facts.deadline == deadline) return;
    me.facts.deadline = deadline;
    // Compared anew with those that wait.
    if (me.place == Place::running) interrupted(me.cpu);
}

const Facts& System::facts(ThreadId id) {
    auto& me = thread(id);
    if (!needs_burst_) return me.facts;
    me.facts.burst = driver_.burst(id);
    if (!me.in_operation) return me.facts;
    if (me.place == Place::running) update_progress(me, cpu(me.cpu));
    me.facts.burst.value += me.left.value + me.withheld.value;
    return me.facts;
}

void System::wake(ThreadId id, Joining why, kernel::Maybe<CpuId> waker, bool sync) {
    kernel::check(thread(id).place == Place::away, "a thread that is woken was away");
    auto& me = thread(id);
    const auto where = why == Joining::started ? me.cpu : place(id, waker, sync);
    load_comes(me, where);
    if (waker && *waker == where) me.debt.value += Work::of(costs_.wake_same).value;
    me.place = Place::queued;
    const bool by_thread = me.operation.verb == Verb::futex_wait && me.outcome == Outcome::done;
    record(record::Kind::thread_state, static_cast<std::uint32_t>(id),
           static_cast<std::uint32_t>(where),
           static_cast<std::uint64_t>(record::State::cpu_wait) +
               (by_thread ? record::woken_by_thread : 0));
    // As requeue_delayed_entity() of Linux: the lag of a thread that never left the queue is
    // judged by what was accounted before, at the latest at a tick.
    const bool stays = policy_->delayed(id);
    if (policy_->minds_newcomers() || policy_->queued(queue_of(where)) == 0)
        charge_queue(where, stays ? ticks_.up_to(now()) : now());
    policy_->enqueue(queue_of(where), id, why, facts(id));
    if (stays) charge_queue(where, now());
    ++waiting_;
    arm_release(where);
    notify(where, id, waker);
}

/// Threads of its queue that have used up a budget run again when they get another.
void System::arm_release(CpuId id) {
    const auto at = policy_->next_release(queue_of(id));
    if (!at) return;
    const auto first = global_ ? CpuId{0} : id;
    simulation_.calendar().cancel(cpu(first).release);
    cpu(first).release = simulation_.calendar().schedule(
        *at, EventClass::timer,
        {static_cast<std::uint32_t>(EventKind::release), static_cast<std::uint32_t>(first)});
}

void System::release(CpuId id) {
    cpu(id).release = {};
    charge_queue(id, now());
    while (const auto back = policy_->release(queue_of(id))) {
        loads_changed_ = true;
        const auto idle =
            global_ ? idle_cpu(thread(*back).allowed, all_cpus()) : kernel::Maybe<CpuId>(id);
        notify(idle ? *idle : id, *back, std::nullopt);
    }
    arm_release(id);
}

/// A thread was queued for this CPU (or, with a global queue, for any).
void System::notify(CpuId id, ThreadId queued, kernel::Maybe<CpuId> waker) {
    if (cpu(id).idle) return rouse(id, waker);
    if (!global_) {
        const auto& here = cpu(id);
        to_dispatch_.insert(id);
        if (here.current && policy_->preempts(queue_of(id), queued, *here.current))
            preempt(id, queued, waker);
        return;
    }
    if (!policy_->minds_newcomers() && policy_->queued(RunqueueId{0}) > 1) return;
    kernel::Maybe<CpuId> least;
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) {
        const auto& there = cpus_[i];
        to_dispatch_.insert(CpuId{i});
        if (!there.current || there.reschedule || there.interrupt) continue;
        if (!policy_->preempts(RunqueueId{0}, queued, *there.current)) continue;
        if (!least || policy_->more_urgent(*cpu(*least).current, *there.current)) least = CpuId{i};
    }
    if (least) preempt(*least, queued, waker);
}

/// The CPU of the waker switches when the call is done; another has to be interrupted,
/// which takes as long as it takes a CPU that polls to answer. One that is lazy is not
/// interrupted (PREEMPT_LAZY) but for a real-time thread: it sees at its next tick, or when a
/// call returns, that it should.
void System::preempt(CpuId id, ThreadId by, kernel::Maybe<CpuId> waker) {
    auto& here = cpu(id);
    const bool across = waker && *waker != id;
    const bool urgent = lazy_ && policy_->real_time(thread(by).facts.scheduling);
    if (across && (here.reschedule || (here.interrupt && !urgent))) return;  // it knows already
    if (urgent) forget_interrupt(here);
    if (across && lazy_ && !urgent) {
        here.interrupt = simulation_.calendar().schedule(
            ticks_.from(now() + Duration{1}), EventClass::tick,
            {static_cast<std::uint32_t>(EventKind::interrupt), static_cast<std::uint32_t>(id)});
        return;
    }
    if (across) disturb(*waker, costs_.wake_interrupt);
    const auto delay = across ? varied(costs_.wake_idle_brief) : Duration::zero();
    if (delay == Duration::zero()) return interrupted(id);
    here.interrupt = simulation_.calendar().schedule(
        now() + delay, EventClass::wake,
        {static_cast<std::uint32_t>(EventKind::interrupt), static_cast<std::uint32_t>(id)});
}

void System::interrupted(CpuId id) {
    auto& here = cpu(id);
    forget_interrupt(here);
    here.reschedule = true;
    here.reason = Joining::preempted;
    to_dispatch_.insert(id);
}

/// Whatever it came for is done, or is about to be.
void System::forget_interrupt(Cpu& cpu) {
    if (!cpu.interrupt) return;
    simulation_.calendar().cancel(cpu.interrupt);
    cpu.interrupt = {};
}

/// A delay of this mean, as the machine draws it.
Duration System::varied(Duration mean) {
    if (costs_.wake_spread == 0 || mean == Duration::zero()) return mean;
    const auto factor = 1 + costs_.wake_spread * (2 * noise_.uniform() - 1);
    return Duration{static_cast<Duration::rep>(static_cast<double>(mean.count()) * factor)};
}

/// An idle CPU answers after its way out of idle, the longer the deeper it slept.
void System::rouse(CpuId id, kernel::Maybe<CpuId> waker) {
    auto& here = cpu(id);
    set_idle(id, false);
    const auto idled = now() - here.idle_since;
    here.idled += idled;
    // It polls for a while before it halts, but not yet while it leaves its last thread.
    const bool polls = idled >= costs_.context_switch && idled < costs_.idle_short_after;
    if (!polls && waker) disturb(*waker, costs_.wake_interrupt);
    const auto delay = varied(polls                            ? costs_.wake_idle_brief
                              : idled > costs_.idle_long_after ? costs_.wake_idle_long
                                                               : costs_.wake_idle_short);
    if (delay == Duration::zero()) {
        to_dispatch_.insert(id);
        return;
    }
    here.waking = true;
    simulation_.calendar().schedule(
        now() + delay, EventClass::wake,
        {static_cast<std::uint32_t>(EventKind::idle_exit), static_cast<std::uint32_t>(id)});
}

void System::dispatch(CpuId id) {
    auto& here = cpu(id);
    if (here.waking || here.idle) return;
    const auto before = here.current;
    if (before) {
        if (!here.reschedule) return decide(id);
        charge(id);
        policy_->enqueue(queue_of(id), *before, here.reason, facts(*before));
        ++waiting_;
        here.reschedule = false;
        forget_interrupt(here);
        arm_release(id);
    }
    const bool may_run = waiting_ == 0 || has_run_time(id);
    if (may_run && policy_->urgent() > 0) pull_urgent(id);
    auto next = may_run ? pick(id) : kernel::Maybe<ThreadId>();
    if (!next && may_run && pulls_new_idle() && pull(id)) next = pick(id);
    if (before && next == before) {
        if (!thread(*before).in_operation && thread(*before).left.value == 0) advance(*before);
        return decide(id);
    }
    if (before) {
        auto& preempted = thread(*before);
        update_progress(preempted, here);
        preempted.place = Place::queued;
        record(record::Kind::thread_state, static_cast<std::uint32_t>(*before),
               static_cast<std::uint32_t>(id), static_cast<std::uint64_t>(record::State::cpu_wait));
        switch_out(id);
    }
    if (!may_run) throttle(id);
    if (!next) return go_idle(id);
    switch_in(id, *next);
}

/// Takes the next thread from its queue.
kernel::Maybe<ThreadId> System::pick(CpuId id) {
    const auto next = policy_->pick(queue_of(id));
    kernel::check(next || policy_->queued(queue_of(id)) == 0,
                  "no CPU idles while a thread waits in its queue");
    if (next) --waiting_;
    return next;
}

void System::switch_in(CpuId id, ThreadId thread_id) {
    auto& here = cpu(id);
    auto& me = thread(thread_id);
    kernel::check(me.place == Place::queued, "a thread that is picked was queued");
    kernel::check(!here.current, "a CPU runs one thread");
    const bool moved = me.cpu != id && !me.fresh &&
                       speeds_.core_of(static_cast<std::uint32_t>(me.cpu)) !=
                           speeds_.core_of(static_cast<std::uint32_t>(id));
    burden(me, Work::of(costs_.context_switch + (moved ? costs_.migration : Duration::zero())));
    burden(me, std::exchange(me.debt, {}));
    me.place = Place::running;
    if (follows_use_) {
        if (me.cpu != id) {
            const auto use = me.use.at(now());
            cpu(me.cpu).use.add(now(), -use);
            here.use.add(now(), use);
        }
        me.use.set(now(), true, waits_);
    }
    me.fresh = false;
    me.cpu = id;
    me.as_of = now();
    here.current = thread_id;
    here.charged_until = now();
    here.reschedule = false;
    if (!here.last) {  // comes out of idle
        here.use.set(now(), true, waits_);
        if (!timers_[index(id)].set.empty()) arm_timers(id);  // it ticks again
        const auto reach = speeds_.starts(static_cast<std::uint32_t>(id));
        if (reach != hardware::Speeds::Reach::nobody) mark_speeds(id, reach);
    }
    here.last = thread_id;
    if (speeds_.minds_work())
        set_work(id, me.in_operation ? footprint_of(me.operation) : plain_work);
    record(record::Kind::thread_state, static_cast<std::uint32_t>(thread_id),
           static_cast<std::uint32_t>(id), static_cast<std::uint64_t>(record::State::running));
    to_arm_.insert(id);
    arm_quota(id);
    if (me.left.value == 0) advance(thread_id);
    if (cpu(id).current) decide(id);
}

/// The current thread is no longer on the CPU.
void System::switch_out(CpuId id) {
    auto& here = cpu(id);
    auto& me = thread(*here.current);
    me.ran_until = now();
    if (caches_) follow_caches(caches_->stops(static_cast<std::uint32_t>(id), now()));
    if (follows_use_) me.use.set(now(), false, runs_);
    here.current.reset();
    here.decision.reset();
    here.reschedule = false;
    forget_interrupt(here);
}

void System::go_idle(CpuId id) {
    auto& here = cpu(id);
    to_arm_.insert(id);
    disarm_quota(id);
    set_idle(id, true);
    here.idle_since = now();
    loads_changed_ = true;
    if (here.last) {
        here.use.set(now(), false, runs_);
        const auto reach = speeds_.stops(static_cast<std::uint32_t>(id));
        if (reach != hardware::Speeds::Reach::nobody) mark_speeds(id, reach);
        here.last.reset();
    }
}

void System::set_idle(CpuId id, bool idle) {
    cpu(id).idle = idle;
    if (idle) {
        idle_cpus_.insert(id);
        ++idle_;
    } else {
        idle_cpus_.erase(id);
        --idle_;
        was_full_ = was_full_ || idle_ == 0;
    }
}

/// The CPU started, stopped, or does something else: who may go at another speed now.
void System::mark_speeds(CpuId id, hardware::Speeds::Reach reach) {
    const auto width = speeds_.threads_per_core();
    const auto first = speeds_.core_of(static_cast<std::uint32_t>(id)) * width;
    for (std::uint32_t i = 0; i < width; ++i) to_retime_.insert(CpuId{first + i});
    if (reach == hardware::Speeds::Reach::core) return;
    const auto begin = speeds_.socket_begin(static_cast<std::uint32_t>(id));
    for (auto i = begin; i < begin + speeds_.cpus_per_socket(); ++i)
        if (cpus_[i].last) to_retime_.insert(CpuId{i});
}

std::uint32_t System::footprint_of(const Operation& operation) {
    const bool has = operation.verb == Verb::run || operation.verb == Verb::yield;
    return has ? operation.object : plain_work;
}

/// What a CPU that runs works on from now on.
void System::set_work(CpuId id, std::uint32_t footprint) {
    const auto number = static_cast<std::uint32_t>(id);
    if (caches_)
        follow_caches(caches_->runs(number, static_cast<std::uint32_t>(*cpu(id).current),
                                    speeds_.footprint(footprint).working_set, now()));
    if (speeds_.minds_nodes()) {
        const auto home = home_of(*cpu(id).current, speeds_.footprint(footprint));
        if (speeds_.set_home(number, home)) to_retime_.insert(id);
    }
    if (speeds_.work_of(number) == footprint) return;
    speeds_.set_work(number, footprint);
    mark_speeds(id, hardware::Speeds::Reach::core);
}

/// Where the data lie that the thread works on.
hardware::Home System::home_of(ThreadId id, const workload::Footprint& footprint) {
    using Kind = workload::MemoryPolicy::Kind;
    auto& me = thread(id);
    switch (footprint.policy.kind) {
    case Kind::interleave: return std::nullopt;
    case Kind::bind: return footprint.policy.node;
    case Kind::local: break;
    }
    const auto here = speeds_.node_of(static_cast<std::uint32_t>(me.cpu));
    if (!me.home && footprint.uses_memory()) me.home = here;
    return me.home ? me.home : hardware::Home(here);
}

/// Who runs there became warm or cold, or will be warm at another time.
void System::follow_caches(const hardware::Caches::Changed& changed) {
    for (const auto number : changed) {
        auto& event = warm_ups_[number];
        simulation_.calendar().cancel(event);
        event = {};
        if (const auto at = caches_->warm_at(number))
            event = simulation_.calendar().schedule(
                *at, EventClass::timer, {static_cast<std::uint32_t>(EventKind::warm), number});
        speeds_.set_cold(number, caches_->cold(number));
        to_retime_.insert(CpuId{number});
    }
}

void System::warm_up(CpuId id) {
    const auto number = static_cast<std::uint32_t>(id);
    warm_ups_[number] = {};
    follow_caches(caches_->warms(number, now()));
}

void System::charge(CpuId id, Time until) {
    auto& here = cpu(id);
    if (!here.current || here.charged_until >= until) return;
    const auto ran = until - here.charged_until;
    here.charged_until = until;
    if (bandwidth_) here.run_time -= ran;
    policy_->charge(queue_of(id), *here.current, ran);
}

/// All that run from the queue of this CPU.
void System::charge_queue(CpuId id, Time until) {
    if (!global_) return charge(id, until);
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) charge(CpuId{i}, until);
}

/// When the policy is due to look at this CPU again.
void System::decide(CpuId id) {
    auto& here = cpu(id);
    if (!here.current) return;
    charge(id);
    const auto due = policy_->due(queue_of(id), *here.current);
    if (!due) {
        if (here.decision) to_arm_.insert(id);
        here.decision.reset();
        return;
    }
    // One that falls now and is still due is about to come.
    if (here.decision && *here.decision <= now() && *due <= Duration{1}) return;
    const auto at = ticks_.from(kernel::later(now(), std::max(*due, Duration{1})));
    if (here.decision && *here.decision == at) return;
    here.decision = at;
    to_arm_.insert(id);
}

}  // namespace interlock::os
