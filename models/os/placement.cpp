// Where a woken thread goes, and a new one.
//
//   wake:  from the CPU it last ran on, its own, or that of the thread that wakes it: if the waker
//          is about to sleep and alone there, or if its own does not idle and is the more loaded
//          one (near_waker());
//          that one if idle (one that runs threads of SCHED_IDLE only counts as idle for others),
//          or if used for less than `pack_below` of late (not mainline); else its own if idle;
//          else the one it ran on before its own if idle and of the same socket; else, unless the
//          socket's CPUs were much used of late, an idle core of the socket, the fastest first,
//          or an idle sibling; else the queue of that one. A real-time thread: its own
//   start: its parent's CPU if used for less than `pack_below` of late (not mainline);
//          else, in the socket with the most idle CPUs, an idle core, an idle sibling, else its
//          parent's core unless that one is the busier kind: has spare capacity, fully busy,
//          overloaded
//
// So a socket stands for the CPUs that share the last cache (a domain of Linux, its LLC), and a
// woken thread may wait behind another beside an idle socket until that one pulls it.
//
// Source followed: Linux 6.12 kernel/sched/fair.c, wake_affine(), select_idle_sibling(),
// update_idle_cpu_scan(), sched_balance_find_dst_group(), as the specification tells them (1.7).
// Left out: wakers of many (wake_wide()), CPUs that interrupts of devices come to, a search of some
// CPUs but not of all, sockets of several last caches.

#include <algorithm>
#include <utility>

#include "models/os/system.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

using kernel::Duration;

namespace {

constexpr double imbalance = 1.17;

}  // namespace

CpuId System::place(ThreadId id, kernel::Maybe<CpuId> waker, bool sync) {
    auto& me = thread(id);
    if (policy_->delayed(id) || policy_->real_time(me.facts.scheduling)) return me.cpu;
    const auto recent = std::exchange(me.recent, me.cpu);
    const bool takes_over = takes_over_idle_class(me.facts);
    const auto target = near_waker(me, waker, sync);
    if (idle_ == 0 && !takes_over) return target;
    const auto free = [&](CpuId there) {
        if (cpu(there).throttled) return false;
        return cpu(there).idle || (takes_over && only_idle_class(there));
    };
    auto among = all_cpus();
    if (!global_) {
        if (free(target)) return target;
        if (little_used(target)) return target;
        const auto near = socket_of(target);
        if (near.has(me.cpu) && free(me.cpu)) return me.cpu;
        if (me.allowed.has(recent) && near.has(recent) && free(recent)) return recent;
        if (!searches(target)) return target;
        among = near;
    }
    if (const auto idle = idle_cpu(me.allowed, among)) return *idle;
    const auto taken = takes_over ? idle_class_cpu(me.allowed, among) : std::nullopt;
    return taken ? *taken : target;
}

/// As wake_affine(): its CPU, or that of the thread that wakes it if that is the less loaded one
/// (by 5 or 8 %, WA_BIAS), or runs nobody else and is about to sleep. `sync`: what the waker loads
/// its CPU with is as good as gone.
CpuId System::near_waker(const Thread& me, kernel::Maybe<CpuId> waker, bool sync) const {
    if (global_ || !waker || *waker == me.cpu || !me.allowed.has(*waker)) return me.cpu;
    if (sync && load(*waker) == 1) return *waker;
    const auto& there = cpu(me.cpu);
    if (there.idle && !there.throttled) return me.cpu;
    const auto its = load_of(me);
    auto here = cpu(*waker).load.at(now()) + its;
    if (const auto& running = cpu(*waker).current; sync && running)
        here -= load_of(threads_[index(*running)]);
    const auto core_here = speeds_.core_of(static_cast<std::uint32_t>(*waker));
    const auto core_there = speeds_.core_of(static_cast<std::uint32_t>(me.cpu));
    const double bias = core_here == core_there ? 1.05 : 1.08;
    here *= speeds_.speed_of_core(core_there).ppm;
    const auto left = (there.load.at(now()) - its) * bias * speeds_.speed_of_core(core_here).ppm;
    return here < left || (sync && here <= left) ? *waker : me.cpu;
}

/// It is runnable from now on, at that CPU.
void System::load_comes(Thread& me, CpuId where) {
    loads_.add(queue_of(where));
    loads_changed_ = true;
    if (!follows_use_) return;
    if (me.load_at != where) {
        cpu(me.load_at).load.add(now(), -load_of(me));
        cpu(where).load.add(now(), load_of(me));
        me.load_at = where;
    }
    cpu(where).load.change(now(), me.weight);
    me.runnable.change(now(), 1);
}

/// It sleeps, or has exited.
void System::load_goes(Thread& me) {
    loads_.remove(queue_of(me.load_at));
    loads_changed_ = true;
    if (!follows_use_) return;
    cpu(me.load_at).load.change(now(), -me.weight);
    me.runnable.change(now(), -1);
}

