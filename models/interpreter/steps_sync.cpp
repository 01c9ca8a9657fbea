// Steps by which threads wait for each other: named locks, barriers,
// conditions, queues.

#include <algorithm>

#include "models/interpreter/engine.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::Outcome;
using record::Kind;

/// Stands in the deque and sleeps on the thread's own lock, without the
/// interpreter's.
Engine::Step Engine::park(Context& context, std::uint8_t phase, Waiters& waiters,
                          WaitingFor waiting_for) {
    auto& me = context.me;
    waiters.push_back({context.id, me.number});
    me.waiting_for = waiting_for;
    std::optional<Duration> timeout;
    if (context.it.timeout)
        timeout = std::max(*context.it.timeout - (now() - me.waits_since), Duration::zero());
    if (me.number != 0)
        return await(context, phase, EventLoop::Awaits::others,
                     timeout ? std::optional(now() + *timeout) : std::nullopt);
    return without_lock(context, phase, os::wait(me.own, timeout));
}

/// After park: whether somebody let the thread go on before its time was out.
bool Engine::unpark(Context& context, Waiters& waiters) {
    auto& me = context.me;
    me.waiting_for = {};
    if (context.last != Outcome::timed_out) return true;
    const auto mine = std::find(waiters.begin(), waiters.end(), Waiter{context.id, me.number});
    if (mine != waiters.end()) {
        waiters.erase(mine);
        return false;
    }
    if (me.number != 0) return false;
    // Somebody took it out of the deque as its time ran out, and will post the
    // lock it slept on. Python waits on a fresh lock each time; so does it.
    me.own = system_.library().add_semaphore(0);
    return false;
}

void Engine::wake_first(Agent* me, Waiters& waiters) {
    if (waiters.empty()) return;
    const auto first = waiters.front();
    waiters.pop_front();
    wake(me, first);
}

/// The next operation of a call of a lock that threads have among themselves; none:
/// the call is over.
std::optional<os::Operation> Engine::go_on(Agent& me, ParkingLock& lock) {
    for (;;) {
        me.inner.now = now();
        const auto step = lock.next(me.inner, Outcome::done);
        if (step.operation.verb == os::Verb::done) return std::nullopt;
        if (step.operation.verb != os::Verb::nothing) return step.operation;
    }
}

/// As acquire(), with a queue in which each has its turn after 1 ms.
Engine::Step Engine::acquire_parking(Context& context, NamedLock& lock) {
    auto& me = context.me;
    switch (me.at.phase) {
    case 1:
        me.inner = {.kind = LockCall::Kind::take, .thread = context.id};
        me.at.phase = 2;
        [[fallthrough]];
    case 2:
        if (const auto operation = go_on(me, *lock.parking)) {
            me.waiting_for = {.what = WaitingFor::What::lock, .object = context.it.object};
            return without_lock(context, 2, *operation);
        }
        me.waiting_for = {};
        kernel::check(!lock.holder, "a named lock has one holder");
        lock.holder = Waiter{context.id, context.me.number};
        return take_back(context, 3);
    default: return done();
    }
}

/// asyncio.Lock.acquire (Lib/asyncio/locks.py): no routine overtakes those that wait.
Engine::Step Engine::acquire_in_loop(Context& context, NamedLock& lock) {
    auto& me = context.me;
    const Waiter mine{context.id, me.number};
    auto& waiters = lock.routines;
    const bool waits = me.waiting_for.what == WaitingFor::What::lock;
    const bool first = waiters.empty() || waiters.front() == mine;
    if (first && system_.library().try_wait(lock.semaphore)) {
        if (waits) waiters.pop_front();
        me.waiting_for = {};
        lock.holder = mine;
        return done();
    }
    if (!waits) waiters.push_back(mine);
    me.waiting_for = {.what = WaitingFor::What::lock, .object = context.it.object};
    return await(context, 1, EventLoop::Awaits::others);
}

