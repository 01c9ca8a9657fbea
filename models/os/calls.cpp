// What threads ask of the os: each operation costs CPU time, and takes effect
// at the end of it.

#include <algorithm>
#include <array>
#include <utility>

#include "models/os/system.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::EventClass;
using kernel::Time;

namespace {

/// Field by field: the operation was written so just now, and a wider read
/// would wait for the stores.
void keep(Operation& to, const Operation& from) {
    to.verb = from.verb;
    to.interruptible = from.interruptible;
    to.sync = from.sync;
    to.waiting = from.waiting;
    to.object = from.object;
    to.value = from.value;
    to.timeout = from.timeout;
    to.time = from.time;
    to.work = from.work;
}

}  // namespace

/// The thread runs and its burst is over: goes on until an operation takes
/// time or takes it off the CPU. `ahead`: all but this CPU is armed, so that
/// what ends before anything else can happen need not wait in the calendar.
void System::advance(ThreadId id, Ahead ahead) {
    if (thread(id).in_operation) {
        thread(id).in_operation = false;
        if (!take_effect(id)) return;
    }
    while (!stopped_) {
        if (++operations_ > operations_max) return;  // System::run reports it
        if (!issue(id, ahead)) return;
    }
}

/// The next operation, of the C library's call if the thread is in one.
/// Whether the thread goes on: see take_effect().
bool System::issue(ThreadId id, Ahead ahead) {
    if (auto& me = thread(id); me.call.verb != Verb::done) {
        const auto operation = library_.next(me.call, me.outcome, now());
        if (operation.verb != Verb::done) return start(id, operation, ahead);
        me.outcome = me.call.timed_out ? Outcome::timed_out : Outcome::done;
        me.call.verb = Verb::done;
    }
    const auto operation = driver_.next(id, thread(id).outcome);
    if (!CLibraryState::is_call(operation.verb)) return start(id, operation, ahead);
    auto& me = thread(id);  // the driver may have created threads
    if (comes_from_elsewhere(operation, me.cpu)) me.debt.value += line_transfer().value;
    if (operation.timeout)
        me.debt.value += Work::of(costs_.timed_wait).value + cold(me.cpu, Warmth::timed_wait).value;
    me.call = library_.begin(operation, now());
    me.outcome = Outcome::done;
    return true;
}

bool System::start(ThreadId id, const Operation& operation, Ahead ahead) {
    auto& me = thread(id);
    keep(me.operation, operation);
    auto work = operation.work;
    work.value += Work::of(price(operation)).value + std::exchange(me.debt, {}).value;
    if (const auto kind = warmth_of(operation.verb)) work.value += cold(me.cpu, *kind).value;
    if (work.value != 0 && (ahead == Ahead::no || !runs_ahead(me.cpu, work))) {
        begin_burst(me, work);
        return false;
    }
    me.withheld = {};
    return take_effect(id);
}

/// Moves the time to the end of a burst of `work`, if nothing can happen before.
bool System::runs_ahead(CpuId id, Work work) {
    if (!to_dispatch_.empty() || !to_retime_.empty() || loads_changed_) return false;
    if (!to_arm_.none_but(id)) return false;
    const auto& here = cpu(id);
    if (speeds_.minds_work() && speeds_.work_of(static_cast<std::uint32_t>(id)) !=
                                    footprint_of(thread(*here.current).operation))
        return false;
    const auto end = kernel::later(now(), work.time_at(here.speed));
    return !(here.decision && *here.decision <= end) && passes_calendar_by(end);
}

/// Evenly from nothing to twice the price: how far away the line is, and in
/// what state, differs each time. Who wins a drop turns on such moments; without
/// their noise the waiters would lock into one pattern for ever.
Work System::line_transfer() {
    const auto mean = costs_.line_transfer;
    if (mean == Duration::zero()) return {};
    return Work::of(noise_.between(Duration::zero(), 2 * mean));
}

