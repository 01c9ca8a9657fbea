#pragma once

// Runs scripts: what each thread of a scenario asks of the os next.
//
// Between two operations of a script stands the interpreter lock. An operation
// says whether it is done under the lock or not; the engine takes or drops the
// lock first where that is not how the thread stands. Under the lock it also
// looks for a drop request before each operation, and a burst of bytecode is
// cut at the next check point when one is made; C code that holds the lock is
// not.
//
// Waiting for other threads follows CPython's threading module: each thread
// has a lock of its own to sleep on, those who wait stand in a deque, and who
// lets one go on posts that lock (Lib/threading.py, Condition). Left out: the
// outer mutex of a Condition, the feeder thread of a multiprocessing.Queue,
// the limited room of a pipe.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/interpreter/agent.hpp"
#include "models/interpreter/board.hpp"
#include "models/interpreter/event_loop.hpp"
#include "models/interpreter/runtime.hpp"
#include "models/interpreter/script.hpp"
#include "models/interpreter/shared.hpp"
#include "models/os/settings.hpp"
#include "models/os/system.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/simulation.hpp"

namespace interlock::interpreter {

struct Setup {
    const hardware::Machine* machine;
    const Runtime* runtime;
    hardware::Speed reference;  ///< of the interpreter for which `compute` is told
    const workload::Workload* workload;
    std::uint64_t seed = 1;
    std::uint32_t replication = 0;
    StartMethod start = StartMethod::fork;
    bool piped_queues = false;  ///< queues without `over` join processes
    bool ready = false;         ///< children are up at once and for nothing
    bool event_loops = false;   ///< workers are routines of event loops
};

/// Memory ran out: whose, and what would have fitted.
struct Shortage {
    std::string process;
    std::uint64_t wanted = 0;  ///< bytes in all, with what could not be had
    std::uint64_t held = 0;    ///< bytes in all before
    std::uint64_t each = 0;    ///< bytes that the asking process would have had
    std::uint64_t main = 0;    ///< bytes of the main process
    bool is_main = false;      ///< it asked itself
};

class Engine final : public os::Driver {
public:
    Engine(const Setup& setup, const os::Settings& settings, Scripts scripts, Board board,
           kernel::Random noise, kernel::Simulation& simulation);

    /// A process that is there from the start, with its memory.
    ProcessId add_process(std::string name);
    /// The scenario's `data`, held by that process.
    void hold_data(ProcessId process);
    /// Threads of no task, interpreter or lock, each a process.
    void add_load(const os::OtherLoad& load);
    SourceId add_source();
    /// A thread that is there from the start. The run ends when all of these
    /// and all foreground tasks that start themselves have ended.
    os::ThreadId add_thread(std::string name, ProcessId process, ScriptId script, bool foreground);
    /// The thread that add_thread made starts a child before time 0.
    os::ThreadId add_child(os::ThreadId parent, std::string name, ScriptId script,
                           bool new_process);
    /// Where tasks that start themselves live when they name no process.
    void set_home(ProcessId process) { home_ = process; }
    /// Their script.
    void set_self_starting(ScriptId script) { self_starting_ = script; }
    /// Its jobs go to one thread, which runs that script.
    void set_periodic(std::size_t task, ScriptId script, SourceId source) {
        periodic_[task] = {.script = script, .source = source, .thread = {}};
    }
    /// Whether that instance was ended at its deadline.
    bool aborted(std::uint32_t instance) const { return aborted_[instance]; }
    /// What devices do before then is not counted.
    void count_devices_from(kernel::Time from) { system_.count_devices_from(from); }
    /// Units that `collect` waits for.
    void expect_collected(std::size_t units) { uncollected_ = units; }

    os::Stop run(std::optional<kernel::Time> until, std::uint64_t events_max);

    const std::deque<Agent>& agents() const { return agents_; }
    const std::vector<Process>& processes() const { return processes_; }
    const Board& board() const { return board_; }
    /// What threads waited for the reference count of an object, in all processes.
    kernel::Duration count_wait(std::size_t object) const;
    const std::optional<Shortage>& shortage() const { return shortage_; }
    const std::vector<NamedLock>& locks() const { return locks_; }
    const EventLoop& loop(EventLoopId id) const { return loops_[static_cast<std::size_t>(id)]; }
    kernel::Time now() const { return system_.now(); }
    os::QuotaUse quota_use() const { return system_.quota_use(); }
    bool was_full() const { return system_.was_full(); }
    hardware::Station::Use device_use(std::size_t device) const {
        return system_.device_use(device);
    }

    os::Operation next(os::ThreadId id, os::Outcome last) override;
    void exited(os::ThreadId id) override;
    os::Work burst(os::ThreadId id) override;
    void happens(std::uint32_t subject) override;
    os::DeviceCall device_call(os::ThreadId id) override { return agent(id).asks; }
    void served(std::uint64_t number) override;

private:
    /// How a step goes on.
    struct Step {
        enum class Kind : std::uint8_t { want, done, jump, moved };  // moved: `at` says where
        Kind kind = Kind::done;
        Want want;
    };
    struct Context {
        os::ThreadId id;
        Agent& me;
        const Instruction& it;
        os::Outcome last;
    };