/// threading.Lock.acquire: tries under the interpreter lock; only if that
/// fails it lets go of it and sleeps. A woken waiter owns the named lock before
/// it has the interpreter's again.
Engine::Step Engine::acquire(Context& context) {
    auto& lock = locks_[context.it.object];
    switch (context.me.at.phase) {
    case 0: return with_lock(context, 1, os::run(costs_.user_operation * 2));
    case 1:
        if (lock.parking) return acquire_parking(context, lock);
        if (context.me.number != 0) return acquire_in_loop(context, lock);
        if (system_.library().try_wait(lock.semaphore)) {
            lock.holder = Waiter{context.id, context.me.number};
            return done();
        }
        context.me.waiting_for = {.what = WaitingFor::What::lock, .object = context.it.object};
        return without_lock(context, 2, os::wait(lock.semaphore));
    case 2:
        if (lock.parking) return acquire_parking(context, lock);
        context.me.waiting_for = {};
        kernel::check(!lock.holder, "a named lock has one holder");
        lock.holder = Waiter{context.id, context.me.number};
        return take_back(context, 3);
    default: return done();
    }
}

Engine::Step Engine::release(Context& context) {
    auto& me = context.me;
    auto& lock = locks_[context.it.object];
    if (me.at.phase == 2) {
        const auto operation = go_on(me, *lock.parking);
        return operation ? with_lock(context, 2, *operation) : done();
    }
    if (me.at.phase == 1) {
        if (!lock.routines.empty()) wake(&me, lock.routines.front());
        return done();
    }
    kernel::check(lock.holder == Waiter{context.id, me.number},
                  "a named lock is released by its holder");
    lock.holder.reset();
    if (lock.parking) {
        me.inner = {.kind = LockCall::Kind::drop, .thread = context.id};
        return with_lock(context, 2, os::nothing());
    }
    return with_lock(context, 1, os::post(lock.semaphore));
}

Engine::Step Engine::barrier(Context& context) {
    auto& barrier = barriers_[context.it.object];
    switch (context.me.at.phase) {
    case 0: return with_lock(context, 1, os::run(runtime_.task_dispatch));
    case 1:
        if (++barrier.arrived < barrier.parties)
            return park(context, 2, barrier.waiters,
                        {.what = WaitingFor::What::barrier, .object = context.it.object});
        barrier.arrived = 0;
        while (!barrier.waiters.empty()) wake_first(&context.me, barrier.waiters);
        return done();
    case 2: unpark(context, barrier.waiters); return take_back(context, 3);
    default: return done();
    }
}

Engine::Step Engine::wait(Context& context) {
    auto& waiters = conditions_[context.it.object];
    switch (context.me.at.phase) {
    case 0: return with_lock(context, 1, os::run(runtime_.task_dispatch));
    case 1:
        context.me.waits_since = now();
        return park(context, 2, waiters,
                    {.what = WaitingFor::What::condition, .object = context.it.object});
    case 2: unpark(context, waiters); return take_back(context, 3);
    default: return done();
    }
}

Engine::Step Engine::notify(Context& context) {
    if (context.me.at.phase == 0) return with_lock(context, 1, os::run(runtime_.task_dispatch));
    auto& waiters = conditions_[context.it.object];
    auto count = context.it.count == 0 ? waiters.size() : context.it.count;
    for (; count > 0 && !waiters.empty(); --count) wake_first(&context.me, waiters);
    return done();
}