/// A CPU that computed or idled for long finds the way into the kernel cold: so
/// a requester holds the lock's mutex for a while, and the holder meets it. Evenly
/// from nothing to twice the price, as measured: the quartiles of the first calls
/// after 10 ms lay at 0.4 to 0.7 and 1.3 to 1.6 of the median.
Work System::cold(CpuId id, Warmth kind) {
    struct Price {
        Duration hardware::Costs::*idle;
        Duration hardware::Costs::*busy;
    };
    using hardware::Costs;
    static constexpr std::array prices{
        Price{&Costs::cold_timed_wait, &Costs::cold_timed_wait},
        Price{&Costs::cold_wait, &Costs::cold_wait_busy},
        Price{&Costs::cold_wake, &Costs::cold_wake_busy},
        Price{&Costs::cold_send, &Costs::cold_send},
        Price{&Costs::cold_receive, &Costs::cold_receive},
    };
    static_assert(prices.size() == warmths);
    const auto price = prices[static_cast<std::size_t>(kind)];
    const auto idle_price = costs_.*price.idle;
    const auto busy_price = costs_.*price.busy;
    if (idle_price == Duration::zero() && busy_price == Duration::zero()) return {};
    auto& here = cpu(id);
    const auto last = std::exchange(here.warm[static_cast<std::size_t>(kind)],
                                    {.at = now(), .idled = here.idled});
    const auto pause = now() - last.at;
    if (pause == Duration::zero()) return {};
    const auto idled = here.idled - last.idled;
    const auto full = std::max(costs_.cold_after, Duration{1});
    // The price of either, by its share of the pause; in proportion after a shorter one.
    const auto all =
        static_cast<kernel::Wide>(idle_price.count()) * static_cast<kernel::Wide>(idled.count()) +
        static_cast<kernel::Wide>(busy_price.count()) *
            static_cast<kernel::Wide>((pause - idled).count());
    const Duration mean{
        static_cast<Duration::rep>(all / static_cast<kernel::Wide>(std::max(pause, full).count()))};
    return Work::of(noise_.between(Duration::zero(), 2 * mean));
}

kernel::Maybe<System::Warmth> System::warmth_of(Verb verb) {
    switch (verb) {
    case Verb::futex_wait: return Warmth::futex_wait;
    case Verb::futex_wake: return Warmth::futex_wake;
    case Verb::send: return Warmth::send;
    case Verb::receive: return Warmth::receive;
    default: return {};
    }
}

/// Whether another CPU touched the object last; this one does now.
bool System::comes_from_elsewhere(const Operation& operation, CpuId cpu) {
    const bool mutex = operation.verb == Verb::mutex_lock || operation.verb == Verb::mutex_unlock;
    const bool semaphore =
        operation.verb == Verb::semaphore_wait || operation.verb == Verb::semaphore_post;
    auto& touched = mutex       ? mutexes_touched_
                    : semaphore ? semaphores_touched_
                                : conditions_touched_;
    if (operation.object >= touched.size()) touched.resize(operation.object + 1, cpu);
    return std::exchange(touched[operation.object], cpu) != cpu;
}

bool System::is_system_call(Verb verb) {
    return verb != Verb::run && verb != Verb::nothing && verb != Verb::exit;
}

Duration System::timer_price(const Operation& operation) const {
    return operation.timeout ? costs_.futex_timer : Duration::zero();
}

Duration System::price(const Operation& operation) const {
    switch (operation.verb) {
    case Verb::futex_wait: return costs_.futex_wait / 2 + timer_price(operation) / 2;
    case Verb::futex_wake:
        return sleepers_.empty(FutexId{operation.object}) ? costs_.syscall : costs_.futex_wake;
    case Verb::sleep:
    case Verb::device:
    case Verb::io:
    case Verb::yield: return costs_.syscall;
    case Verb::exit: return costs_.thread_exit;
    default: return Duration::zero();
    }
}

