#include "models/os/system.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;
using kernel::Event;
using kernel::EventClass;
using kernel::Time;

namespace {

std::optional<Duration> tick_of(const Settings& settings) {
    const auto hz = settings.hz.value_or(policy_named(settings.policy).hz);
    if (hz == 0) return std::nullopt;
    return Duration{1'000'000'000 / hz};
}

bool uneven(const hardware::Machine& machine) {
    if (machine.threads_per_core > 1) return true;
    return std::any_of(machine.speed.begin(), machine.speed.end(),
                       [&](hardware::Speed speed) { return speed != machine.speed.front(); });
}

}  // namespace

System::System(const hardware::Machine& machine, const Settings& settings, kernel::Random noise,
               kernel::Simulation& simulation, Driver& driver,
               std::vector<workload::Footprint> footprints)
    : simulation_(simulation), noise_(noise), driver_(driver), costs_(machine.costs),
      speeds_(machine, std::move(footprints)), global_(global_queue(settings)),
      follows_use_(!global_ && machine.cpus() > 1), uneven_(uneven(machine)),
      library_(settings.c_library, machine.costs.user_operation), cpus_(machine.cpus()),
      timers_(machine.cpus()), devices_(machine.devices.begin(), machine.devices.end()),
      to_dispatch_(machine.cpus()), to_retime_(machine.cpus()), to_arm_(machine.cpus()),
      loads_(global_ ? 1 : machine.cpus()), idle_cpus_(machine.cpus()), searches_(machine.sockets),
      lazy_(settings.parameters.lazy) {
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) set_idle(CpuId{i}, true);
    if (const auto interval = tick_of(settings)) {
        const auto share =
            static_cast<kernel::Wide>(noise_.next()) * static_cast<kernel::Wide>(interval->count());
        ticks_ = Ticks(*interval, Duration{static_cast<Duration::rep>(share >> 64U)});
    }
    policy_ = make_policy(settings.policy, {.runqueues = global_ ? 1 : cpus_.size(),
                                            .cpus = machine.cpus(),
                                            .tick = ticks_.interval(),
                                            .parameters = settings.parameters,
                                            .classes = settings.classes,
                                            .now = [this] { return now(); },
                                            .draw = [this] { return noise_.next(); }});
    needs_burst_ = policy_->needs_burst();
    if (speeds_.minds_caches()) {
        caches_.emplace(machine);
        warm_ups_.resize(machine.cpus());
    }
    if (settings.quota) bandwidth_.emplace(*settings.quota);
    // The books take a CPU for a fast one until they are told otherwise.
    for (std::uint32_t i = 0; i < cpus_.size(); ++i) {
        cpus_[i].speed = speeds_.speed(i);
        if (cpus_[i].speed != hardware::Speed{})
            record(record::Kind::thread_rate, 0, i, cpus_[i].speed.ppm);
    }
}

Stop System::run(std::optional<Time> until, std::uint64_t events_max) {
    until_ = until.value_or(Time::max());
    events_max_ = events_max;
    settle();
    auto& calendar = simulation_.calendar();
    while (!stopped_) {
        if (operations_ > operations_max) return Stop::no_progress;
        if (const auto id = std::exchange(next_, std::nullopt)) {
            cpu_event(*id);
            settle();
            continue;
        }
        if (calendar.empty()) return Stop::out_of_events;
        if (calendar.next_time() > until_) {
            simulation_.advance_to(until_);
            return Stop::time_bound;
        }
        if (calendar.next_time() == Time::max()) return Stop::end_of_time;
        if (simulation_.events() >= events_max_) return Stop::event_bound;
        const auto before = now();
        const auto event = simulation_.advance();
        if (now() != before) operations_ = 0;
        handle(event);
        settle();
    }
    return Stop::asked;
}

void System::handle(Event event) {
    const auto kind = static_cast<EventKind>(event.kind);
    if (kind == EventKind::cpu) [[likely]]  // no jump through a table
        return cpu_event(CpuId{event.subject});
    switch (kind) {
    case EventKind::cpu: return;
    case EventKind::idle_exit: {
        cpus_[event.subject].waking = false;
        to_dispatch_.insert(CpuId{event.subject});
        return;
    }
    case EventKind::interrupt: return interrupted(CpuId{event.subject});
    case EventKind::timers: return timers_event(CpuId{event.subject});
    case EventKind::io: return io_event(ThreadId{event.subject});
    case EventKind::balance: return balance();
    case EventKind::outside: --outside_; return driver_.happens(event.subject);
    case EventKind::device: return device_event(event.subject);
    case EventKind::quota: return quota_event(CpuId{event.subject});
    case EventKind::refill: return refill();
    case EventKind::slack: return distribute();
    case EventKind::release: return release(CpuId{event.subject});
    case EventKind::warm: return warm_up(CpuId{event.subject});
    }
}

bool System::waits_for_ever(ThreadId id) const {
    const auto& it = threads_[index(id)];
    return it.place == Place::exited ||
           (it.place == Place::away && !sleeps_until_[index(id)] && !it.io);
}

bool System::awaits_events() const {
    return outside_ > 0 || std::any_of(devices_.begin(), devices_.end(),
                                       [](const DeviceState& it) { return bool{it.event}; });
}

void System::at(Time time, std::uint32_t subject, EventClass order) {
    ++outside_;
    simulation_.calendar().schedule(time, order,
                                    {static_cast<std::uint32_t>(EventKind::outside), subject});
}

