// Units of tasks: who takes them, runs them, and learns that they are done.

#include <algorithm>
#include <utility>

#include "models/interpreter/engine.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::ThreadId;
using record::Kind;

namespace {

/// Of what happens: the deadline of an instance, of which there are a million at most.
constexpr std::uint32_t deadline_of = 1U << 31U;

}  // namespace

/// All instances that arrive by now; then the time of the next is awaited.
void Engine::arrivals() {
    const auto& instances = board_.instances();
    for (; next_arrival_ < arrivals_.size(); ++next_arrival_) {
        const auto instance = arrivals_[next_arrival_];
        if (instances[instance].arrival > now()) {
            system_.at(instances[instance].arrival, 0);
            return;
        }
        record(Kind::task_arrived, instance, 0, 0);
        const auto task = static_cast<std::size_t>(instances[instance].task);
        if (workload_.tasks[task].abort_on_miss)
            system_.at_end_of(instances[instance].arrival + *workload_.tasks[task].deadline,
                              deadline_of | instance);
        if (const auto unit = board_.arrive(instance)) ready(nullptr, *unit);
    }
}

/// 0: a task arrives; an instance's deadline; else the event that a routine of that loop awaits.
void Engine::happens(std::uint32_t subject) {
    if (subject == 0) return arrivals();
    if ((subject & deadline_of) != 0) return deadline_passed(subject & ~deadline_of);
    const auto& event_loop = loops_[subject - 1];
    if (event_loop.selecting) system_.post(event_loop.selector);
}

/// `me` is the thread whose doing it is; none: the outside world's.
void Engine::ready(Agent* me, UnitId unit) {
    const auto& instance = board_.instances()[board_.unit(unit).first];
    if (periodic_[static_cast<std::size_t>(instance.task)]) return next_job(unit);
    if (board_.unit(unit).starts_itself) {
        launch(unit, self_starting_);
        return;
    }
    board_.offer(unit);
    wake_first(me, sources_.front().takers);
}

/// The thread of a periodic task begins with its first job; the others wait for it.
void Engine::next_job(UnitId unit) {
    const auto first = board_.unit(unit).first;
    const auto task = board_.instances()[first].task;
    auto& it = *periodic_[static_cast<std::size_t>(task)];
    auto& source = sources_[static_cast<std::size_t>(it.source)];
    const bool last =
        first + 1 == board_.instances().size() || board_.instances()[first + 1].task != task;
    source.closed = last;
    if (!it.thread) {
        it.thread = launch(unit, it.script);
        return;
    }
    if (!agent(*it.thread).instance) set_deadline(*it.thread, first);
    source.units.push_back(unit);
    wake_first(nullptr, source.takers);
}

void Engine::set_deadline(os::ThreadId thread, std::uint32_t instance) {
    const auto& it = board_.instances()[instance];
    const auto& deadline = workload_.tasks[static_cast<std::size_t>(it.task)].deadline;
    if (deadline) system_.set_deadline(thread, it.arrival + *deadline);
}

/// A job that has not ended does no more steps. It ends at once, on a CPU or not, unless it is at
/// a step that is no bytecode: then with it.
void Engine::deadline_passed(std::uint32_t instance) {
    if (ended_[instance]) return;
    aborted_[instance] = true;
    const auto& it = periodic_[static_cast<std::size_t>(board_.instances()[instance].task)];
    if (!it || !it->thread) return;
    const auto& me = agent(*it->thread);
    const bool begun = me.instance == instance;
    if (begun && !between_steps(me)) return;
    ended_[instance] = true;
    record(Kind::task_aborted, instance, 0, static_cast<std::uint64_t>(*it->thread));
    if (begun) system_.interrupt(*it->thread, os::Work{});
}

/// Or in bytecode, which may end anywhere. What waits for a lock or an answer may not: somebody
/// else counts with it.
bool Engine::between_steps(const Agent& me) const {
    return me.at.phase == 0 || instruction(me).act == Act::compute;
}

/// To where its program lets go of a lock that it holds, as an exception leaves a `with`; when it
/// holds none, or nowhere lets go of it, to the end of the program.
void Engine::abandon(ThreadId id, Agent& me) {
    if (me.callers.empty()) return;
    me.rest = {};
    const auto& script = scripts_.scripts[static_cast<std::size_t>(me.at.script)];
    for (std::uint32_t lock = 0; lock < locks_.size(); ++lock) {
        if (locks_[lock].holder != Waiter{id, me.number}) continue;
        const auto release = std::find_if(script.begin(), script.end(), [&](const auto& it) {
            return it.act == Act::release && it.object == lock;
        });
        if (release == script.end()) continue;
        me.at.next = static_cast<std::uint32_t>(release - script.begin());
        me.at.phase = 0;
        return;
    }
    me.at = me.callers.front();
    me.callers.clear();
    me.loops.clear();
}

