// Threads and processes: how Python starts, joins and ends them.
//
//   Thread.start    bytecode, pthread_create, a little more of it, then sleep until
//                   the child has had the lock and set its _started event
//   Process.start   bytecode, fork: the price grows with what is resident, and
//                   the lock is held throughout; the child's pages count in full
//   join            bytecode, then sleep until it has exited
//
// Source followed: Lib/threading.py, Lib/multiprocessing/context.py as the
// specification tells them (locks, 9.1 and 9.2). Left out: resource trackers,
// the import of __main__ by spawned children, copy on write page by page.

#include <algorithm>
#include <utility>

#include "models/interpreter/engine.hpp"
#include "models/os/weights.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::ThreadId;
using record::Kind;

namespace {

constexpr std::uint64_t mib = 1024ULL * 1024;

/// `thread_start` in order: in the thread that starts another, until it has made it and until
/// it waits for it; in the new one until it asks for the lock, until it has told that it runs,
/// with the lock around its work, and without it before it exits. What `thread_begin` leaves is
/// split by CPU time in CPython 3.7 to 3.13 (41, 5, 10 and 4 to 10 us on one machine).
struct ThreadStart {
    Duration make, wait, arrive, tell, hold, leave;
};

ThreadStart parts_of(const Runtime& runtime) {
    const auto begin = std::min(runtime.thread_begin, runtime.thread_start / 2);
    const auto rest = runtime.thread_start - begin;
    ThreadStart it{.make = {},
                   .wait = rest * 2 / 20,
                   .arrive = begin / 2,
                   .tell = begin - begin / 2,
                   .hold = rest * 3 / 20,
                   .leave = rest * 2 / 20};
    it.make = rest - it.wait - it.hold - it.leave;
    return it;
}

}  // namespace

/// `held_by_it`: what the process has already.
bool Engine::charge_memory(const Process& process, std::uint64_t bytes, std::uint64_t held_by_it) {
    const auto& limit = setup_.machine->memory;
    if (limit && memory_ + bytes > *limit) {
        const bool is_main = processes_.empty() || process.name == processes_.front().name;
        if (!shortage_)
            shortage_ = Shortage{.process = process.name,
                                 .wanted = memory_ + bytes,
                                 .held = memory_,
                                 .each = held_by_it + bytes,
                                 .main = processes_.empty() ? 0 : processes_.front().resident(),
                                 .is_main = is_main};
        system_.stop();
        return false;
    }
    memory_ += bytes;
    return true;
}

ProcessId Engine::add_process(std::string name) {
    const ProcessId id{static_cast<std::uint32_t>(processes_.size())};
    auto& made = processes_.emplace_back();
    made.name = std::move(name);
    made.own_memory = runtime_.memory;
    made.blocks.resize(workload_.blocks.size(), 0);
    made.inherited.resize(workload_.blocks.size(), 0);
    made.objects.resize(workload_.objects.size());
    lock_objects(made);
    made.world = add_world();
    if (runtime_.has_lock()) made.lock = make_lock(runtime_, system_.library());
    charge_memory(made, made.own_memory, 0);
    record(Kind::memory, static_cast<std::uint32_t>(id), 0, memory_);
    return id;
}

void Engine::lock_objects(Process& process) {
    if (!runtime_.object_locks) return;
    for (auto& object : process.objects)
        object.lock.emplace(ParkingLockParameters{.price = costs_.user_operation},
                            system_.library());
}

void Engine::hold_data(ProcessId process) {
    auto& holder = processes_[static_cast<std::size_t>(process)];
    for (std::size_t i = 0; i < workload_.data.size(); ++i) {
        const auto& data = workload_.data[i];
        const auto bytes = workload::draw(data.bytes, {.seed = setup_.seed,
                                                       .replication = setup_.replication,
                                                       .instance = static_cast<std::uint32_t>(i),
                                                       .place = workload::data_place,
                                                       .visit = 0});
        if (!charge_memory(holder, static_cast<std::uint64_t>(bytes), holder.resident())) return;
        holder.blocks[static_cast<std::size_t>(data.block)] += static_cast<std::uint64_t>(bytes);
    }
    record(Kind::memory, static_cast<std::uint32_t>(process), 0, memory_);
}

