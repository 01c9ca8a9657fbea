#include "models/interpreter/engine.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "models/workload/uses.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using os::Operation;
using os::Outcome;
using os::ThreadId;
using os::Verb;
using record::Kind;

Engine::Engine(const Setup& setup, const os::Settings& settings, Scripts scripts, Board board,
               kernel::Random noise, kernel::Simulation& simulation)
    : setup_(setup), runtime_(*setup.runtime), costs_(setup.machine->costs),
      workload_(*setup.workload), scripts_(std::move(scripts)), board_(std::move(board)),
      system_(*setup.machine, settings, noise, simulation, *this, scripts_.footprints),
      noise_(setup.seed, kernel::stream_of("interpreter") + setup.replication),
      conditions_(workload_.conditions.size()), sources_(1), outside_(workload_.tasks.size()),
      puts_(workload::puts_of_programs(workload_)), arrivals_(board_.instances().size()),
      periodic_(workload_.tasks.size()), ended_(board_.instances().size()),
      aborted_(board_.instances().size()) {
    for (const auto& name : workload_.devices)
        devices_.push_back(*hardware::find_device(*setup.machine, name));
    for (std::size_t i = 0; i < workload_.locks.size(); ++i) locks_.push_back(named_lock());
    for (const auto& queue : workload_.queues) {
        const bool piped =
            queue.over ? *queue.over != workload::Transport::memory : setup.piped_queues;
        queues_.push_back({.items = {},
                           .capacity = queue.capacity,
                           .piped = piped,
                           .socket = queue.over == workload::Transport::socket,
                           .getters = {},
                           .putters = {}});
    }
    help_script_ = scripts_.add({{.act = Act::help_lock, .timeout = {}}});
    blocking_script_ = scripts_.add({{.act = Act::help_blocking, .timeout = {}}});
    const auto producers = workload::producers(workload_, board_.instances());
    for (std::size_t q = 0; q < queues_.size(); ++q) queues_[q].producers = producers[q];
    for (const auto parties : workload::parties(workload_, board_.instances()))
        barriers_.push_back({.parties = parties, .waiters = {}});
    std::iota(arrivals_.begin(), arrivals_.end(), 0U);
    std::stable_sort(arrivals_.begin(), arrivals_.end(), [this](std::uint32_t a, std::uint32_t b) {
        return board_.instances()[a].arrival < board_.instances()[b].arrival;
    });
}

/// CPython's threading.Lock: a semaphore, from 3.13.1 on one byte and a parking lot.
/// It spins only where there is no interpreter lock. asyncio.Lock is neither; one that
/// the routines of a loop share with threads is a semaphore here.
NamedLock Engine::named_lock() {
    if (!runtime_.parking_locks || setup_.event_loops)
        return {.semaphore = system_.library().add_semaphore(1),
                .parking = {},
                .holder = {},
                .routines = {}};
    const ParkingLockParameters parameters{
        .spins = runtime_.has_lock() ? 0 : ParkingLockParameters{}.spins};
    return {.parking = ParkingLock(parameters, system_.library()), .holder = {}, .routines = {}};
}

os::Stop Engine::run(std::optional<kernel::Time> until, std::uint64_t events_max) {
    for (std::size_t u = 0; u < board_.units(); ++u) {
        const auto& unit = board_.unit(UnitId{static_cast<std::uint32_t>(u)});
        const auto task = static_cast<std::size_t>(board_.instances()[unit.first].task);
        const bool has_thread =
            !workload_.tasks[task].periodic || board_.instances()[unit.first].number == 0;
        if (unit.starts_itself && has_thread && !workload_.tasks[task].background) ++foreground_;
    }
    arrivals();
    if (foreground_ == 0) return os::Stop::asked;
    const auto stop = system_.run(until, events_max);
    system_.simulation().trace().flush();
    return stalled_ ? os::Stop::out_of_events : stop;
}