ThreadId Engine::launch(UnitId unit, ScriptId script) {
    const auto& instance = board_.instances()[board_.unit(unit).first];
    const auto index = static_cast<std::size_t>(instance.task);
    const auto& task = workload_.tasks[index];
    auto where = home_;
    if (task.process) {
        if (!outside_[index])
            for (std::size_t other = 0; other < outside_.size(); ++other)
                if (workload_.tasks[other].process == task.process && outside_[other])
                    outside_[index] = outside_[other];
        if (!outside_[index]) outside_[index] = add_process(*task.process);
        where = *outside_[index];
    }
    auto name = task.periodic ? task.name : workload::instance_name(workload_, instance);
    return create(std::nullopt, std::move(name), where, script, {.unit = unit});
}

Engine::Step Engine::take_unit(Context& context) {
    auto& me = context.me;
    auto& source = sources_[context.it.object];
    switch (me.at.phase) {
    case 0: return with_lock(context, 1, os::run(runtime_.task_dispatch));
    case 1: {
        if (context.it.object == 0) {
            me.unit = board_.take();
            if (!me.unit && board_.exhausted()) source.closed = true;
        } else if (source.units.empty()) {
            me.unit.reset();
        } else {
            me.unit = source.units.front();
            source.units.pop_front();
        }
        me.in_unit = 0;
        if (context.it.object == 0 && board_.exhausted())
            while (!source.takers.empty())
                wake_first(&me, source.takers);  // nothing will ever come: let them go
        if (me.unit) return done();
        if (source.closed) return jump();
        return park(context, 2, source.takers,
                    {.what = WaitingFor::What::task, .object = context.it.object});
    }
    default: unpark(context, source.takers); return take_back(context, 1);
    }
}

Engine::Step Engine::run_unit(Context& context) {
    auto& me = context.me;
    const auto& unit = board_.unit(*me.unit);
    if (me.at.phase == 1) end_instance(context);
    me.at.phase = 1;
    if (me.in_unit == unit.size) return done();
    begin_instance(context, unit.first + me.in_unit++);
    return moved();
}

void Engine::begin_instance(Context& context, std::uint32_t instance) {
    auto& me = context.me;
    const auto task = static_cast<std::size_t>(board_.instances()[instance].task);
    me.instance = instance;
    if (ended_[instance]) return;  // aborted before it could begin
    me.visits.clear();
    me.children_spawned = 0;
    me.beat = now();
    record(Kind::task_started, instance, 0, static_cast<std::uint64_t>(context.id));
    set_deadline(context.id, instance);
    me.callers.push_back(me.at);
    me.at = {.script = ScriptId{static_cast<std::uint32_t>(workload_.tasks[task].program)},
             .next = 0,
             .phase = 0};
}

void Engine::end_instance(Context& context) {
    auto& me = context.me;
    const auto instance = *me.instance;
    if (!ended_[instance])
        record(Kind::task_finished, instance, 0, static_cast<std::uint64_t>(context.id));
    me.instance.reset();
    ended_[instance] = true;
    const auto task = static_cast<std::size_t>(board_.instances()[instance].task);
    const auto& puts = puts_[static_cast<std::size_t>(workload_.tasks[task].program)];
    for (std::size_t q = 0; q < puts.size(); ++q) {
        if (!puts[q]) continue;
        if (--queues_[q].producers > 0) continue;
        while (!queues_[q].getters.empty()) wake_first(&me, queues_[q].getters);
    }
    if (context.it.count == 0) finished(&me, instance);
}

void Engine::finished(Agent* me, std::uint32_t instance) {
    for (const auto unit : board_.finish(instance)) ready(me, unit);
}

Engine::Step Engine::tell_finished(Context& context) {
    const auto unit = board_.unit(*context.me.unit);
    for (auto i = unit.first; i < unit.first + unit.size; ++i) finished(&context.me, i);
    return done();
}

Engine::Step Engine::hand_over(Context& context) {
    auto& source = sources_[context.it.object];
    source.units.push_back(*context.me.unit);
    ++source.unread;
    context.me.unit.reset();
    wake_first(&context.me, source.takers);
    while (!source.watchers.empty()) wake_first(&context.me, source.watchers);
    return done();
}

/// Bytes that the unit's tasks take with them, or bring back, and how long it
/// takes to pickle them.
std::int64_t Engine::payload(const Agent& me, bool out, Duration& pickle_time) const {
    if (!me.unit) return 0;
    const auto& unit = board_.unit(*me.unit);
    std::int64_t bytes = 0;
    for (auto i = unit.first; i < unit.first + unit.size; ++i) {
        const auto task = static_cast<std::uint32_t>(board_.instances()[i].task);
        const auto& data = out ? workload_.tasks[task].bytes_out : workload_.tasks[task].bytes_in;
        if (!data) continue;
        const auto size = workload::draw(data->size, {.seed = setup_.seed,
                                                      .replication = setup_.replication,
                                                      .instance = i,
                                                      .place = workload::payload_place(task, out),
                                                      .visit = 0});
        pickle_time += pickling(size, data->as);
        if (data->as != workload::PayloadKind::shared) bytes += size;
    }
    return bytes;
}

