#pragma once

// The operating system: threads, CPUs, runqueues, and the calls that threads
// make. Programs are behind the Driver, decisions behind the Policy.
//
//            wake                     dispatch
//   away ------------> runnable ------------------> running
//     ^                   ^       preempt, expire      |
//     |                   +----------------------------+
//     +---------------- block (futex, sleep, io) ------+
//
// An event changes states and marks CPUs. settle() then dispatches the marked
// CPUs in order of number, re-times those whose speed came out differently,
// and arms each one's next event: the end of the running thread's burst or the
// policy's next decision, whichever is first. No other tick exists: for a
// policy with a tick a decision falls on the first tick at which it is due.
//
// A thread on a CPU issues operations. Each costs CPU time first and takes
// effect at the end of it; then the driver is asked for the next.
//
// Left out: interrupts other than timers, kernel-mode preemption, priorities of
// futex queues and their inheritance, groups, real-time threads beyond a quota (Linux's covers
// the fair ones only).

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/hardware/caches.hpp"
#include "models/hardware/machine.hpp"
#include "models/hardware/speeds.hpp"
#include "models/os/bandwidth.hpp"
#include "models/os/c_library.hpp"
#include "models/os/cpu_set.hpp"
#include "models/os/device_call.hpp"
#include "models/os/ids.hpp"
#include "models/os/loads.hpp"
#include "models/os/operation.hpp"
#include "models/os/page_cache.hpp"
#include "models/os/policy.hpp"
#include "models/os/settings.hpp"
#include "models/os/thread_lists.hpp"
#include "models/os/ticks.hpp"
#include "models/os/timers.hpp"
#include "models/os/utilization.hpp"
#include "models/record/kinds.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/random.hpp"
#include "sim/kernel/simulation.hpp"

namespace interlock::os {

/// The programs that the threads run.
class Driver {
public:
    Driver() = default;
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    virtual ~Driver() = default;

    /// The thread runs on a CPU and its last operation ended so: what next?
    virtual Operation next(ThreadId thread, Outcome last) = 0;
    /// It has exited.
    virtual void exited(ThreadId thread) = 0;
    /// CPU work until it next blocks, as far as it is known, behind the operation under way.
    virtual Work burst(ThreadId thread) = 0;
    /// What was asked for by System::at.
    virtual void happens(std::uint32_t subject) = 0;
    /// What the thread's operation, Verb::device, asks of which device.
    virtual DeviceCall device_call(ThreadId /*thread*/) { return {}; }
    /// What was asked for by System::ask as that number is done.
    virtual void served(std::uint64_t /*number*/) {}
};

enum class Stop : std::uint8_t {
    asked,          ///< System::stop
    out_of_events,  ///< nothing will ever happen again
    time_bound,
    event_bound,
    no_progress,  ///< operations without end that take no time
    end_of_time,  ///< what comes next is not within 292 years
};

class System {
public:
    /// `noise`: what the machine draws, the phase of its ticks and the length
    /// of its wake-ups. `footprints`: those that operations name.
    System(const hardware::Machine& machine, const Settings& settings, kernel::Random noise,
           kernel::Simulation& simulation, Driver& driver,
           std::vector<workload::Footprint> footprints = first_footprints());

    /// A new thread, runnable from now on, near its parent's CPU; none: it comes
    /// from outside, and from before if nothing has happened yet. It costs nobody
    /// anything: the parent's cost is the driver's to charge.
    ThreadId create(std::uint32_t process, const Facts& how = {},
                    kernel::Maybe<ThreadId> parent = std::nullopt, Allowed allowed = {});

    /// Runs until stop(), `until` or `events_max`.
    Stop run(std::optional<kernel::Time> until, std::uint64_t events_max);
    void stop() { stopped_ = true; }

    CLibraryState& library() { return library_; }
    kernel::Time now() const { return simulation_.now(); }
    const hardware::Costs& costs() const { return costs_; }
    kernel::Simulation& simulation() { return simulation_; }

    /// Calls Driver::happens(subject) at that time.
    void at(kernel::Time time, std::uint32_t subject) {
        at(time, subject, kernel::EventClass::wake);
    }
    /// The same after all that ends at that time.
    void at_end_of(kernel::Time time, std::uint32_t subject) {
        at(time, subject, kernel::EventClass::tick);
    }

    /// A device is asked, in no thread's name. Whether it is done at once; else the driver, or
    /// the thread, is told when it is.
    bool ask(Client client, const DeviceCall& call);

