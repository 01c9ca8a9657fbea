// Steps that work or wait for time, control flow, shared objects and memory.

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "models/interpreter/engine.hpp"
#include "models/workload/uses.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::Outcome;
using os::Work;
using record::Kind;

namespace {

constexpr std::int64_t page = 4096;
constexpr std::uint32_t unread = ~std::uint32_t{0};

std::int64_t pages(std::int64_t bytes) { return (bytes + page - 1) / page; }

}  // namespace

/// What the step's amount is this time, in ns or bytes.
std::int64_t Engine::draw(Context& context) {
    const auto& amount = *context.it.amount;
    if (amount.shape == workload::Shape::constant) return amount.values.front();
    return workload::draw(amount, visit(context));
}

/// Where the draws of this visit of the step stand.
workload::DrawKey Engine::visit(Context& context) const {
    auto& me = context.me;
    if (me.visits.size() <= context.it.place) me.visits.resize(context.it.place + 1, 0);
    return {.seed = setup_.seed,
            .replication = setup_.replication,
            .instance = me.instance.value_or(me.draws_as),
            .place = context.it.place,
            // A thread that a task spawned has draws of its own.
            .visit = workload::visit_of(me.spawned_as, me.visits[context.it.place]++)};
}

/// Bytecode that takes `time` alone under the scenario's interpreter takes
/// reference / speed of it under this one.
Work Engine::bytecode_work(std::int64_t time) const {
    const auto value = Work::of(Duration{time}).value;
    return {(value * setup_.reference.ppm + runtime_.speed.ppm / 2) / runtime_.speed.ppm};
}

Engine::Step Engine::compute(Context& context, bool scaled) {
    auto& me = context.me;
    if (me.at.phase == 0) {
        const auto work = scaled ? bytecode_work(draw(context)) : Work::of(context.it.time);
        return with_lock(context, 1, os::run(work, true, context.it.footprint));
    }
    if (me.at.phase == 2)
        return with_lock(context, 1,
                         os::run(std::exchange(me.left, {}), true, context.it.footprint));
    auto rest = std::exchange(me.rest, {});
    if (context.last == Outcome::interrupted) rest.value += system_.withheld(context.id).value;
    if (rest.value == 0) return done();
    if (takes_turns(me) && turn_over(me)) {
        me.left = rest;
        return await(context, 2, EventLoop::Awaits::turn);
    }
    me.at_check = true;
    return with_lock(context, 1, os::run(rest, true, context.it.footprint));
}

Engine::Step Engine::native(Context& context) {
    if (context.me.at.phase == 1) return done();
    return with_lock(context, 1, os::run(Duration{draw(context)}, context.it.footprint));
}

Engine::Step Engine::nogil(Context& context) {
    if (takes_turns(context.me)) return hand_out(context);
    switch (context.me.at.phase) {
    case 0: return without_lock(context, 1, os::run(Duration{draw(context)}, context.it.footprint));
    case 1: return take_back(context, 2);
    default: return done();
    }
}

/// From now on; none: it is over. Counts from the end of the last one where the step says so,
/// as clock_nanosleep() with TIMER_ABSTIME.
std::optional<Duration> Engine::sleep_time(Context& context) {
    const Duration time{draw(context)};
    const auto since = static_cast<workload::Since>(context.it.object);
    if (since == workload::Since::now) return time;
    auto& beat = context.me.beat;
    beat += time;
    if (since == workload::Since::last) beat = std::max(beat, now());
    return beat > now() ? std::optional(beat - now()) : std::nullopt;
}

Engine::Step Engine::sleep(Context& context) {
    switch (context.me.at.phase) {
    case 0: {
        const auto time = sleep_time(context);
        if (!time) return done();
        if (context.me.number != 0)
            return await(context, 2, EventLoop::Awaits::timer, now() + *time);
        return without_lock(context, 1, os::sleep(*time));
    }
    case 1: return take_back(context, 2);
    default: return done();
    }
}

/// The time is shared evenly by the calls; each of them takes the lock again.
Engine::Step Engine::io(Context& context) {
    auto& me = context.me;
    const auto calls = static_cast<std::int64_t>(context.it.count);
    switch (me.at.phase) {
    case 0:
        me.amount = draw(context);
        me.counter = 0;
        [[fallthrough]];
    case 1: {
        const std::int64_t call = me.counter++;
        const auto time = me.amount * (call + 1) / calls - me.amount * call / calls;
        if (me.number != 0 && time > 0)
            return await(context, me.counter < context.it.count ? 1 : 3, EventLoop::Awaits::event,
                         now() + Duration{time});
        return without_lock(context, 2, os::io(Duration{time}));
    }
    case 2: return take_back(context, me.counter < context.it.count ? 1 : 3);
    default: me.counter = 0; return done();
    }
}