/// To or from a worker: through a pipe, or in memory, where it lies already.
Duration Engine::carrying(std::int64_t bytes) const {
    return setup_.start == StartMethod::interpreter ? Duration::zero() : piping(bytes);
}

Engine::Step Engine::send(Context& context) {
    auto& me = context.me;
    switch (me.at.phase) {
    case 0: {
        Duration pickle{};
        me.amount = payload(me, context.it.count == 1, pickle);
        return with_lock(context, 1, os::run(runtime_.message / 2 + pickle));
    }
    case 1: return without_lock(context, 2, os::run(carrying(me.amount)));
    case 2: return take_back(context, 3);
    default: return done();
    }
}

Engine::Step Engine::receive(Context& context) {
    auto& me = context.me;
    switch (me.at.phase) {
    case 0: {
        Duration pickle{};
        me.amount = payload(me, context.it.count == 1, pickle);
        return without_lock(context, 1, os::run(carrying(me.amount)));
    }
    case 1: {
        if (auto& unread = sources_[context.it.object].unread; unread > 0) --unread;
        Duration pickle{};
        payload(me, context.it.count == 1, pickle);
        return with_lock(context, 2, os::run(runtime_.message / 2 + pickle));
    }
    default: return done();
    }
}

Engine::Step Engine::close_source(Context& context) {
    auto& source = sources_[context.it.object];
    source.closed = true;
    while (!source.takers.empty()) wake_first(&context.me, source.takers);
    while (!source.watchers.empty()) wake_first(&context.me, source.watchers);
    return done();
}

Engine::Step Engine::collect(Context& context) {
    if (--uncollected_ > 0) return done();
    while (!collectors_.empty()) wake_first(&context.me, collectors_);
    return close_source(context);
}

Engine::Step Engine::wait_collected(Context& context) {
    switch (context.me.at.phase) {
    case 0: return take_back(context, 1);
    case 1:
        if (uncollected_ == 0) return done();
        return park(context, 2, collectors_, {.what = WaitingFor::What::result, .object = 0});
    default: unpark(context, collectors_); return take_back(context, 1);
    }
}

/// The worker handler of old pools looks every so often whether it may end.
Engine::Step Engine::poll_collected(Context& context) {
    switch (context.me.at.phase) {
    case 0: return without_lock(context, 1, os::sleep(context.it.time));
    case 1: return take_back(context, uncollected_ == 0 ? 2 : 0);
    default: return done();
    }
}

/// The worker handler of later pools waits for the pipe of results beside its
/// own news, so every result wakes it too, and as long as the result handler
/// has not read it, poll() returns at once: it goes round and round, with the
/// lock in between, and keeps the result handler from both lock and CPU.
/// Source followed: Lib/multiprocessing/pool.py of 3.11: exitcode of each
/// worker (a waitpid() without the lock), wait() for all (a poll() without),
/// empty() (another). Of pool_watch, wait() and empty() together, wait() has
/// 3/5 and empty() 2/5, and an exitcode takes 1/15 (3.8 to 3.13: 1/9 to 1/17).
/// Each varies evenly from half to one and a half: the result handler, woken by
/// each drop, gets the lock if it comes to the next, and with equal rounds would
/// come too late for ever.
Engine::Step Engine::watch_results(Context& context) {
    auto& me = context.me;
    auto& source = sources_[context.it.object];
    const auto look = [&](std::uint8_t phase, Duration mean) {
        return with_lock(context, phase, os::run(noise_.around(mean)));
    };
    switch (me.at.phase) {
    case 0: me.counter = 0; return look(1, runtime_.pool_watch / 15);
    case 1:
        ++me.counter;
        return without_lock(context, me.counter < context.it.count ? 2 : 3,
                            os::run(costs_.syscall));
    case 2: return look(1, runtime_.pool_watch / 15);
    case 3: return look(4, runtime_.pool_watch * 3 / 5);
    case 4: return without_lock(context, 5, os::run(costs_.syscall));
    case 5:
        if (source.unread > 0 || uncollected_ == 0) return take_back(context, 7);
        return park(context, 6, source.watchers, {.what = WaitingFor::What::result, .object = 0});
    case 6: unpark(context, source.watchers); return take_back(context, 7);
    case 7: return look(8, runtime_.pool_watch * 2 / 5);
    case 8: return without_lock(context, 9, os::run(costs_.syscall));
    default:
        if (uncollected_ == 0) return done();
        return take_back(context, 0);
    }
}

}  // namespace interlock::interpreter