Duration Engine::pickling(std::int64_t bytes, workload::PayloadKind kind) const {
    if (kind == workload::PayloadKind::shared) return Duration::zero();
    const auto rate = kind == workload::PayloadKind::array
                          ? runtime_.pickle_array_bytes_per_second
                          : runtime_.pickle_objects_bytes_per_second;
    if (rate == 0) return Duration::zero();
    return Duration{
        static_cast<Duration::rep>(static_cast<kernel::Wide>(bytes) * 1'000'000'000 / rate)};
}

/// The system call that moves an item.
os::Operation Engine::moving(const SharedQueue& queue, bool to_put, std::int64_t bytes) const {
    const auto time = piping(bytes);
    if (!queue.socket) return os::run(time);
    const auto as_message = time + costs_.socket_call - costs_.syscall;
    return to_put ? os::send(as_message) : os::receive(as_message);
}

Duration Engine::piping(std::int64_t bytes) const {
    if (costs_.pipe_bytes_per_second == 0) return costs_.syscall;
    return costs_.syscall +
           Duration{static_cast<Duration::rep>(static_cast<kernel::Wide>(bytes) * 1'000'000'000 /
                                               costs_.pipe_bytes_per_second)};
}

void Engine::queue_wait(Context& context, bool to_put) {
    const auto waited = static_cast<std::uint64_t>((now() - context.me.waits_since).count());
    if (waited > 0)
        record(Kind::queue_wait, static_cast<std::uint32_t>(context.id), context.it.object,
               waited * 2 + (to_put ? 1 : 0));
}

/// Under the lock, of an item on its way in or out. A socket moves bytes as they are.
Duration Engine::packing(const SharedQueue& queue, std::int64_t bytes) const {
    if (!queue.piped || queue.socket) return runtime_.task_dispatch;
    return runtime_.message / 2 + pickling(bytes, workload::PayloadKind::objects);
}

/// Within a process an item is handed over under the lock. Through a pipe or a
/// socket it is packed under the lock; the system calls that move it, wait for
/// it and wake who waits for it are made without.
Engine::Step Engine::put(Context& context) {
    auto& me = context.me;
    auto& queue = queues_[context.it.object];
    switch (me.at.phase) {
    case 0: {
        me.amount = draw(context);
        return with_lock(context, queue.piped ? 1 : 2,
                         os::run(os::Work::of(packing(queue, me.amount)), false));
    }
    case 1: return without_lock(context, 2, moving(queue, true, me.amount));
    case 2: me.waits_since = now(); [[fallthrough]];
    case 3:
        if (queue.capacity && queue.items.size() >= *queue.capacity)
            return park(context, 4, queue.putters,
                        {.what = WaitingFor::What::queue_room, .object = context.it.object});
        queue_wait(context, true);
        queue.items.push_back(me.amount);
        record(Kind::queue_put, static_cast<std::uint32_t>(context.id), context.it.object,
               queue.items.size());
        me.posts_in_kernel = queue.piped;
        wake_first(&me, queue.getters);
        return take_back(context, 5);
    case 4: {
        const bool in_time = unpark(context, queue.putters);
        if (!in_time) queue_wait(context, true);
        if (in_time && queue.piped) return without_lock(context, 3, os::run(Duration::zero()));
        return take_back(context, in_time ? 3 : 5);
    }
    default: return done();
    }
}

/// get, and each: which ends when nobody is left who puts.
Engine::Step Engine::get(Context& context) {
    auto& me = context.me;
    auto& queue = queues_[context.it.object];
    switch (me.at.phase) {
    case 0: return with_lock(context, queue.piped ? 6 : 1, os::run(runtime_.task_dispatch));
    case 6: return without_lock(context, 1, os::run(Duration::zero()));
    case 1: me.waits_since = now(); [[fallthrough]];
    case 2:
        if (queue.items.empty()) {
            if (context.it.act == Act::each && queue.producers == 0) return jump();
            return park(context, 3, queue.getters,
                        {.what = WaitingFor::What::queue_item, .object = context.it.object});
        }
        queue_wait(context, false);
        me.amount = queue.items.front();
        queue.items.pop_front();
        record(Kind::queue_get, static_cast<std::uint32_t>(context.id), context.it.object,
               queue.items.size());
        me.posts_in_kernel = queue.piped;
        wake_first(&me, queue.putters);
        if (!queue.piped) return done();
        return without_lock(context, 4, moving(queue, false, me.amount));
    case 3: {
        const bool in_time = unpark(context, queue.getters);
        if (!in_time) queue_wait(context, false);
        if (in_time && queue.piped) return without_lock(context, 2, os::run(Duration::zero()));
        return take_back(context, in_time ? 2 : 5);
    }
    case 4: return with_lock(context, 5, os::run(packing(queue, me.amount)));
    default: return done();
    }
}

}  // namespace interlock::interpreter