bool System::takes_over_idle_class(const Facts& facts) const {
    return idle_class_ && !global_ && facts.scheduling.kind != SchedulingClass::idle;
}

/// Whether all that run or wait there are of SCHED_IDLE: such a CPU counts as idle for others.
bool System::only_idle_class(CpuId id) const {
    const auto of_idle = [this](ThreadId thread) {
        return threads_[index(thread)].facts.scheduling.kind == SchedulingClass::idle;
    };
    const auto& current = cpu(id).current;
    if (load(id) == 0 || (current && !of_idle(*current))) return false;
    const auto queue = queue_of(id);
    for (std::size_t i = 0; i < policy_->queued(queue); ++i)
        if (!of_idle(policy_->queued_at(queue, i))) return false;
    return true;
}

kernel::Maybe<CpuId> System::idle_class_cpu(const Allowed& allowed, Span among) const {
    for (auto i = among.first; i < among.end; ++i)
        if (allowed.has(CpuId{i}) && !cpus_[i].throttled && only_idle_class(CpuId{i}))
            return CpuId{i};
    return std::nullopt;
}

/// Of late, by what the machine packs (not mainline).
bool System::little_used(CpuId id) const {
    return costs_.pack_below > 0 && cpu(id).use.at(now()) < costs_.pack_below;
}

System::Span System::socket_of(CpuId id) const {
    const auto first = speeds_.socket_begin(static_cast<std::uint32_t>(id));
    return {.first = first, .end = first + speeds_.cpus_per_socket()};
}

/// With n CPUs of a socket of which a share x was in use of late, n (1 - (x / 0.85)^2) are
/// looked at; the number is kept from one balancing of a busy CPU to the next.
/// So of two CPUs none is once they were used by more than 60 %.
bool System::searches(CpuId near) {
    const auto span = socket_of(near);
    auto& search = searches_[span.first / span.width()];
    if (now() < search.until) return search.finds;
    constexpr double overloaded = 0.85;
    const auto cpus = static_cast<double>(span.width());
    double used = 0;
    for (auto i = span.first; i < span.end; ++i) used += cpus_[i].use.at(now());
    const auto share = used / cpus / overloaded;
    search.finds = cpus * (1 - share * share) >= 1;
    search.until = now() + busy_interval_per_cpu * static_cast<Duration::rep>(span.width());
    return search.finds;
}

/// The best idle CPU: on an idle core before beside a running sibling, fast
/// before slow, then in order of number.
kernel::Maybe<CpuId> System::idle_cpu(const Allowed& allowed, Span among) const {
    kernel::Maybe<CpuId> best;
    bool best_whole = false;
    hardware::Speed best_speed;
    for (auto next = idle_cpus_.next(CpuId{among.first}); next && among.has(*next);) {
        const auto i = static_cast<std::uint32_t>(*next);
        next = idle_cpus_.next(CpuId{i + 1});
        if (cpus_[i].throttled || !allowed.has(CpuId{i})) continue;
        const auto core = speeds_.core_of(i);
        // A sibling that has been roused but does not run yet counts as busy.
        bool whole = speeds_.core_idle(core);
        for (std::uint32_t k = core * speeds_.threads_per_core();
             whole && k < (core + 1) * speeds_.threads_per_core(); ++k)
            whole = cpus_[k].idle;
        const auto speed = speeds_.speed_of_core(core);
        if (best && (best_whole != whole ? best_whole : best_speed >= speed)) continue;
        best = CpuId{i};
        best_whole = whole;
        best_speed = speed;
        if (whole && speed == speeds_.fastest()) break;  // none is better
    }
    return best;
}

/// Of those from `from` to `to` on which it may run; none: it may run on none of them.
kernel::Maybe<CpuId> System::least_loaded(std::uint32_t from, std::uint32_t to,
                                          const Allowed& allowed) const {
    kernel::Maybe<CpuId> best;
    for (std::uint32_t i = from; i < to; ++i)
        if (allowed.has(CpuId{i}) && (!best || load(CpuId{i}) < load(*best))) best = CpuId{i};
    return best;
}

/// CPUs next to each other, of none of which one idles.
struct System::Group {
    enum class Kind : std::uint8_t { has_spare, fully_busy, overloaded };
    Kind kind;
    double use;   ///< of a CPU
    double load;  ///< threads a CPU
};

/// As group_classify() of Linux: a CPU used for less than 1 / 1.17 has spare capacity
/// however many threads it has. Left out: runnable averages, weights.
System::Group System::group_at(std::uint32_t first, std::uint32_t width) const {
    std::size_t threads = 0;
    double use = 0;
    for (std::uint32_t i = first; i < first + width; ++i) {
        threads += load(CpuId{i});
        use += cpus_[i].use.at(now());
    }
    Group it{.kind = Group::Kind::fully_busy,
             .use = use / width,
             .load = static_cast<double>(threads) / width};
    const bool crowded = it.use * imbalance > 1;
    if (threads < width || !crowded)
        it.kind = Group::Kind::has_spare;
    else if (threads > width)
        it.kind = Group::Kind::overloaded;
    return it;
}