Engine::Step Engine::yield(Context& context) {
    switch (context.me.at.phase) {
    case 0:
        if (context.me.number != 0) return await(context, 2, EventLoop::Awaits::turn);
        return without_lock(context, 1, os::yield());
    case 1: return take_back(context, 2);
    default: return done();
    }
}

/// The C handler runs at once, in any thread, and leaves a note for the main thread, which
/// is there once however often the signal comes. Left out: that it interrupts a call in
/// which the main thread sleeps, as joins and locks of CPython are from 3.2 on.
Engine::Step Engine::signal(Context& context) {
    if (context.me.at.phase == 0) return with_lock(context, 1, os::run(system_.costs().syscall));
    auto& all = world(context.me);
    const auto work = bytecode_work(draw(context));
    if (all.handler.value != 0 || work.value == 0) return done();
    all.handler = work;
    const auto& main = agent(*all.main);
    auto* const lock = process(main).lock.get();
    if (lock != nullptr) lock->signalled(true);
    if (main.call.kind == LockCall::Kind::none && (lock == nullptr || main.holds))
        system_.interrupt(*all.main, Work::of(runtime_.check_spacing));
    return done();
}

/// Whether the thread has a signal to handle when it next runs bytecode.
bool Engine::has_signal(os::ThreadId id, const Agent& me) {
    const auto& all = world(me);
    return all.handler.value != 0 && *all.main == id;
}

os::Operation Engine::handle_signal(Agent& me) {
    if (auto* const lock = process(me).lock.get(); lock != nullptr) lock->signalled(false);
    me.handling = true;
    return os::run(std::exchange(world(me).handler, {}), true);
}

/// A burst of the handler has ended, or was cut at a check point.
void Engine::after_handling(os::ThreadId id, Agent& me, Outcome last) {
    me.handling = false;
    auto rest = std::exchange(me.rest, {});
    if (last == Outcome::interrupted) rest.value += system_.withheld(id).value;
    world(me).handler = rest;
    me.at_check = rest.value != 0;
}

Engine::Step Engine::repeat(Context& context) {
    auto& loops = context.me.loops;
    if (context.it.act == Act::repeat_begin) {
        loops.push_back(context.it.count);
        return done();
    }
    if (--loops.back() > 0) return jump();
    loops.pop_back();
    return done();
}

Engine::Step Engine::call(Context& context) {
    auto& me = context.me;
    me.callers.push_back({.script = me.at.script, .next = me.at.next + 1, .phase = 0});
    me.at = {.script = ScriptId{context.it.object}, .next = 0, .phase = 0};
    return moved();
}

Engine::Step Engine::choose(Context& context) {
    auto& me = context.me;
    const auto share = workload::draw_uniform(visit(context));
    const auto& choice = scripts_.choices[context.it.object];
    me.at.next = choice.target[workload::chosen(choice.upper, share)];
    me.at.phase = 0;
    return moved();
}

/// Until the cache line with the object's reference count is at the thread's CPU: it
/// serves one after the other. Source: the specification of the locks, section 4,
/// about 400 ns an access for each of 8 threads, so 50 ns one after the other.
os::Work Engine::reach(os::ThreadId thread, SharedObject& object) {
    if (runtime_.refcount == Duration::zero()) return {};
    const auto cpu = system_.cpu_of(thread);
    const auto begins = std::max(now(), object.count_free);
    const bool comes = object.count_at && *object.count_at != cpu;
    object.count_at = cpu;
    object.count_free = begins + (comes ? runtime_.refcount : Duration::zero());
    object.count_wait += object.count_free - now();
    return Work::of(object.count_free - now());
}

kernel::Duration Engine::count_wait(std::size_t object) const {
    Duration sum{};
    for (const auto& process : processes_) sum += process.objects[object].count_wait;
    return sum;
}