    /// A post by no thread of this system: an exit, an outside event.
    void post(SemaphoreId semaphore);

    /// Cuts the burst of a thread at its next check point, one every `spacing`
    /// of work since the burst began. No effect on what cannot be interrupted.
    void interrupt(ThreadId id, Work spacing);

    /// Takes CPU time from whoever runs there.
    void disturb(CpuId id, kernel::Duration time);

    /// What the policy is told of a thread, and where it may run.
    const Facts& facts_of(ThreadId thread) const { return threads_[index(thread)].facts; }
    const Allowed& allowed_of(ThreadId thread) const { return threads_[index(thread)].allowed; }

    /// Where a thread runs, or last ran.
    CpuId cpu_of(ThreadId thread) const { return threads_[index(thread)].cpu; }

    /// Of the job that the thread is at from now on.
    void set_deadline(ThreadId id, kernel::Time deadline);

    /// Whether it sleeps, or has exited, and no time will end that.
    bool waits_for_ever(ThreadId id) const;
    /// Whether something comes from outside, or of a device.
    bool awaits_events() const;

    /// Whether no CPU idled at some time.
    bool was_full() const { return was_full_; }

    /// What devices do before then is not counted.
    void count_devices_from(kernel::Time from) {
        for (auto& device : devices_) device.station.count_from(from);
    }
    /// Of a device, up to now.
    hardware::Station::Use device_use(std::size_t device) const {
        return devices_[device].station.use(now());
    }

    /// Of the quota, up to now.
    QuotaUse quota_use() const { return quota_use_; }

    /// What an interrupted burst has left.
    Work withheld(ThreadId thread) const { return threads_[index(thread)].withheld; }

private:
    /// Operations at one instant, after which a run without costs makes no progress.
    static constexpr std::uint64_t operations_max = 50'000'000;
    /// Of balancing while no CPU of a socket idles: so often for each of its CPUs.
    static constexpr kernel::Duration busy_interval_per_cpu{16'000'000};

    enum class EventKind : std::uint8_t {
        cpu,
        idle_exit,
        interrupt,
        timers,
        io,
        balance,
        outside,
        device,
        quota,
        refill,
        slack,
        release,
        warm
    };
    enum class Place : std::uint8_t { away, queued, running, exited };

    /// Calls that are slow when their CPU has not done one for long.
    enum class Warmth : std::uint8_t { timed_wait, futex_wait, futex_wake, send, receive };
    static constexpr std::size_t warmths = 5;

    struct Thread {
        Facts facts;
        Place place = Place::away;
        bool in_operation = false;  ///< `operation` waits for its burst to end
        bool fresh = true;          ///< never ran
        Outcome outcome = Outcome::done;
        CpuId cpu{};     ///< runs there, or queued or last ran there
        CpuId recent{};  ///< where it had last run when it was woken the last time
        Work left;       ///< of the burst, as of `as_of` while it runs
        Work
            stolen;  ///< of that, what comes first and is not the burst's own: switches, interrupts
        Work withheld;
        Work debt;  ///< CPU time that the next burst pays with
        kernel::Time as_of{};
        kernel::Time ran_until{};
        Utilization use;
        double weight = 0;     ///< of its load; none: a real-time thread
        Utilization runnable;  ///< the share of the time that it ran or waited for a CPU
        CpuId load_at{};       ///< to whose load that counts
        Operation operation;
        Allowed allowed;
        LibraryCall call;
        hardware::Home home;  ///< the node where it first used memory; none: nowhere yet
        kernel::Maybe<FutexId> asleep_on;
        kernel::EventId io;  ///< its end; none: the default
    };

    struct Cpu {
        kernel::Maybe<ThreadId> current;
        kernel::Maybe<ThreadId> last;  ///< ran here last
        bool idle = false;
        Utilization use;
        Utilization load;  ///< of its threads' weights, by the share of the time they are runnable
        bool waking = false;  ///< leaves idle; its event is `idle_exit`
        bool reschedule = false;
        Joining reason = Joining::preempted;  ///< why the current is put back
        hardware::Speed speed;
        kernel::Time idle_since{};
        kernel::Time charged_until{};
        kernel::Maybe<kernel::Time> decision;  ///< of the policy
        kernel::EventId interrupt;             ///< to reschedule, on its way; none: the default
        kernel::EventId event;                 ///< none: the default
        kernel::Time event_at{};
        bool event_completes = false;
        std::uint32_t failed_pulls = 0;
        kernel::Duration run_time{};  ///< of the quota that it has drawn; negative: a debt
        bool throttled = false;
        kernel::EventId quota;     ///< it is looked at; none: the default
        kernel::EventId release;   ///< of a thread in its queue; none: the default
        kernel::Duration idled{};  ///< in all
        struct Made {
            kernel::Time at;
            kernel::Duration idled;  ///< in all, by then
        };
        std::array<Made, warmths> warm{};  ///< its last call of each kind
    };

