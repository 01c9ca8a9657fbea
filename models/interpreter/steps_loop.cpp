// The event loop of a thread: its turns, and how its routines await; and threads that
// share a native one, as another kind of routines.

#include <algorithm>
#include <utility>

#include "models/interpreter/engine.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using kernel::Time;
using record::Kind;
using Awaits = EventLoop::Awaits;

/// Another routine of the thread goes on, until something lets this one: then at `phase`.
Engine::Step Engine::await(Context& context, std::uint8_t phase, Awaits what,
                           std::optional<Time> due) {
    auto& me = context.me;
    me.at.phase = phase;
    if (me.instance)
        record(Kind::task_paused, *me.instance, 0, static_cast<std::uint64_t>(context.id));
    const auto id = *me.event_loop;
    loop(id).suspend(me, what, now(), due);
    if (what == Awaits::event && due) system_.at(*due, 1 + static_cast<std::uint32_t>(id));
    return moved();
}

/// `me` is the thread whose doing it is; none: the outside world's.
void Engine::wake(Agent* me, Waiter waiter) {
    const auto& other = agent(waiter.thread);
    auto semaphore = other.own;
    if (waiter.routine != 0) {
        auto& event_loop = loop(*other.event_loop);
        event_loop.wake(waiter.routine);
        if (!event_loop.selecting) return;
        semaphore = event_loop.selector;
    }
    if (me != nullptr)
        me->to_post.push_back(semaphore);
    else
        system_.post(semaphore);
}

Engine::Step Engine::run_loop(Context& context) {
    auto& me = context.me;
    if (me.at.phase == 0) {
        me.event_loop = EventLoopId{static_cast<std::uint32_t>(loops_.size())};
        loops_.emplace_back(context.it.count, ScriptId{context.it.object},
                            system_.library().add_semaphore(0));
        loops_.back().thread = context.id;
        return with_lock(context, 1,
                         os::run(runtime_.loop_start +
                                 runtime_.loop_callback * (2 * std::int64_t{context.it.count})));
    }
    auto& own = loop(*me.event_loop);
    switch (me.at.phase) {
    case 1: {
        if (own.over()) return done();
        me.waits_since = now();
        if (own.busy(now())) return without_lock(context, 2, os::run(costs_.syscall));
        own.selecting = true;
        return without_lock(
            context, 2,
            os::wait(own.selector, until_timer(own),
                     own.awaits_outside() ? os::Waiting::io : os::Waiting::blocked));
    }
    case 2:
        end_select(own);
        return with_lock(context, 3, os::run(runtime_.loop_turn + cooled(now() - me.waits_since)));
    case 3: own.turn = own.collect(now()); [[fallthrough]];
    case 4:
        if (own.turn == 0) {
            me.at.phase = 1;
            return moved();
        }
        --own.turn;
        own.callback = own.take();
        if (own.callback.by == Awaits::event)
            return without_lock(context, 5, os::run(costs_.syscall));
        return with_lock(context, 6, os::run(runtime_.loop_callback));
    case 5: return with_lock(context, 6, os::run(runtime_.loop_callback));
    default:
        me.at.phase = 4;
        if (own.callback.by != Awaits::turn) {
            own.came(own.callback);
            return moved();
        }
        go_on(context, own.callback.routine);
        return moved();
    }
}

/// What its code takes more that has left the caches meanwhile.
Duration Engine::cooled(Duration slept) const {
    constexpr Duration cold_after{2'000'000};
    return runtime_.loop_cold * std::min(slept, cold_after).count() / cold_after.count();
}

/// For how long select() waits at most.
std::optional<Duration> Engine::until_timer(const EventLoop& own) const {
    const auto timer = own.next_timer();
    if (!timer) return std::nullopt;
    const auto left = std::max(*timer - now(), Duration::zero());
    const auto grain = std::max(runtime_.loop_resolution, Duration{1});
    return (left + grain - Duration{1}) / grain * grain;
}

void Engine::end_select(EventLoop& own) {
    own.selecting = false;
    while (system_.library().try_wait(own.selector)) {
    }
}

/// What this thread does from now on is done for that task.
void Engine::works_for(const Context& context, std::uint32_t instance) {
    record(Kind::task_resumed, instance, record::thread_follows,
           static_cast<std::uint64_t>(context.id));
}