/// The child of a fork has what its parent has; one that is spawned, or comes
/// from the fork server, only its interpreter.
ProcessId Engine::fork(const Process& parent, std::string name) {
    const ProcessId id{static_cast<std::uint32_t>(processes_.size())};
    Process child;
    child.name = std::move(name);
    child.own_memory =
        setup_.start == StartMethod::interpreter ? runtime_.interpreter_memory : runtime_.memory;
    child.started_by = setup_.start;
    child.world = setup_.start == StartMethod::interpreter ? parent.world : add_world();
    child.blocks.resize(workload_.blocks.size(), 0);
    for (const auto& object : parent.objects)
        child.objects.push_back({.version = object.version, .count_at = {}, .lock = {}});
    lock_objects(child);
    if (setup_.start == StartMethod::fork) child.blocks = parent.blocks;
    if (setup_.start == StartMethod::forkserver)
        child.first_of_server = !std::exchange(server_up_, true);
    child.inherited = child.blocks;
    if (runtime_.has_lock()) child.lock = make_lock(runtime_, system_.library());
    const auto bytes = child.resident();
    if (charge_memory(child, bytes, 0))
        record(Kind::memory, static_cast<std::uint32_t>(id), 0, memory_);
    processes_.push_back(std::move(child));
    return id;
}

/// The agent and its thread; it does not run before the event that makes it is over.
ThreadId Engine::make_agent(kernel::Maybe<ThreadId> parent, std::string name, ProcessId process,
                            ScriptId script, const Origin& origin, const os::Facts& how,
                            os::Allowed allowed) {
    const ThreadId id{static_cast<std::uint32_t>(agents_.size())};
    auto& made = agents_.emplace_back();
    made.name = std::move(name);
    made.process = process;
    made.at.script = script;
    made.own = system_.library().add_semaphore(0);
    if (stops()) made.resume = system_.library().add_semaphore(0);
    made.unit = origin.unit;
    made.instance = origin.instance;
    made.spawned_as = origin.spawned_as;
    made.other = origin.other;
    made.draws_as = origin.draws_as;
    const auto created =
        system_.create(static_cast<std::uint32_t>(process), how, parent, std::move(allowed));
    kernel::check(created == id, "threads and agents have the same numbers");
    return id;
}

/// A thread that comes with a unit is scheduled as its task says, others as who starts them.
ThreadId Engine::create(kernel::Maybe<ThreadId> parent, std::string name, ProcessId process,
                        ScriptId script, const Origin& origin) {
    os::Facts how;
    os::Allowed allowed;
    bool background = false;
    if (origin.unit) {
        const auto& instance = board_.instances()[board_.unit(*origin.unit).first];
        const auto& task = workload_.tasks[static_cast<std::size_t>(instance.task)];
        how.weight = os::weight_of_nice(task.nice);
        how.scheduling = task.sched;
        if (!task.sched.deadline) how.scheduling.deadline = task.deadline;
        if (!task.sched.period && task.periodic) how.scheduling.period = task.arrival.time;
        if (task.deadline) how.deadline = instance.arrival + *task.deadline;
        allowed = os::Allowed(task.affinity);
        background = task.background;
    } else if (parent) {
        how = system_.facts_of(*parent);
        how.deadline.reset();
        allowed = system_.allowed_of(*parent);
    }
    const auto id =
        make_agent(parent, std::move(name), process, script, origin, how, std::move(allowed));
    agent(id).background = background;
    auto& home = processes_[static_cast<std::size_t>(process)];
    if (!worlds_[home.world].main) worlds_[home.world].main = id;
    if (home.lock != nullptr) home.lock->add_thread(id, system_.library());
    for (auto& object : home.objects)
        if (object.lock) object.lock->add_thread(id, system_.library());
    for (auto& lock : locks_)
        if (lock.parking) lock.parking->add_thread(id, system_.library());
    if (home.lock != nullptr && home.lock->helper() && !std::exchange(home.helped, true))
        agent(create(parent, home.name + ", timer", process, help_script_, {})).background = true;
    return id;
}

SourceId Engine::add_source() {
    sources_.emplace_back();
    return SourceId{static_cast<std::uint32_t>(sources_.size() - 1)};
}

ThreadId Engine::add_thread(std::string name, ProcessId process, ScriptId script, bool foreground) {
    const auto id = create(std::nullopt, std::move(name), process, script, {});
    agent(id).background = !foreground;
    if (foreground) ++foreground_;
    return id;
}

ThreadId Engine::add_child(ThreadId parent, std::string name, ScriptId script, bool new_process) {
    const auto home = agent(parent).process;
    const auto where = new_process ? fork(processes_[static_cast<std::size_t>(home)], name) : home;
    const auto id = create(parent, std::move(name), where, script, {});
    agent(id).leads_process = new_process;
    agent(id).parent = parent;
    agent(parent).children.push_back(id);
    return id;
}