    struct DeviceState {
        explicit DeviceState(const hardware::Device& device);

        hardware::Station station;
        std::optional<PageCache> cache;
        hardware::Demand piece;  ///< that the kernel writes by itself
        kernel::EventId event;   ///< none: the default
        kernel::Time event_at{};
    };

    // system.cpp: the loop, and time on the CPUs
    void at(kernel::Time time, std::uint32_t subject, kernel::EventClass order);
    void handle(kernel::Event event);
    void settle();
    void cpu_event(CpuId id);
    bool passes_calendar_by(kernel::Time at);
    void arm(CpuId id);
    void share_bandwidth();
    void retime(CpuId id);
    void update_progress(Thread& thread, const Cpu& cpu) {
        const auto done = static_cast<kernel::Wide>((now() - thread.as_of).count()) * cpu.speed.ppm;
        // A burst whose last nanosecond was not whole ends early by less than that.
        const auto less_done = [done](kernel::Wide work) { return work > done ? work - done : 0; };
        thread.left.value = less_done(thread.left.value);
        thread.stolen.value = less_done(thread.stolen.value);
        thread.as_of = now();
    }
    void begin_burst(Thread& thread, Work work);
    void learn_burst(CpuId id);
    /// Work that is not its own and comes before what is left of its burst.
    static void burden(Thread& thread, Work work) {
        thread.left.value += work.value;
        thread.stolen.value += work.value;
    }
    bool completes_first(const Cpu& cpu) const;
    kernel::Time completion(const Cpu& cpu) const;

    // calls.cpp: what threads ask for
    enum class Ahead : bool { no, allowed };
    void advance(ThreadId id, Ahead ahead = Ahead::no);
    bool runs_ahead(CpuId id, Work work);
    bool issue(ThreadId id, Ahead ahead);
    bool start(ThreadId id, const Operation& operation, Ahead ahead);
    kernel::Duration timer_price(const Operation& operation) const;
    kernel::Duration price(const Operation& operation) const;
    bool comes_from_elsewhere(const Operation& operation, CpuId cpu);
    Work line_transfer();
    Work cold(CpuId id, Warmth kind);
    static kernel::Maybe<Warmth> warmth_of(Verb verb);
    static bool is_system_call(Verb verb);
    bool take_effect(ThreadId id);
    bool sleep_on(ThreadId id, FutexId futex);
    void sleep_until(ThreadId id, kernel::Time time);
    void block(ThreadId id, Waiting waiting);
    void leave(ThreadId id);
    void vacate(CpuId id);
    void arm_timers(CpuId id);
    void timers_event(CpuId id);
    kernel::Duration lateness(const Timers::Timer& timer);
    void expire(ThreadId id);
    void io_event(ThreadId id);
    void wake_first(FutexId futex, kernel::Maybe<CpuId> waker, bool sync = false);

    // devices.cpp: who asks a device, and who goes on
    void device_event(std::uint32_t device);
    bool drive(std::uint32_t device, std::optional<Client> asks);
    void write_back(DeviceState& it, const PageCache::WriteBack& what, hardware::Demand demand);
    void note_device(std::uint32_t device, const hardware::Station::Happened& it);
    void let_go(Client client);
    void arm_device(std::uint32_t device);