/// The routine runs on this thread, which knows where its loop stands.
void Engine::go_on(Context& context, std::uint32_t routine) {
    auto& me = context.me;
    const auto outside = loop(*me.event_loop).resume(me, routine, now());
    me.turn_used = {};
    if (me.instance && takes_turns(me)) works_for(context, *me.instance);
    if (me.instance)
        record(Kind::task_resumed, *me.instance, 0, static_cast<std::uint64_t>(outside.count()));
}

/// Source followed: Ruby 3.3's scheduler as the specification tells it (locks, 6.2), and
/// thread_pthread_mn.c: a lone ractor has one shared native thread. Left out: that its timer
/// thread waits for the outside world and wakes it, that a native thread which leaves the
/// interpreter is replaced at a tick of 10 ms only, ticks, the threads' priorities.
Engine::Step Engine::run_threads(Context& context) {
    auto& me = context.me;
    if (me.at.phase == 0) {
        me.event_loop = EventLoopId{static_cast<std::uint32_t>(loops_.size())};
        auto& made = loops_.emplace_back(context.it.count, ScriptId{context.it.object},
                                         system_.library().add_semaphore(0));
        made.quantum = std::max(runtime_.quantum, Duration{1});
        made.thread = context.id;
        return with_lock(context, 1,
                         os::run(runtime_.thread_start * std::int64_t{context.it.count}));
    }
    auto& own = loop(*me.event_loop);
    switch (me.at.phase) {
    case 1:
        if (own.over()) return done();
        if (own.collect(now()) > 0) return with_lock(context, 3, os::run(runtime_.thread_switch));
        own.selecting = true;
        return without_lock(
            context, 2,
            os::wait(own.selector, until_timer(own),
                     own.awaits_outside() ? os::Waiting::io : os::Waiting::blocked));
    case 2: end_select(own); return take_back(context, 1);
    default:
        me.at.phase = 1;
        go_on(context, own.take().routine);
        return moved();
    }
}

/// Whether another routine is ready when this one has used its quantum up.
bool Engine::turn_over(Agent& me) {
    auto& own = loop(*me.event_loop);
    if (me.turn_used < os::Work::of(*own.quantum)) return false;
    me.turn_used = {};
    return own.collect(now()) > 0;
}

/// The routine waits while a native thread of its own works for it.
Engine::Step Engine::hand_out(Context& context) {
    auto& me = context.me;
    auto& own = loop(*me.event_loop);
    switch (me.at.phase) {
    case 0:
        me.amount = draw(context);
        if (own.idle_helpers.empty()) return with_lock(context, 1, os::run(costs_.thread_start));
        me.to_post.push_back(agent(own.idle_helpers.back()).own);
        own.idle_helpers.pop_back();
        return give_away(context);
    case 1: {
        const auto id =
            create(context.id, me.name + ", blocking", me.process, blocking_script_, {});
        agent(id).background = true;
        agent(id).event_loop = me.event_loop;
        return give_away(context);
    }
    default: return done();
    }
}

/// Some helper finds it; the routine awaits it from now on.
Engine::Step Engine::give_away(Context& context) {
    auto& me = context.me;
    loop(*me.event_loop)
        .blocking.push_back({.routine = me.number,
                             .instance = me.instance,
                             .work = Duration{me.amount},
                             .footprint = context.it.footprint});
    return await(context, 2, Awaits::others);
}

Engine::Step Engine::help_blocking(Context& context) {
    auto& me = context.me;
    auto& own = loop(*me.event_loop);
    if (me.at.phase == 1) {
        if (me.instance)
            record(Kind::task_paused, *me.instance, 0, static_cast<std::uint64_t>(context.id));
        me.instance.reset();
        me.posts_in_kernel = true;
        me.at.phase = 0;
        wake(&me, {.thread = own.thread, .routine = me.counter});
        return moved();
    }
    if (own.blocking.empty()) {
        own.idle_helpers.push_back(context.id);
        return without_lock(context, 0, os::wait(me.own));
    }
    const auto next = own.blocking.front();
    own.blocking.pop_front();
    me.counter = next.routine;
    me.instance = next.instance;
    if (me.instance) works_for(context, *me.instance);
    return without_lock(context, 1, os::run(next.work, next.footprint));
}

}  // namespace interlock::interpreter