/// Handlers marked; here it is decided, in order of CPU number.
void System::settle() {
    do {
        while (!to_dispatch_.empty()) dispatch(to_dispatch_.take_first());
    } while (policy_->urgent() > 0 && push_urgent());
    if (stopped_ || operations_ > operations_max) return;  // nothing is armed any more
    if (speeds_.shares() && !to_retime_.empty()) share_bandwidth();
    while (!to_retime_.empty()) retime(to_retime_.take_first());
    if (loads_changed_) arm_balance();
    while (!to_arm_.empty()) arm(to_arm_.take_first());
}

void System::cpu_event(CpuId id) {
    auto& here = cpu(id);
    here.event = {};
    to_arm_.insert(id);
    if (here.current && here.event_completes) {
        auto& running = thread(*here.current);
        const auto done =
            static_cast<kernel::Wide>((now() - running.as_of).count()) * here.speed.ppm;
        kernel::check(done >= running.left.value, "a burst ends when its work is done");
        kernel::check(done - running.left.value < here.speed.ppm,
                      "a burst ends at the nanosecond its work is done");
        running.left = {};
        running.stolen = {};
        running.as_of = now();
        advance(*here.current, Ahead::allowed);
    }
    if (here.current && here.decision && *here.decision <= now()) {
        here.decision.reset();
        here.reschedule = true;
        here.reason = Joining::expired;
        to_dispatch_.insert(id);
    }
}

/// Moves the time to an event that the calendar does not have, if nothing can happen before.
bool System::passes_calendar_by(Time at) {
    if (simulation_.events() >= events_max_ || at > until_ || at == Time::max()) return false;
    const auto before = now();
    if (!simulation_.advance_before_calendar(at)) return false;
    if (at != before) operations_ = 0;
    return true;
}

/// One event a CPU: the end of the burst, or the policy's decision before it. The calendar only
/// has it if something else may happen first.
void System::arm(CpuId id) {
    auto& here = cpu(id);
    auto& calendar = simulation_.calendar();
    if (!here.current) {
        calendar.cancel(here.event);
        here.event = {};
        return;
    }
    const bool completes = completes_first(here);
    const auto at = completes ? completion(here) : *here.decision;
    if (here.event) {
        if (here.event_completes == completes) {
            if (here.event_at != at) calendar.reschedule(here.event, at);
            here.event_at = at;
            return;
        }
        calendar.cancel(here.event);
        here.event = {};
    }
    here.event_at = at;
    here.event_completes = completes;
    if (to_arm_.empty() && passes_calendar_by(at)) {
        next_ = id;
        return;
    }
    here.event = calendar.schedule(
        at, completes ? EventClass::completion : EventClass::tick,
        {static_cast<std::uint32_t>(EventKind::cpu), static_cast<std::uint32_t>(id)});
}

/// Somebody's part of it may have become another for what anybody does.
void System::share_bandwidth() {
    speeds_.share_bandwidth();
    for (const auto cpu : speeds_.streams()) to_retime_.insert(CpuId{cpu});
}

/// Somebody else started, stopped, or does something else. At an unchanged speed nothing happens.
void System::retime(CpuId id) {
    auto& here = cpu(id);
    const auto speed = speeds_.speed(static_cast<std::uint32_t>(id));
    if (speed == here.speed) return;
    if (here.current) update_progress(thread(*here.current), here);
    here.speed = speed;
    record(record::Kind::thread_rate, here.current ? static_cast<std::uint32_t>(*here.current) : 0,
           static_cast<std::uint32_t>(id), speed.ppm);
    to_arm_.insert(id);
}

void System::begin_burst(Thread& thread, Work work) {
    thread.in_operation = true;
    thread.withheld = {};
    thread.left = work;
    thread.stolen = {};
    if (thread.operation.verb == Verb::run)
        thread.stolen.value = work.value - thread.operation.work.value;
    thread.as_of = now();
    to_arm_.insert(thread.cpu);
    if (speeds_.minds_work()) set_work(thread.cpu, footprint_of(thread.operation));
    if (needs_burst_) learn_burst(thread.cpu);
}

/// Of the thread that runs there: whoever waits may be the shorter one now.
void System::learn_burst(CpuId id) {
    const auto running = *cpu(id).current;
    charge(id);
    policy_->learn(running, facts(running));
    const auto queue = queue_of(id);
    if (policy_->queued(queue) > 0 &&
        policy_->preempts(queue, policy_->queued_at(queue, 0), running))
        interrupted(id);
}

void System::disturb(CpuId id, Duration time) {
    const auto& here = cpu(id);
    if (!here.current || time == Duration::zero()) return;
    auto& running = thread(*here.current);
    if (!running.in_operation) {  // it is about to begin its next burst
        running.debt.value += Work::of(time).value;
        return;
    }
    update_progress(running, here);
    burden(running, Work::of(time));
    to_arm_.insert(id);
}

/// Whether the burst ends before the policy's decision, or with it. Asked
/// without a division: most bursts are longer than a slice.
bool System::completes_first(const Cpu& cpu) const {
    if (!cpu.decision) return true;
    const auto& running = threads_[index(*cpu.current)];
    const auto until_decision = static_cast<kernel::Wide>((*cpu.decision - running.as_of).count());
    return running.left.value <= until_decision * cpu.speed.ppm;
}

/// The first nanosecond at which the work of the burst is done; the end of time, if none is.
Time System::completion(const Cpu& cpu) const {
    const auto& running = threads_[index(*cpu.current)];
    return kernel::later(running.as_of, running.left.time_at(cpu.speed));
}

}  // namespace interlock::os