/// "worker 2", or the task's own name when it is started for one task.
std::string Engine::child_name(const Agent& me, bool process) const {
    if (me.unit)
        return workload::instance_name(workload_, board_.instances()[board_.unit(*me.unit).first]);
    return (process ? "process " : "worker ") + std::to_string(me.children.size() + 1);
}

Engine::Step Engine::start_thread(Context& context, ScriptId script, bool spawned) {
    auto& me = context.me;
    switch (me.at.phase) {
    case 0: me.counter = 0; [[fallthrough]];
    case 1: return with_lock(context, 2, os::run(parts_of(runtime_).make));
    case 2: return with_lock(context, 3, os::run(costs_.thread_start));
    case 3: {
        const auto name = spawned ? me.name + ", " + workload_.programs[context.it.object].name +
                                        ' ' + std::to_string(me.children_spawned + 1)
                          : context.it.label != nullptr ? std::string(context.it.label)
                                                        : child_name(me, false);
        Origin origin;
        if (spawned) {
            origin.instance = me.instance;
            origin.spawned_as = ++me.children_spawned;
        } else {
            origin.unit = std::exchange(me.unit, std::nullopt);
        }
        const auto id = create(context.id, name, me.process, script, origin);
        auto& child = agent(id);
        child.parent = context.id;
        me.children.push_back(id);
        if (spawned) {
            child.beat = now();
            ++foreground_;
        }
        return with_lock(context, runtime_.start_waits ? 4 : 6, os::run(parts_of(runtime_).wait));
    }
    case 4:
        me.waiting_for = {.what = WaitingFor::What::thread,
                          .object = static_cast<std::uint32_t>(me.children.back())};
        return without_lock(context, 5, os::wait(me.own));
    case 5: me.waiting_for = {}; return take_back(context, 6);
    default:
        if (spawned && ++me.counter < context.it.count) {
            me.at.phase = 1;
            return moved();
        }
        me.counter = 0;
        return done();
    }
}

Engine::Step Engine::start_process(Context& context) {
    auto& me = context.me;
    const bool in_thread = setup_.start == StartMethod::interpreter;
    switch (me.at.phase) {
    case 0:
        return with_lock(context, 1,
                         os::run((in_thread ? runtime_.thread_start : runtime_.fork_start) / 2));
    case 1: {
        if (in_thread) return with_lock(context, 2, os::run(costs_.thread_start));
        if (setup_.start == StartMethod::forkserver)
            return without_lock(context, 2, os::run(costs_.syscall * 4));
        auto time = costs_.process_start;
        if (setup_.start == StartMethod::fork)
            time += costs_.fork_per_mib * static_cast<Duration::rep>(process(me).resident() / mib);
        return with_lock(context, 2, os::run(time));
    }
    case 2: {
        const auto name = child_name(me, true);
        const auto where = fork(process(me), name);
        const auto unit = std::exchange(me.unit, std::nullopt);
        const auto id =
            create(context.id, name, where, ScriptId{context.it.object}, {.unit = unit});
        auto& child = agent(id);
        child.leads_process = true;
        child.parent = context.id;
        me.children.push_back(id);
        if (!in_thread || !runtime_.start_waits) return take_back(context, 4);
        me.waiting_for = {.what = WaitingFor::What::thread,
                          .object = static_cast<std::uint32_t>(id)};
        return without_lock(context, 3, os::wait(me.own));
    }
    case 3: me.waiting_for = {}; return take_back(context, 4);
    default: return done();
    }
}

/// The child's first bytecode; a thread tells its parent that it runs.
Engine::Step Engine::begun(Context& context) {
    auto& me = context.me;
    if (ends_process(me)) return me.at.phase > 0 ? done() : with_lock(context, 1, first_work(me));
    switch (me.at.phase) {
    case 0: return without_lock(context, 1, os::run(parts_of(runtime_).arrive));
    case 1: return with_lock(context, 2, os::run(parts_of(runtime_).tell));
    case 2:
        if (me.parent && runtime_.start_waits) me.to_post.push_back(agent(*me.parent).own);
        me.at.phase = 3;  // after it was told
        return moved();
    case 3: return with_lock(context, 4, os::run(parts_of(runtime_).hold));
    case 4:
        if (leads_interpreter(me))
            return with_lock(context, 5, os::run(runtime_.interpreter_start));
        [[fallthrough]];
    default: return done();
    }
}

/// What the first thread of a process does before its program.
os::Operation Engine::first_work(const Agent& me) const {
    const auto& home = processes_[static_cast<std::size_t>(me.process)];
    switch (home.started_by) {
    case StartMethod::spawn: return os::run(runtime_.spawn_start);
    case StartMethod::forkserver:
        return os::run(runtime_.forkserver_start +
                       (home.first_of_server ? runtime_.spawn_start : Duration::zero()));
    case StartMethod::fork:
    case StartMethod::interpreter: break;
    }
    return os::run(runtime_.fork_start / 2);
}