Operation Engine::next(ThreadId id, Outcome last) {
    auto& me = agent(id);
    if (stops()) count_bytecode(id, me, last);
    if (me.handling) {
        after_handling(id, me, last);
        last = Outcome::done;
    }
    for (;;) {
        if (me.call.kind != LockCall::Kind::none) {
            me.call.now = now();
            const auto step = process(me).lock->next(me.call, last);
            note(id, me, step);
            last = Outcome::done;
            if (step.operation.verb == Verb::nothing) continue;
            if (step.operation.verb != Verb::done) return step.operation;
            me.holds = me.call.kind != LockCall::Kind::drop;
            me.call.kind = LockCall::Kind::none;
        }
        const bool over = me.instance && aborted_[*me.instance] && between_steps(me);
        if (over && me.pending && me.pending->operation.interruptible) me.pending.reset();
        if (me.pending) {
            if (!settle_lock(id, me)) {
                last = Outcome::done;
                continue;
            }
            if (stops())
                if (const auto operation = settle_world(id, me)) return *operation;
            const bool handles = me.pending->with == Want::With::lock && has_signal(id, me);
            auto operation = handles ? handle_signal(me) : me.pending->operation;
            if (takes_turns(me) && me.pending->with == Want::With::lock && !operation.interruptible)
                me.turn_used.value += operation.work.value;
            if (!handles) me.pending.reset();
            if (operation.interruptible) operation.work = until_slice_ends(me, operation.work);
            if (operation.interruptible && stops())
                operation.work = until_collection(me, operation.work);
            if (operation.verb != Verb::nothing) return operation;
            last = Outcome::done;
        }
        if (!me.to_post.empty()) {
            me.pending = Want{.with = me.posts_in_kernel ? Want::With::no_lock : Want::With::lock,
                              .operation = os::post(me.to_post.back(), me.posts_in_kernel)};
            me.to_post.pop_back();
            continue;
        }
        me.posts_in_kernel = false;
        if (me.resumed) last = *std::exchange(me.resumed, std::nullopt);
        if (over) abandon(id, me);
        Context context{.id = id, .me = me, .it = instruction(me), .last = last};
        const bool gives_way = me.at.phase == 0 && takes_turns(me) && turn_over(me);
        const auto step = gives_way ? await(context, 0, EventLoop::Awaits::turn) : execute(context);
        last = Outcome::done;
        if (step.kind == Step::Kind::want) {
            me.pending = step.want;
            continue;
        }
        if (step.kind == Step::Kind::moved) continue;
        me.at.next = step.kind == Step::Kind::jump ? context.it.target : me.at.next + 1;
        me.at.phase = 0;
    }
}

/// Whether the thread stands to the lock as its next operation wants it; if
/// not, a call is begun that brings it there.
bool Engine::settle_lock(ThreadId id, Agent& me) {
    const auto* lock = process(me).lock.get();
    if (lock == nullptr) return true;
    const bool wants = me.pending->with == Want::With::lock;
    const bool slice_ends = std::exchange(me.at_check, false) && lock->slice().value != 0;
    if (wants && me.holds && (slice_ends || lock->drop_requested(id))) {
        begin_call(id, me, lock->when_asked(), true);
        return false;
    }
    if (wants == me.holds) return true;
    begin_call(id, me, wants ? LockCall::Kind::take : LockCall::Kind::drop, false);
    return false;
}

/// The part of a burst of bytecode that comes before the holder drops the lock by
/// itself.
os::Work Engine::until_slice_ends(Agent& me, os::Work work) {
    if (takes_turns(me)) {
        const auto quantum = os::Work::of(*loop(*me.event_loop).quantum).value;
        const auto part = std::min(work.value, quantum - std::min(quantum - 1, me.turn_used.value));
        me.turn_used.value += part;
        me.rest.value = work.value - part;
        return {part};
    }
    const auto* lock = process(me).lock.get();
    const auto slice = lock != nullptr ? lock->slice() : os::Work{};
    if (slice.value == 0 || work.value <= slice.value) return work;
    me.rest.value = work.value - slice.value;
    return slice;
}

void Engine::begin_call(ThreadId id, Agent& me, LockCall::Kind kind, bool forced) {
    me.call = {.kind = kind, .forced = forced, .thread = id};
    if (stops()) detach(me);
    if (kind == LockCall::Kind::take)
        record(Kind::lock_request, static_cast<std::uint32_t>(id),
               static_cast<std::uint32_t>(me.process), process(me).lock->held() ? 1 : 0);
}