    // other_load.cpp
    Step go_round();

    // engine.cpp: the loop, and the interpreter lock
    Step execute(Context& context);
    bool settle_lock(os::ThreadId id, Agent& me);
    os::Work until_slice_ends(Agent& me, os::Work work);
    void note(os::ThreadId id, const Agent& me, const LockStep& step);
    void fetch_data(const Process& process, os::CpuId to);
    void begin_call(os::ThreadId id, Agent& me, LockCall::Kind kind, bool forced);
    static Step done() { return {}; }
    static Step jump() { return {.kind = Step::Kind::jump, .want = {}}; }
    static Step moved() { return {.kind = Step::Kind::moved, .want = {}}; }
    static Step with_lock(Context& context, std::uint8_t phase, os::Operation operation);
    static Step without_lock(Context& context, std::uint8_t phase, os::Operation operation);
    static Step take_back(Context& context, std::uint8_t phase) {
        return with_lock(context, phase, os::nothing());
    }

    // stop_world.cpp: collections of garbage that stop all threads of a process
    bool stops() const { return runtime_.stop_every > kernel::Duration::zero(); }
    std::optional<os::Operation> settle_world(os::ThreadId id, Agent& me);
    std::optional<os::Operation> collect_garbage(World& all);
    os::Work until_collection(Agent& me, os::Work work);
    void count_bytecode(os::ThreadId id, Agent& me, os::Outcome last);
    void detach(Agent& me);
    std::size_t add_world();
    World& world(const Agent& me) { return worlds_[process(me).world]; }

    // steps_cpu.cpp: work, waiting for time, control flow, objects, memory
    Step compute(Context& context, bool scaled);
    Step native(Context& context);
    Step nogil(Context& context);
    Step sleep(Context& context);
    std::optional<kernel::Duration> sleep_time(Context& context);
    Step io(Context& context);
    Step yield(Context& context);
    Step signal(Context& context);
    bool has_signal(os::ThreadId id, const Agent& me);
    os::Operation handle_signal(Agent& me);
    void after_handling(os::ThreadId id, Agent& me, os::Outcome last);
    Step repeat(Context& context);
    Step choose(Context& context);
    Step call(Context& context);
    Step access(Context& context);
    void write_object(Context& context);
    os::Work reach(os::ThreadId thread, SharedObject& object);
    Step allocate(Context& context);
    Step touch(Context& context);
    Step free_block(Context& context);
    Step mark(Context& context);
    std::int64_t draw(Context& context);
    workload::DrawKey visit(Context& context) const;
    os::Work bytecode_work(std::int64_t time) const;

    // steps_device.cpp: calls of devices
    Step device(Context& context);
    os::DeviceCall device_call_of(const Context& context, std::uint32_t call) const;
    static kernel::Duration copying(const hardware::Cache& cache, std::uint64_t bytes);

    // steps_sync.cpp: locks, barriers, conditions, queues
    Step acquire(Context& context);
    Step acquire_parking(Context& context, NamedLock& lock);
    Step acquire_in_loop(Context& context, NamedLock& lock);
    NamedLock named_lock();
    std::optional<os::Operation> go_on(Agent& me, ParkingLock& lock);
    Step release(Context& context);
    Step barrier(Context& context);
    Step wait(Context& context);
    Step notify(Context& context);
    Step put(Context& context);
    Step get(Context& context);
    Step park(Context& context, std::uint8_t phase, Waiters& waiters, WaitingFor waiting_for);
    bool unpark(Context& context, Waiters& waiters);
    void queue_wait(Context& context, bool to_put);
    kernel::Duration pickling(std::int64_t bytes, workload::PayloadKind kind) const;
    kernel::Duration packing(const SharedQueue& queue, std::int64_t bytes) const;
    os::Operation moving(const SharedQueue& queue, bool to_put, std::int64_t bytes) const;
    kernel::Duration piping(std::int64_t bytes) const;
    kernel::Duration carrying(std::int64_t bytes) const;

    // steps_work.cpp: units of tasks
    Step take_unit(Context& context);
    Step run_unit(Context& context);
    Step tell_finished(Context& context);
    Step hand_over(Context& context);
    Step send(Context& context);
    Step receive(Context& context);
    Step close_source(Context& context);
    Step collect(Context& context);
    Step wait_collected(Context& context);
    Step poll_collected(Context& context);
    Step watch_results(Context& context);
    void begin_instance(Context& context, std::uint32_t instance);
    void end_instance(Context& context);
    void finished(Agent* me, std::uint32_t instance);
    void ready(Agent* me, UnitId unit);
    os::ThreadId launch(UnitId unit, ScriptId script);
    void next_job(UnitId unit);
    void deadline_passed(std::uint32_t instance);
    std::optional<UnitId> unit_of(const Agent& me) const;
    bool between_steps(const Agent& me) const;
    void abandon(os::ThreadId id, Agent& me);
    void set_deadline(os::ThreadId thread, std::uint32_t instance);
    void wake_first(Agent* me, Waiters& waiters);
    std::int64_t payload(const Agent& me, bool out, kernel::Duration& pickle_time) const;
    void arrivals();