/// read, write and update (x += 1). Under a lock whose check points are sparse
/// no switch falls between the read and the write of an update. Where objects have
/// locks of their own, it is the write that is done under them.
Engine::Step Engine::access(Context& context) {
    auto& me = context.me;
    const auto index = context.it.object;
    auto& object = process(me).objects[index];
    const bool atomic = runtime_.has_lock() && runtime_.check_points == CheckPoints::sparse;
    const auto act = context.it.act;
    const bool torn = act == Act::update && !atomic;
    // What comes before the write, and what is part of it.
    const auto whole = runtime_.object_access;
    const bool apart = act == Act::write && object.lock;
    const auto first = apart ? Duration::zero() : torn ? whole / 2 : whole;
    switch (me.at.phase) {
    case 0: {
        const bool counts =
            act == Act::write || workload_.objects[index].shared == workload::Sharing::counted;
        auto work = counts ? reach(context.id, object) : Work{};
        work.value += Work::of(first).value;
        return with_lock(context, 1, os::run(work));
    }
    case 1:
        if (act != Act::write) {
            if (me.versions.size() <= index) me.versions.resize(index + 1, unread);
            me.versions[index] = object.version;
        }
        if (act == Act::read) return done();
        if (object.lock) {
            me.inner = {.kind = LockCall::Kind::take, .thread = context.id};
            me.at.phase = 2;
            return moved();
        }
        if (torn) return with_lock(context, 3, os::run(whole - first));
        write_object(context);
        return done();
    case 2:
        if (const auto operation = go_on(me, *object.lock))
            return with_lock(context, 2, *operation);
        {
            auto work = apart ? Work{} : reach(context.id, object);
            work.value += Work::of(whole - first).value;
            return with_lock(context, 3, os::run(work));
        }
    case 3:
        write_object(context);
        if (!object.lock) return done();
        me.inner = {.kind = LockCall::Kind::drop, .thread = context.id};
        me.at.phase = 4;
        return moved();
    default:
        if (const auto operation = go_on(me, *object.lock))
            return with_lock(context, 4, *operation);
        return done();
    }
}

/// A write after a read that another write has made stale loses that one.
void Engine::write_object(Context& context) {
    auto& me = context.me;
    const auto object = context.it.object;
    if (me.versions.size() <= object) me.versions.resize(object + 1, unread);
    auto& version = process(me).objects[object].version;
    const bool lost = me.versions[object] != unread && me.versions[object] != version;
    ++version;
    me.versions[object] = unread;
    record(Kind::object_write, static_cast<std::uint32_t>(context.id),
           static_cast<std::uint32_t>(me.process), std::uint64_t{object} * 2 + (lost ? 1 : 0));
}

Engine::Step Engine::allocate(Context& context) {
    auto& me = context.me;
    if (me.at.phase == 0) {
        me.amount = draw(context);
        return with_lock(context, 1, os::run(costs_.page_touch * pages(me.amount)));
    }
    auto& home = process(me);
    const auto bytes = static_cast<std::uint64_t>(me.amount);
    if (charge_memory(home, bytes, home.resident())) {
        home.blocks[context.it.object] += bytes;
        record(Kind::memory, static_cast<std::uint32_t>(me.process), 0, memory_);
    }
    return done();
}

/// In a forked child even reading copies the pages it shares, through the
/// reference counts. Their memory was counted at the fork, in full.
Engine::Step Engine::touch(Context& context) {
    auto& me = context.me;
    if (me.at.phase == 1) return done();
    auto& home = process(me);
    const auto block = context.it.object;
    const auto whole = static_cast<std::int64_t>(home.blocks[block]);
    const auto bytes = context.it.amount != nullptr ? std::min(draw(context), whole) : whole;
    const auto copied = std::min(bytes, static_cast<std::int64_t>(home.inherited[block]));
    home.inherited[block] -= static_cast<std::uint64_t>(copied);
    return with_lock(context, 1, os::run(costs_.page_copy * pages(copied)));
}

Engine::Step Engine::free_block(Context& context) {
    auto& me = context.me;
    if (me.at.phase == 0) return with_lock(context, 1, os::run(costs_.syscall));
    auto& home = process(me);
    memory_ -= home.blocks[context.it.object];
    home.blocks[context.it.object] = 0;
    home.inherited[context.it.object] = 0;
    record(Kind::memory, static_cast<std::uint32_t>(me.process), 0, memory_);
    return done();
}

Engine::Step Engine::mark(Context& context) {
    if (context.me.instance && context.me.spawned_as == 0)
        record(Kind::mark, *context.me.instance, 0, context.it.object);
    return done();
}

}  // namespace interlock::interpreter