/// Whether the thread goes on running.
bool System::take_effect(ThreadId id) {
    auto& me = thread(id);
    const auto& operation = me.operation;
    if (lazy_ && cpu(me.cpu).interrupt && is_system_call(operation.verb)) interrupted(me.cpu);
    switch (operation.verb) {
    case Verb::run:
        me.outcome = me.withheld.value != 0 ? Outcome::interrupted : Outcome::done;
        return true;
    case Verb::send:
    case Verb::receive: me.outcome = Outcome::done; return true;
    case Verb::futex_wait: return sleep_on(id, FutexId{operation.object});
    case Verb::futex_wake:
        me.outcome = Outcome::done;
        for (std::uint32_t i = 0;
             i < operation.value && !sleepers_.empty(FutexId{operation.object}); ++i)
            wake_first(FutexId{operation.object}, me.cpu, operation.sync);
        return true;
    case Verb::sleep:
    case Verb::io: {
        me.outcome = Outcome::done;
        if (operation.time == Duration::zero()) return true;
        if (operation.verb == Verb::sleep)
            sleep_until(id, kernel::later(now(), operation.time));
        else
            me.io = simulation_.calendar().schedule(
                kernel::later(now(), operation.time), EventClass::timer,
                {static_cast<std::uint32_t>(EventKind::io), static_cast<std::uint32_t>(id)});
        block(id, operation.waiting);
        return false;
    }
    case Verb::device:
        me.outcome = Outcome::done;
        if (ask(Client::of(static_cast<std::uint32_t>(id)), driver_.device_call(id))) return true;
        block(id, operation.waiting);
        return false;
    case Verb::yield: {
        auto& here = cpu(me.cpu);
        me.outcome = Outcome::done;
        here.reschedule = true;
        here.reason = Joining::yielded;
        to_dispatch_.insert(me.cpu);
        return false;
    }
    case Verb::exit: leave(id); return false;
    case Verb::nothing: me.outcome = Outcome::done; return true;
    default: kernel::broken("only operations of the kernel reach it");
    }
}

bool System::sleep_on(ThreadId id, FutexId futex) {
    auto& me = thread(id);
    // The other half is paid on the way back: a wake-up may come while it lasts.
    const bool changed = library_.word(futex) != me.operation.value;
    const auto timer = timer_price(me.operation);
    const auto all = changed ? costs_.syscall : costs_.futex_wait;
    me.debt.value += Work::of(all - all / 2 + timer - timer / 2).value;
    if (changed) {
        me.outcome = Outcome::again;
        return true;
    }
    sleepers_.append(futex, id);
    me.asleep_on = futex;
    if (me.operation.timeout) sleep_until(id, kernel::later(now(), *me.operation.timeout));
    block(id, me.operation.waiting);
    return false;
}

/// Its CPU keeps the timer. Real-time threads have no slack.
void System::sleep_until(ThreadId id, Time time) {
    auto& me = thread(id);
    const bool exact = policy_->real_time(me.facts.scheduling);
    auto& timer = sleeps_until_[index(id)];
    timer = Timers::Timer{.must = exact ? time : kernel::later(time, costs_.timer_slack),
                          .number = ++timers_set_,
                          .may = time,
                          .thread = id,
                          .since = now()};
    timers_[index(me.cpu)].set.add(*timer);
    arm_timers(me.cpu);
}

/// At a tick, if one comes before and the CPU does not idle then.
void System::arm_timers(CpuId id) {
    auto& here = timers_[index(id)];
    if (here.on_its_way) return;
    auto& calendar = simulation_.calendar();
    if (here.set.empty()) {
        calendar.cancel(here.event);
        here.event = {};
        return;
    }
    const auto& first = here.set.first();
    auto at = first.must;
    if (ticks_ && !cpu(id).idle)
        at = std::min(at, ticks_.from(std::max(first.may, now() + Duration{1})));
    if (!here.event)
        here.event = calendar.schedule(
            at, EventClass::timer,
            {static_cast<std::uint32_t>(EventKind::timers), static_cast<std::uint32_t>(id)});
    else if (here.at != at)
        calendar.reschedule(here.event, at);
    here.at = at;
}

void System::block(ThreadId id, Waiting waiting) {
    auto& me = thread(id);
    charge(me.cpu);
    policy_->dequeue(queue_of(me.cpu), id, Leaving::blocked);
    load_goes(me);
    me.place = Place::away;
    const auto state = waiting == Waiting::io ? record::State::io : record::State::blocked;
    record(record::Kind::thread_state, static_cast<std::uint32_t>(id),
           static_cast<std::uint32_t>(me.cpu), static_cast<std::uint64_t>(state));
    vacate(me.cpu);
}