/// As sched_balance_find_dst_group(): the first CPU of the group of `width` CPUs where
/// a new thread starts whose parent is in the group at `own`.
std::uint32_t System::group_for_new(std::uint32_t from, std::uint32_t to, std::uint32_t width,
                                    std::uint32_t own) const {
    const auto mine = group_at(own, width);
    auto place = own;
    Group best{};
    for (auto first = from; first < to; first += width) {
        if (first == own) continue;
        const auto other = group_at(first, width);
        const bool better = other.kind != best.kind                ? other.kind < best.kind
                            : other.kind == Group::Kind::has_spare ? other.use < best.use
                                                                   : other.load < best.load;
        if (place != own && !better) continue;
        place = first;
        best = other;
    }
    if (place == own || mine.kind != best.kind) return mine.kind > best.kind ? place : own;
    const bool unequal =
        best.load < mine.load + (imbalance - 1) && mine.load > imbalance * best.load;
    return mine.kind != Group::Kind::has_spare && unequal ? place : own;
}

/// As sched_balance_find_dst_group() between nodes of which some CPU idles, a socket each: the
/// one with the most idle CPUs, its parent's among equals; its parent's too while at most an
/// eighth of that one is used and it has at most two idle CPUs less.
System::Span System::socket_for_new(CpuId near, const Allowed& allowed) const {
    const auto own = socket_of(near);
    const auto idle_in = [&](const Span& span) {
        std::uint32_t idle = 0;
        for (auto next = idle_cpus_.next(CpuId{span.first}); next && span.has(*next);
             next = idle_cpus_.next(CpuId{static_cast<std::uint32_t>(*next) + 1}))
            if (allowed.has(*next)) ++idle;
        return idle;
    };
    const auto here = idle_in(own);
    auto best = own;
    auto most = here;
    for (std::uint32_t first = 0; first < cpus_.size(); first += own.width()) {
        const Span other{.first = first, .end = first + own.width()};
        const auto idle = idle_in(other);
        if (idle <= most) continue;
        most = idle;
        best = other;
    }
    std::uint32_t threads = 0;
    for (auto i = own.first; i < own.end; ++i) threads += load(CpuId{i});
    constexpr std::uint32_t small_imbalance = 2;
    const auto let_be = std::max(1U, own.width() / 8);
    return threads + 1 <= let_be && most - here <= small_imbalance ? own : best;
}

CpuId System::place_new(kernel::Maybe<ThreadId> parent, const Facts& how,
                        const Allowed& allowed) const {
    kernel::Maybe<CpuId> near;
    if (parent && !global_) near = threads_[index(*parent)].cpu;
    if (near && !allowed.has(*near)) near.reset();
    if (near && little_used(*near)) return *near;
    if (near && idle_ > 0)
        if (const auto idle = idle_cpu(allowed, socket_for_new(*near, allowed))) return *idle;
    if (const auto idle = idle_cpu(allowed, all_cpus())) return *idle;
    if (takes_over_idle_class(how))
        if (const auto taken = idle_class_cpu(allowed, all_cpus())) return *taken;
    if (global_) return CpuId{0};
    const auto cpus = static_cast<std::uint32_t>(cpus_.size());
    if (near && allowed.all()) {
        const auto width = speeds_.threads_per_core();
        const auto own = static_cast<std::uint32_t>(*near);
        const auto home = own / width * width;
        const auto core = group_for_new(0, cpus, width, home);
        if (core != home) return *least_loaded(core, core + width, allowed);
        return CpuId{width == 1 ? own : group_for_new(home, home + width, 1, own)};
    }
    if (near) return *near;
    const auto there = least_loaded(0, cpus, allowed);
    kernel::check(there.has_value(), "a thread may run on a CPU of the machine");
    return *there;
}

/// As post_init_entity_util_avg() and init_entity_runnable_average(): a new thread is expected to
/// use half of what its CPU has left, and to be runnable. One that was there before the beginning
/// is taken for one that uses all that is left, and has waited for the beginning.
void System::begin_use(Thread& it, bool has_parent) {
    if (!follows_use_) return;
    auto& there = cpu(it.cpu).use;
    const auto left = std::max(0.0, 1 - there.at(now()));
    const bool was_there = !has_parent && now() == kernel::Time{};
    const auto use = was_there ? left : left / 2;
    it.use.add(now(), use);
    there.add(now(), use);
    it.load_at = it.cpu;
    if (!was_there) it.runnable.add(now(), 1);
    cpu(it.cpu).load.add(now(), load_of(it));
}

}  // namespace interlock::os