void Engine::note(ThreadId id, const Agent& me, const LockStep& step) {
    const auto thread = static_cast<std::uint32_t>(id);
    const auto lock = static_cast<std::uint32_t>(me.process);
    switch (step.note) {
    case Note::nothing: return;
    case Note::requested: return record(Kind::lock_request, thread, lock, 1);
    case Note::granted:
    case Note::granted_by_switch:
        fetch_data(process(me), system_.cpu_of(id));
        return record(Kind::lock_grant, thread, lock, step.note == Note::granted_by_switch ? 1 : 0);
    case Note::released:
    case Note::released_by_force:
        process(me).released_at = system_.cpu_of(id);
        return record(Kind::lock_release, thread, lock,
                      step.note == Note::released_by_force ? 1 : 0);
    case Note::drop_requested:
        record(Kind::drop_request, thread, lock, static_cast<std::uint64_t>(step.asked));
        system_.interrupt(step.asked, os::Work::of(runtime_.check_spacing));
        return;
    case Note::contended: return system_.interrupt(step.asked, process(me).lock->slice());
    case Note::needs_helper: return system_.post(*process(me).lock->helper());
    }
}

/// The interpreter's data follows its lock.
void Engine::fetch_data(const Process& process, os::CpuId to) {
    if (process.released_at && *process.released_at != to)
        system_.disturb(to, runtime_.cold_holder);
}

Engine::Step Engine::with_lock(Context& context, std::uint8_t phase, Operation operation) {
    context.me.at.phase = phase;
    return {.kind = Step::Kind::want, .want = {.with = Want::With::lock, .operation = operation}};
}

Engine::Step Engine::without_lock(Context& context, std::uint8_t phase, Operation operation) {
    context.me.at.phase = phase;
    return {.kind = Step::Kind::want,
            .want = {.with = Want::With::no_lock, .operation = operation}};
}

Engine::Step Engine::execute(Context& context) {
    switch (context.it.act) {
    case Act::help_lock:
        begin_call(context.id, context.me, LockCall::Kind::help, false);
        return moved();
    case Act::go_round: return go_round();
    case Act::compute: return compute(context, true);
    case Act::bytecode: return compute(context, false);
    case Act::native: return native(context);
    case Act::nogil: return nogil(context);
    case Act::sleep: return sleep(context);
    case Act::io: return io(context);
    case Act::device: return device(context);
    case Act::acquire: return acquire(context);
    case Act::release: return release(context);
    case Act::put: return put(context);
    case Act::get:
    case Act::each: return get(context);
    case Act::barrier: return barrier(context);
    case Act::wait: return wait(context);
    case Act::notify: return notify(context);
    case Act::spawn: return start_thread(context, spawned_script(context.it.object), true);
    case Act::start_thread: return start_thread(context, ScriptId{context.it.object}, false);
    case Act::start_process: return start_process(context);
    case Act::begun: return begun(context);
    case Act::join_spawned:
    case Act::join_children: return join_children(context);
    case Act::pool_size: return pool_size(context);
    case Act::yield: return yield(context);
    case Act::signal: return signal(context);
    case Act::read:
    case Act::write:
    case Act::update: return access(context);
    case Act::allocate: return allocate(context);
    case Act::touch: return touch(context);
    case Act::free: return free_block(context);
    case Act::mark: return mark(context);
    case Act::repeat_begin:
    case Act::repeat_end: return repeat(context);
    case Act::choose: return choose(context);
    case Act::jump: return jump();
    case Act::call: return call(context);
    case Act::finish: return finish(context);
    case Act::take_unit: return take_unit(context);
    case Act::run_unit: return run_unit(context);
    case Act::tell_finished: return tell_finished(context);
    case Act::hand_over: return hand_over(context);
    case Act::send: return send(context);
    case Act::receive: return receive(context);
    case Act::close_source: return close_source(context);
    case Act::collect: return collect(context);
    case Act::wait_collected: return wait_collected(context);
    case Act::poll_collected: return poll_collected(context);
    case Act::run_loop: return run_loop(context);
    case Act::run_threads: return run_threads(context);
    case Act::help_blocking: return help_blocking(context);
    case Act::watch_results: return watch_results(context);
    }
    kernel::broken("every act has its step");
}

}  // namespace interlock::interpreter
