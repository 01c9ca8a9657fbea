#include "models/interpreter/event_loop.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using kernel::Time;

EventLoop::EventLoop(std::uint32_t count, ScriptId script, os::SemaphoreId posted)
    : selector(posted), states_(count), alive_(count) {
    for (std::uint32_t routine = 1; routine <= count; ++routine) {
        state(routine).routine.number = routine;
        state(routine).routine.at.script = script;
        ready_.push_back({.routine = routine});
    }
}

void EventLoop::suspend(Agent& me, Awaits what, Time now, std::optional<Time> due) {
    const auto routine = me.number;
    auto& own = state(routine);
    std::swap(static_cast<Routine&>(me), own.routine);
    own.suspended = true;
    own.what = what;
    own.since = now;
    own.outcome = os::Outcome::done;
    own.due.reset();
    if (what == Awaits::turn) ready_.push_back({.routine = routine});
    if (!due) {
        if (what == Awaits::event) ++untold_;
        return;
    }
    own.due = Due{.at = *due, .order = order_++, .routine = routine};
    list_of(own).insert(*own.due);
}

Duration EventLoop::resume(Agent& me, std::uint32_t routine, Time now) {
    auto& own = state(routine);
    kernel::check(me.number == 0, "a routine goes on when the loop says so");
    std::swap(static_cast<Routine&>(me), own.routine);
    me.resumed = own.outcome;
    own.suspended = false;
    const bool outside = own.what == Awaits::timer || own.what == Awaits::event;
    return outside ? std::min(own.due->at, now) - own.since : Duration::zero();
}

void EventLoop::happened(std::uint32_t routine, Time now) {
    auto& own = state(routine);
    kernel::check(own.suspended && own.what == Awaits::event && !own.due,
                  "an event comes that a routine awaits");
    --untold_;
    own.due = Due{.at = now, .order = order_++, .routine = routine};
    events_.insert(*own.due);
}

void EventLoop::end(Agent& me) {
    std::swap(static_cast<Routine&>(me), state(me.number).routine);
    kernel::check(alive_ > 0, "a routine ends once");
    --alive_;
}

void EventLoop::wake(std::uint32_t routine) {
    auto& own = state(routine);
    // It goes on already: its time was out.
    if (!own.suspended || own.what != Awaits::others) return;
    own.what = Awaits::turn;
    if (own.due) timers_.erase(*own.due);
    ready_.push_back({.routine = routine});
}

std::size_t EventLoop::collect(Time now) {
    for (auto* list : {&events_, &timers_})
        while (!list->empty() && list->begin()->at <= now) {
            const auto routine = list->begin()->routine;
            list->erase(list->begin());
            auto& own = state(routine);
            ready_.push_back({.routine = routine, .by = own.what});
            if (own.what != Awaits::others) continue;
            own.what = Awaits::turn;
            own.outcome = os::Outcome::timed_out;
        }
    return ready_.size();
}

EventLoop::Ready EventLoop::take() {
    const auto first = ready_.front();
    ready_.pop_front();
    return first;
}

void EventLoop::came(const Ready& what) { ready_.push_back({.routine = what.routine}); }

std::optional<Time> EventLoop::next_timer() const {
    return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->at);
}

std::vector<const Routine*> EventLoop::suspended() const {
    std::vector<const Routine*> all;
    for (const auto& state : states_)
        if (state.suspended) all.push_back(&state.routine);
    return all;
}

}  // namespace interlock::interpreter