void System::leave(ThreadId id) {
    auto& me = thread(id);
    charge(me.cpu);
    policy_->dequeue(queue_of(me.cpu), id, Leaving::exited);
    load_goes(me);
    me.place = Place::exited;
    record(record::Kind::thread_exited, static_cast<std::uint32_t>(id),
           static_cast<std::uint32_t>(me.cpu), 0);
    vacate(me.cpu);
    if (caches_) caches_->exits(static_cast<std::uint32_t>(id));
    if (follows_use_) {
        cpu(me.cpu).use.add(now(), -me.use.at(now()));
        cpu(me.load_at).load.add(now(), -load_of(me));
    }
    driver_.exited(id);
}

/// The thread has left by itself; who follows is decided when all is settled.
void System::vacate(CpuId id) {
    switch_out(id);
    loads_changed_ = true;
    to_dispatch_.insert(id);
}

/// An interrupt, unless it was to come with a tick and the CPU has gone idle, without ticks.
void System::timers_event(CpuId id) {
    auto& here = timers_[index(id)];
    here.event = {};
    const bool must = !here.set.empty() && here.set.first().must <= now();
    if (const auto late = must && !here.on_its_way ? lateness(here.set.first()) : Duration::zero();
        late > Duration::zero()) {
        here.on_its_way = true;
        here.event = simulation_.calendar().schedule(
            now() + late, EventClass::timer,
            {static_cast<std::uint32_t>(EventKind::timers), static_cast<std::uint32_t>(id)});
        return;
    }
    here.on_its_way = false;
    if (must || !cpu(id).idle)
        while (const auto next = here.set.take(now())) expire(*next);
    arm_timers(id);
}

/// From when a timer must expire until the CPU is interrupted. What a thread needs to wake up
/// has left the caches when it slept for long, the hypervisor's part included: measured, beside a
/// busy thread, 23 us after 0.2 ms, 30 after 1 ms, 45 after 5 ms, 52 after 20 ms.
Duration System::lateness(const Timers::Timer& timer) {
    const auto late = varied(costs_.timer_interrupt);
    const auto cold = costs_.cold_timer_after(timer.must - timer.since);
    return cold == Duration::zero() ? late : late + noise_.between(Duration::zero(), 2 * cold);
}

void System::expire(ThreadId id) {
    auto& me = thread(id);
    sleeps_until_[index(id)].reset();
    me.outcome = Outcome::done;
    if (me.asleep_on) {
        sleepers_.remove(*me.asleep_on, id);
        me.asleep_on.reset();
        me.outcome = Outcome::timed_out;
    }
    // The CPU on which it went to sleep is interrupted, and wakes it.
    const auto armed = me.cpu;
    disturb(armed, costs_.futex_wake);
    wake(id, Joining::woken, armed);
}

void System::io_event(ThreadId id) {
    thread(id).io = {};
    thread(id).outcome = Outcome::done;
    wake(id, Joining::woken, std::nullopt);
}

void System::wake_first(FutexId futex, kernel::Maybe<CpuId> waker, bool sync) {
    const auto id = sleepers_.take_first(futex);
    if (!id) return;
    auto& sleeper = thread(*id);
    sleeper.asleep_on.reset();
    sleeper.outcome = Outcome::done;
    if (auto& timer = sleeps_until_[index(*id)]) {
        timers_[index(sleeper.cpu)].set.remove(*timer);
        timer.reset();
        arm_timers(sleeper.cpu);
    }
    wake(*id, Joining::woken, waker, sync);
}

void System::post(SemaphoreId semaphore) {
    if (const auto futex = library_.post_from_outside(semaphore)) wake_first(*futex, std::nullopt);
}

void System::interrupt(ThreadId id, Work spacing) {
    auto& me = thread(id);
    if (!me.in_operation || me.operation.verb != Verb::run || !me.operation.interruptible) return;
    if (me.withheld.value != 0) return;
    const bool running = me.place == Place::running;
    if (running) update_progress(me, cpu(me.cpu));
    // Check points lie at whole multiples of the spacing from the burst's start.
    const auto all = me.operation.work.value;
    const auto rest = me.left.value - me.stolen.value;
    // By the time the holder sees the request it has done some more.
    const auto done = std::min(all, all - rest + line_transfer().value);
    const auto next =
        spacing.value == 0 ? done : (done + spacing.value - 1) / spacing.value * spacing.value;
    if (next >= all) return;
    me.withheld.value = all - next;
    me.left.value -= me.withheld.value;
    if (running) to_arm_.insert(me.cpu);
}

}  // namespace interlock::os