    // steps_loop.cpp: event loops
    Step run_loop(Context& context);
    Step run_threads(Context& context);
    Step help_blocking(Context& context);
    Step hand_out(Context& context);
    Step give_away(Context& context);
    void works_for(const Context& context, std::uint32_t instance);
    std::optional<kernel::Duration> until_timer(const EventLoop& own) const;
    kernel::Duration cooled(kernel::Duration slept) const;
    void end_select(EventLoop& own);
    void go_on(Context& context, std::uint32_t routine);
    bool takes_turns(const Agent& me) const {
        return me.number != 0 && loop(*me.event_loop).quantum.has_value();
    }
    bool turn_over(Agent& me);
    Step await(Context& context, std::uint8_t phase, EventLoop::Awaits what,
               std::optional<kernel::Time> due = std::nullopt);
    void wake(Agent* me, Waiter waiter);
    EventLoop& loop(EventLoopId id) { return loops_[static_cast<std::size_t>(id)]; }

    // steps_threads.cpp: threads and processes
    Step start_thread(Context& context, ScriptId script, bool spawned);
    Step start_process(Context& context);
    Step begun(Context& context);
    os::Operation first_work(const Agent& me) const;
    kernel::Duration leaving(const Agent& me) const;
    bool leads_interpreter(const Agent& me) const;
    bool ends_process(const Agent& me) const;
    Step join_children(Context& context);
    Step pool_size(Context& context);
    Step finish(Context& context);
    os::ThreadId make_agent(kernel::Maybe<os::ThreadId> parent, std::string name, ProcessId process,
                            ScriptId script, const Origin& origin, const os::Facts& how,
                            os::Allowed allowed);
    os::ThreadId create(kernel::Maybe<os::ThreadId> parent, std::string name, ProcessId process,
                        ScriptId script, const Origin& origin);
    ScriptId spawned_script(std::uint32_t program) const {
        return ScriptId{static_cast<std::uint32_t>(workload_.programs.size()) + program};
    }
    ProcessId fork(const Process& parent, std::string name);
    std::string child_name(const Agent& me, bool process) const;
    void lock_objects(Process& process);
    bool charge_memory(const Process& process, std::uint64_t bytes, std::uint64_t held_by_it);

    Agent& agent(os::ThreadId id) { return agents_[os::index(id)]; }
    Process& process(const Agent& me) { return processes_[static_cast<std::size_t>(me.process)]; }
    const Instruction& instruction(const Agent& me) const {
        return scripts_.scripts[static_cast<std::size_t>(me.at.script)][me.at.next];
    }
    void record(record::Kind kind, std::uint32_t subject, std::uint32_t place,
                std::uint64_t detail) {
        system_.simulation().trace().write(record::make(now(), kind, subject, place, detail));
    }

    Setup setup_;
    const Runtime& runtime_;
    const hardware::Costs& costs_;
    const workload::Workload& workload_;
    Scripts scripts_;
    Board board_;
    os::System system_;
    kernel::Random noise_;
    std::deque<Agent> agents_;  // by thread; a deque, so that references last
    std::vector<Process> processes_;
    std::vector<World> worlds_;
    std::vector<NamedLock> locks_;
    std::vector<SharedQueue> queues_;
    std::vector<SharedBarrier> barriers_;
    std::vector<Waiters> conditions_;
    std::vector<Source> sources_;
    std::deque<EventLoop> loops_;
    std::vector<std::optional<ProcessId>> outside_;  // of a task: the process it names
    std::vector<std::uint32_t> devices_;   // of the workload's: its number among the machine's
    std::vector<std::vector<bool>> puts_;  // of a program, of a queue: whether it puts into it
    std::vector<std::uint32_t> arrivals_;  // instances in the order they arrive
    std::size_t next_arrival_ = 0;
    struct Periodic {
        ScriptId script{};
        SourceId source{};
        std::optional<os::ThreadId> thread;
    };
    std::vector<std::optional<Periodic>> periodic_;  // by task
    std::vector<bool> ended_;                        // by instance
    std::vector<bool> aborted_;                      // by instance: at its deadline
    ProcessId home_{};
    ScriptId self_starting_{};
    ScriptId help_script_{};
    ScriptId blocking_script_{};
    std::size_t uncollected_ = 0;
    Waiters collectors_;
    std::size_t foreground_ = 0;  // threads the run waits for
    std::uint64_t memory_ = 0;
    bool server_up_ = false;
    std::optional<Shortage> shortage_;
    bool stalled_ = false;  ///< only other load goes on
};

}  // namespace interlock::interpreter