/// A thread with an interpreter that it made itself, and ends itself.
bool Engine::leads_interpreter(const Agent& me) const {
    return me.leads_process &&
           processes_[static_cast<std::size_t>(me.process)].started_by == StartMethod::interpreter;
}

bool Engine::ends_process(const Agent& me) const {
    return me.leads_process && !leads_interpreter(me);
}

/// In the order in which they were started; what a process brings back is
/// unpickled here.
Engine::Step Engine::join_children(Context& context) {
    auto& me = context.me;
    for (;;) {
        switch (me.at.phase) {
        case 0:
            while (me.counter < me.children.size() && agent(me.children[me.counter]).background &&
                   !agent(me.children[me.counter]).exited)
                ++me.counter;
            if (me.counter == me.children.size()) {
                me.counter = 0;
                me.children.clear();
                return done();
            }
            return with_lock(context, 1,
                             os::run(ends_process(agent(me.children[me.counter]))
                                         ? runtime_.process_join
                                         : runtime_.thread_join));
        case 1: {
            auto& child = agent(me.children[me.counter]);
            if (child.exited) return take_back(context, 3);
            child.joiner = Waiter{context.id, me.number};
            me.waiting_for = {.what = WaitingFor::What::thread,
                              .object = static_cast<std::uint32_t>(me.children[me.counter])};
            if (me.number != 0) return await(context, 2, EventLoop::Awaits::others);
            return without_lock(context, 2, os::wait(me.own));
        }
        case 2: me.waiting_for = {}; return take_back(context, 3);
        case 3: {
            const auto& child = agent(me.children[me.counter]);
            Duration unpickle{};
            if (child.leads_process) payload(child, true, unpickle);
            return with_lock(context, 4, os::run(unpickle));
        }
        default: ++me.counter; me.at.phase = 0;
        }
    }
}

/// concurrent.futures.ThreadPoolExecutor: another worker only if none is idle.
Engine::Step Engine::pool_size(Context& context) {
    const auto& source = sources_[context.it.object];
    const bool full = context.me.children.size() >= context.it.count;
    return full || !source.takers.empty() || source.units.empty() ? jump() : done();
}

/// The end of a program returns to who called it; that of a thread's own
/// script ends the thread, and with it the process that it leads.
Engine::Step Engine::finish(Context& context) {
    auto& me = context.me;
    if (!me.callers.empty()) {
        me.at = me.callers.back();
        me.callers.pop_back();
        return moved();
    }
    if (me.number != 0) {
        loop(*me.event_loop).end(me);
        return moved();
    }
    switch (me.at.phase) {
    case 0:
        if (leads_interpreter(me)) return with_lock(context, 1, os::run(runtime_.interpreter_end));
        if (has_signal(context.id, me)) return with_lock(context, 1, os::run(Duration::zero()));
        [[fallthrough]];
    case 1: return without_lock(context, 2, os::run(leaving(me)));
    default: return without_lock(context, 3, {.verb = os::Verb::exit, .timeout = {}, .work = {}});
    }
}

/// What a thread does last.
Duration Engine::leaving(const Agent& me) const {
    const auto& home = processes_[static_cast<std::size_t>(me.process)];
    if (ends_process(me))
        return costs_.process_exit +
               costs_.exit_per_mib * static_cast<Duration::rep>(home.resident() / mib);
    return me.parent ? parts_of(runtime_).leave : Duration::zero();
}

void Engine::exited(ThreadId id) {
    auto& me = agent(id);
    me.exited = true;
    if (me.leads_process) {
        memory_ -= process(me).resident();
        for (auto& block : process(me).blocks) block = 0;
        process(me).own_memory = 0;
        record(Kind::memory, static_cast<std::uint32_t>(me.process), 0, memory_);
    }
    if (me.joiner) wake(nullptr, *me.joiner);
    const bool awaited = me.spawned_as > 0 || (!me.parent && !me.background);
    if (awaited && --foreground_ == 0) system_.stop();
}

/// What it has taken, or will take when it comes back.
std::optional<UnitId> Engine::unit_of(const Agent& me) const {
    if (me.unit) return me.unit;
    const auto& it = instruction(me);
    if (it.act != Act::take_unit) return std::nullopt;
    if (it.object == 0) return board_.next();
    const auto& units = sources_[it.object].units;
    return units.empty() ? std::nullopt : std::optional(units.front());
}

}  // namespace interlock::interpreter
