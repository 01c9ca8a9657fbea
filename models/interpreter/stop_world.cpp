// Collections of garbage that stop every thread of a process.
//
// Whoever runs bytecode counts it; the one that has run the last of `stop_every` asks
// the others to stand, waits until each has come to a check point or has left the
// interpreter (I/O, C code that needs nothing of it), collects for `stop_pause`, and
// wakes them. Who comes back from outside meanwhile stands too.
//
// Source followed: CPython's InternalDocs/garbage_collector.md and the specification of
// the locks, section 4, for the builds without a lock; OCaml 5 stops its domains
// likewise for each minor collection (section 7). Left out: that a collection of CPython
// stops them twice (here the sum of both), and what is collected outside of the pauses.

#include <algorithm>

#include "models/interpreter/engine.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::Operation;
using os::Outcome;
using os::ThreadId;
using os::Work;

std::size_t Engine::add_world() {
    World made;
    if (stops()) made.all_stand = system_.library().add_semaphore(0);
    worlds_.push_back(std::move(made));
    return worlds_.size() - 1;
}

/// What the thread has run of its burst since it asked for it.
void Engine::count_bytecode(ThreadId id, Agent& me, Outcome last) {
    auto ran = me.issued;
    me.issued = {};
    if (last == Outcome::interrupted) {
        const auto withheld = system_.withheld(id);
        ran.value -= std::min(ran.value, withheld.value);
    }
    world(me).run.value += ran.value;
}

void Engine::detach(Agent& me) {
    if (!me.attached) return;
    me.attached = false;
    auto& all = world(me);
    kernel::check(all.attached > 0, "a thread leaves its world once");
    if (--all.attached == 1 && all.phase == World::Phase::gathers) system_.post(all.all_stand);
}

/// A thread that is about to run something of the interpreter's: what it does before;
/// none: it may.
std::optional<Operation> Engine::settle_world(ThreadId id, Agent& me) {
    if (me.pending->with == Want::With::no_lock) {
        detach(me);
        return std::nullopt;
    }
    auto& all = world(me);
    if (all.collector == id) return collect_garbage(all);
    if (all.phase == World::Phase::gathers || all.phase == World::Phase::collects) {
        detach(me);
        all.stands.push_back(id);
        return os::wait(me.resume);
    }
    if (!me.attached) {
        me.attached = true;
        ++all.attached;
    }
    if (all.collector || !me.pending->operation.interruptible) return std::nullopt;
    if (all.run < Work::of(runtime_.stop_every)) return std::nullopt;
    all.collector = id;
    all.phase = World::Phase::gathers;
    for (std::uint32_t i = 0; i < agents_.size(); ++i)
        if (agents_[i].attached && &world(agents_[i]) == &all && ThreadId{i} != id)
            system_.interrupt(ThreadId{i}, Work::of(runtime_.check_spacing));
    if (all.attached > 1) return os::wait(all.all_stand);
    return collect_garbage(all);
}

/// All stand: once it collects, then it wakes them one by one.
std::optional<Operation> Engine::collect_garbage(World& all) {
    if (all.phase != World::Phase::wakes)
        kernel::check(all.attached == 1, "a collection overlaps nobody");
    if (all.phase == World::Phase::gathers) {
        all.phase = World::Phase::collects;
        return os::run(runtime_.stop_pause);
    }
    all.phase = World::Phase::wakes;
    all.run = {};
    if (all.stands.empty()) {
        all.collector.reset();
        all.phase = World::Phase::runs;
        return std::nullopt;
    }
    const auto first = all.stands.front();
    all.stands.erase(all.stands.begin());
    auto& woken = agent(first);
    woken.attached = true;
    ++all.attached;
    return os::post(woken.resume);
}

/// Each of those that run gets its share of what is left until the next collection, in
/// pieces, since more of them may begin.
Work Engine::until_collection(Agent& me, Work work) {
    const auto& all = world(me);
    const auto every = Work::of(runtime_.stop_every).value;
    const auto left = every > all.run.value ? every - all.run.value : every;
    const auto share = std::max<kernel::Wide>(
        std::min(left / std::max(all.attached, 1U), every / 4), Work::of(Duration{1}).value);
    if (work.value > share) {
        me.rest.value += work.value - share;
        work.value = share;
    }
    me.issued = work;
    return work;
}

}  // namespace interlock::interpreter
