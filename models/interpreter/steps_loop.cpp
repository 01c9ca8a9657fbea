// The event loop of a thread: its turns, and how its routines await.

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
    if (what == Awaits::event) system_.at(*due, 1 + static_cast<std::uint32_t>(id));
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
        return with_lock(context, 1,
                         os::run(runtime_.loop_start +
                                 runtime_.loop_callback * (2 * std::int64_t{context.it.count})));
    }
    auto& own = loop(*me.event_loop);
    switch (me.at.phase) {
    case 1: {
        if (own.over()) return done();
        if (own.busy(now())) return without_lock(context, 2, os::run(costs_.syscall));
        std::optional<Duration> timeout;
        if (const auto timer = own.next_timer()) {
            const auto left = std::max(*timer - now(), Duration::zero());
            const auto grain = std::max(runtime_.loop_resolution, Duration{1});
            timeout = (left + grain - Duration{1}) / grain * grain;
        }
        own.selecting = true;
        return without_lock(
            context, 2,
            os::wait(own.selector, timeout,
                     own.awaits_outside() ? os::Waiting::io : os::Waiting::blocked));
    }
    case 2:
        own.selecting = false;
        while (system_.library().try_wait(own.selector)) {
        }
        return with_lock(context, 3, os::run(runtime_.loop_turn));
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
        const auto outside = own.resume(me, own.callback.routine, now());
        if (me.instance)
            record(Kind::task_resumed, *me.instance, 0,
                   static_cast<std::uint64_t>(outside.count()));
        return moved();
    }
}

}  // namespace interlock::interpreter