    // dispatch.cpp: who runs where
    void wake(ThreadId id, Joining why, kernel::Maybe<CpuId> waker, bool sync = false);
    void rouse(CpuId id, kernel::Maybe<CpuId> waker);
    void preempt(CpuId id, ThreadId by, kernel::Maybe<CpuId> waker);
    void interrupted(CpuId id);
    void forget_interrupt(Cpu& cpu);
    kernel::Duration varied(kernel::Duration mean);
    void notify(CpuId id, ThreadId queued, kernel::Maybe<CpuId> waker);
    void dispatch(CpuId id);
    kernel::Maybe<ThreadId> pick(CpuId id);
    void switch_in(CpuId id, ThreadId thread);
    void switch_out(CpuId id);
    void go_idle(CpuId id);
    void set_idle(CpuId id, bool idle);
    void charge(CpuId id) { charge(id, now()); }
    void charge(CpuId id, kernel::Time until);
    void charge_queue(CpuId id, kernel::Time until);
    void decide(CpuId id);
    void arm_release(CpuId id);
    void release(CpuId id);
    const Facts& facts(ThreadId id);
    void mark_speeds(CpuId id, hardware::Speeds::Reach reach);
    static std::uint32_t footprint_of(const Operation& operation);
    void set_work(CpuId id, std::uint32_t footprint);
    hardware::Home home_of(ThreadId id, const workload::Footprint& footprint);
    void follow_caches(const hardware::Caches::Changed& changed);
    void warm_up(CpuId id);

    // throttle.cpp: a quota of CPU time
    bool has_run_time(CpuId id) { return !bandwidth_ || draws_run_time(id); }
    bool draws_run_time(CpuId id);
    void throttle(CpuId id);
    void arm_quota(CpuId id) {
        if (bandwidth_) look_at_quota(id);
    }
    void look_at_quota(CpuId id);
    void disarm_quota(CpuId id) {
        if (bandwidth_) give_quota_back(id);
    }
    void give_quota_back(CpuId id);
    void quota_event(CpuId id);
    void arm_refill();
    void refill();
    void distribute();

    // urgent.cpp: real-time threads that wait are pushed and pulled
    void pull_urgent(CpuId id);
    bool push_urgent();
    kernel::Maybe<CpuId> less_urgent(ThreadId id, CpuId but) const;

    // placement.cpp: where a woken thread goes, and a new one
    /// CPUs next to each other: those of a socket, or of the machine.
    struct Span {
        std::uint32_t first;
        std::uint32_t end;
        std::uint32_t width() const { return end - first; }
        bool has(CpuId id) const { return index(id) >= first && index(id) < end; }
    };
    CpuId place(ThreadId id, kernel::Maybe<CpuId> waker, bool sync);
    CpuId near_waker(const Thread& me, kernel::Maybe<CpuId> waker, bool sync) const;
    /// What it adds to the load of its CPU: load_avg.
    double load_of(const Thread& thread) const { return thread.weight * thread.runnable.at(now()); }
    void load_comes(Thread& me, CpuId where);
    void load_goes(Thread& me);
    Span socket_for_new(CpuId near, const Allowed& allowed) const;
    CpuId place_new(kernel::Maybe<ThreadId> parent, const Facts& how, const Allowed& allowed) const;
    void begin_use(Thread& it, bool has_parent);
    struct Group;
    Group group_at(std::uint32_t first, std::uint32_t width) const;
    std::uint32_t group_for_new(std::uint32_t from, std::uint32_t to, std::uint32_t width,
                                std::uint32_t own) const;
    Span socket_of(CpuId id) const;
    Span all_cpus() const { return {.first = 0, .end = static_cast<std::uint32_t>(cpus_.size())}; }
    bool only_idle_class(CpuId id) const;
    bool takes_over_idle_class(const Facts& facts) const;
    kernel::Maybe<CpuId> idle_class_cpu(const Allowed& allowed, Span among) const;
    bool searches(CpuId near);
    bool little_used(CpuId id) const;
    kernel::Maybe<CpuId> idle_cpu(const Allowed& allowed, Span among) const;
    kernel::Maybe<CpuId> least_loaded(std::uint32_t from, std::uint32_t to,
                                      const Allowed& allowed) const;
    std::uint32_t load(CpuId id) const { return loads_.of(queue_of(id)); }

    // balancing.cpp: what idle and busy CPUs pull, and who is pushed
    bool has_for(CpuId from, CpuId to) const;
    bool pull(CpuId id);  // whether it moved one
    bool pull(CpuId id, bool even_hot, Span among);
    kernel::Maybe<CpuId> busiest(CpuId but, Span among) const;
    void migrate(CpuId from, CpuId to, ThreadId id);
    bool hot(ThreadId id, CpuId destination) const;
    void arm_balance();
    void balance();
    bool balanced(bool far);
    bool balance_cpu(CpuId id, Span among);
    kernel::Maybe<CpuId> idle_core() const;
    kernel::Maybe<CpuId> hampered(CpuId by) const;
    bool push();  // whether it moved one
    bool pulls_new_idle();
    bool uneven_queues() const;
    kernel::Duration idle_balance_delay(kernel::Duration tick);
    void move_running(CpuId from, CpuId to);

    RunqueueId queue_of(CpuId id) const {
        return global_ ? RunqueueId{0} : RunqueueId{static_cast<std::uint32_t>(id)};
    }
    Thread& thread(ThreadId id) { return threads_[index(id)]; }
    Cpu& cpu(CpuId id) { return cpus_[index(id)]; }
    const Cpu& cpu(CpuId id) const { return cpus_[index(id)]; }
    void record(record::Kind kind, std::uint32_t subject, std::uint32_t place,
                std::uint64_t detail) {
        simulation_.trace().write(record::make(now(), kind, subject, place, detail));
    }

    kernel::Simulation& simulation_;
    kernel::Random noise_;
    Driver& driver_;
    hardware::Costs costs_;
    hardware::Speeds speeds_;
    std::optional<hardware::Caches> caches_;  ///< none: nobody minds them
    std::vector<kernel::EventId> warm_ups_;   ///< a CPU's next; none: the default
    bool global_;
    bool follows_use_;  ///< of CPUs and threads: placement asks for it
    Decay runs_;        ///< over the time that a thread or a CPU is busy
    Decay waits_;       ///< and that it is not
    bool uneven_;       // a thread may run faster elsewhere: siblings, or cores of several speeds
    Ticks ticks_;
    CLibraryState library_;
    std::unique_ptr<Policy> policy_;
    ThreadLists<FutexId> sleepers_;  // the longest sleeper first, as the kernel wakes them
    std::vector<Thread> threads_;
    std::vector<Cpu> cpus_;
    struct CpuTimers {
        Timers set;
        kernel::EventId event;  ///< their next interrupt; none: the default
        kernel::Time at{};
        bool on_its_way = false;  ///< its time has come, but it is not taken yet
    };
    // Apart from the threads and CPUs, which are looked at far more often.
    std::vector<CpuTimers> timers_;                           // a CPU each
    std::vector<std::optional<Timers::Timer>> sleeps_until_;  // a thread each, on its CPU
    std::vector<DeviceState> devices_;
    std::vector<hardware::Station::Happened> happened_;  // there, by now
    std::vector<CpuId> mutexes_touched_;                 // by which CPU last
    std::vector<CpuId> conditions_touched_;
    std::vector<CpuId> semaphores_touched_;
    CpuSet to_dispatch_;
    CpuSet to_retime_;
    CpuSet to_arm_;
    kernel::Maybe<CpuId> next_;  ///< whose event the time was moved to
    Loads loads_;
    CpuSet idle_cpus_;         ///< those of `Cpu::idle`: not on their way out of it
    std::size_t idle_ = 0;     ///< how many these are
    std::size_t waiting_ = 0;  ///< threads queued on any runqueue
    struct Search {
        kernel::Time until{};  ///< it is decided anew then
        bool finds = true;     ///< whether woken threads look for an idle CPU
    };
    std::vector<Search> searches_;   ///< a socket each
    std::size_t balanced_near_ = 0;  ///< times since CPUs of other sockets were looked at
    kernel::EventId balance_;
    kernel::Time balance_at_{};
    std::optional<kernel::Time>
        idle_balance_at_;  ///< decided when a thread waits beside an idle CPU
    std::uint32_t failed_pushes_ = 0;
    bool needs_burst_ = false;  ///< of its policy
    bool lazy_;                 ///< what a CPU wakes on another is noticed there at the next tick
    bool pins_ = false;         ///< some threads may not run everywhere
    bool idle_class_ = false;   ///< some threads are of SCHED_IDLE
    bool loads_changed_ = false;
    bool throttled_in_period_ = false;
    bool stopped_ = false;
    bool was_full_ = false;
    std::optional<Bandwidth> bandwidth_;
    QuotaUse quota_use_;
    kernel::Time period_end_{};
    kernel::EventId refill_;        ///< none: the default
    kernel::EventId slack_;         ///< none: the default
    std::vector<CpuId> throttled_;  ///< in the order in which they were
    kernel::Time until_ = kernel::Time::max();
    std::uint64_t events_max_ = 0;
    std::uint64_t timers_set_ = 0;
    std::size_t outside_ = 0;       ///< events that were asked for, System::at
    std::uint64_t operations_ = 0;  ///< since time last moved
};

}  // namespace interlock::os
