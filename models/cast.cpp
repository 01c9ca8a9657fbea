// Strategies as scripts.
//
//   serial            main takes the next ready task and runs it, until none is left
//   threads, a thread a task
//                     main takes the next ready task, starts a thread for it; joins all
//   threads, fewer    main starts N workers, which take ready tasks; joins them
//   threads, M:N      main starts a native thread, which runs N routines, which take
//                     ready tasks
//   threads, pool     main submits tasks as they get ready, and starts a worker when
//                     none is idle (ThreadPoolExecutor)
//   processes         a process a task, as with threads
//   interpreters      main starts N threads, each of which makes an interpreter; with
//                     fewer than tasks it submits tasks as they get ready, which
//                     they take (InterpreterPoolExecutor)
//   asyncio           main runs an event loop with N routines, which take ready tasks
//   servers           main starts P processes, each of which starts T threads, or runs an
//                     event loop with N routines; they take ready tasks
//   processes, pool   multiprocessing.Pool.map: N workers, and in the parent a task
//                     handler that writes chunks, a result handler that reads
//                     results, a worker handler that waits for the end

#include "models/cast.hpp"

#include <algorithm>

#include "models/os/policy_table.hpp"

namespace interlock::models {

namespace {

using interpreter::Act;
using interpreter::Instruction;
using interpreter::Script;
using interpreter::ScriptId;
using interpreter::StartMethod;

constexpr std::uint32_t board = 0;
constexpr std::uint32_t submitted = 1;  // executor: tasks; pool: chunks
constexpr std::uint32_t results = 2;
constexpr std::uint32_t goes_in = 0;
constexpr std::uint32_t comes_out = 1;

std::uint32_t number(ScriptId id) { return static_cast<std::uint32_t>(id); }

Instruction act(Act kind, std::uint32_t object = 0, std::uint32_t count = 0) {
    return {.act = kind, .object = object, .count = count, .timeout = {}};
}

/// `head` for each unit of the source, then `tail`.
Script loop(std::uint32_t source, const Script& body, const Script& tail, const Script& head = {}) {
    Script script = head;
    const auto first = static_cast<std::uint32_t>(script.size());
    script.push_back(act(Act::take_unit, source));
    script.insert(script.end(), body.begin(), body.end());
    auto back = act(Act::jump);
    back.target = first;
    script.push_back(back);
    script[first].target = static_cast<std::uint32_t>(script.size());
    script.insert(script.end(), tail.begin(), tail.end());
    script.push_back(act(Act::finish));
    return script;
}

class Casting {
public:
    Casting(const Case& question, const std::vector<workload::Instance>& instances)
        : question_(question), strategy_(question.strategy), instances_(instances) {
        cast_.scripts =
            interpreter::compile(question.workload, question.reference, question.runtime.speed);
    }

    Cast make() {
        make_strategy();
        for (std::size_t task = 0; task < question_.workload.tasks.size(); ++task) {
            if (!question_.workload.tasks[task].periodic) continue;
            const auto source = cast_.sources++;
            cast_.periodic.push_back({.task = task,
                                      .script = cast_.scripts.add(loop(source, {act(Act::run_unit)},
                                                                       {}, {act(Act::run_unit)})),
                                      .source = interpreter::SourceId{source}});
        }
        return std::move(cast_);
    }

private:
    void make_strategy() {
        cut();
        cast_.self_starting = cast_.scripts.add({act(Act::run_unit), act(Act::finish)});
        if (crew_ == 0 && strategy_.kind != StrategyKind::direct) {
            main({act(Act::finish)});
            return;
        }
        if (strategy_.ready) cast_.stated.emplace_back("the workers are up before time 0");
        switch (strategy_.kind) {
        case StrategyKind::direct: break;
        case StrategyKind::serial: main(loop(board, {act(Act::run_unit)}, {})); break;
        case StrategyKind::threads: threads(); break;
        case StrategyKind::processes: processes(); break;
        case StrategyKind::interpreters: interpreters(); break;
        case StrategyKind::asyncio:
            main({event_loop({act(Act::run_unit)}), act(Act::finish)});
            break;
        case StrategyKind::servers: servers(); break;
        }
    }

    bool starts_itself(std::uint32_t instance) const {
        const auto& task =
            question_.workload.tasks[static_cast<std::size_t>(instances_[instance].task)];
        return strategy_.kind == StrategyKind::direct || task.process.has_value() || task.periodic;
    }

    bool pooled() const {
        return strategy_.kind == StrategyKind::processes &&
               (strategy_.pool || strategy_.ready || crew_ > strategy_.workers);
    }

    /// Chunks of a pool never span tasks; tasks that do not arrive all at once,
    /// or wait for one another singly, go one by one.
    void cut() {
        for (std::uint32_t i = 0; i < instances_.size(); ++i) crew_ += starts_itself(i) ? 0U : 1U;
        const auto all = std::uint64_t{4} * strategy_.workers;
        const auto usual = static_cast<std::uint32_t>((crew_ + all - 1) / all);
        for (std::uint32_t i = 0; i < instances_.size();) {
            const auto& task =
                question_.workload.tasks[static_cast<std::size_t>(instances_[i].task)];
            const bool itself = starts_itself(i);
            const bool singly = task.arrive_singly();
            const auto most =
                !pooled() || itself ? 1 : strategy_.chunksize.value_or(singly ? 1 : usual);
            std::uint32_t size = 1;
            while (size < most && i + size < instances_.size() &&
                   instances_[i + size].task == instances_[i].task)
                ++size;
            cast_.units.push_back({.first = i, .size = size, .starts_itself = itself});
            if (!itself) ++crew_units_;
            i += size;
        }
    }

    void main(Script script) { cast_.main = cast_.scripts.add(std::move(script)); }

    /// main, when all its children have been made by others.
    static Script join() { return {act(Act::join_children), act(Act::finish)}; }

    void ready(const std::string& name, ScriptId script, std::uint32_t count, bool process) {
        for (std::uint32_t i = 0; i < count; ++i)
            cast_.ready.push_back(
                {.name = count == 1 && !process ? name : name + ' ' + std::to_string(i + 1),
                 .script = script,
                 .process = process,
                 .threads = 0,
                 .of_threads = {}});
    }

    /// One native thread, on which all run.
    void mn_threads() {
        const auto each = cast_.scripts.add(loop(board, {act(Act::run_unit)}, {}));
        const auto run =
            act(Act::run_threads, number(each), std::min(strategy_.workers, std::max(crew_, 1U)));
        constexpr const char* name = "native thread";
        if (strategy_.ready) {
            ready(name, cast_.scripts.add({run, act(Act::finish)}), 1, false);
            return main(join());
        }
        const auto native = cast_.scripts.add({act(Act::begun), run, act(Act::finish)});
        auto start = act(Act::start_thread, number(native));
        start.label = name;
        main({start, act(Act::join_children), act(Act::finish)});
    }

    void threads() {
        if (strategy_.mn_threads) return mn_threads();
        if (strategy_.pool && !strategy_.ready) return executor();
        if (!strategy_.ready && crew_ <= strategy_.workers) {
            const auto one =
                cast_.scripts.add({act(Act::begun), act(Act::run_unit), act(Act::finish)});
            return main(
                loop(board, {act(Act::start_thread, number(one))}, {act(Act::join_children)}));
        }
        const auto count = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(strategy_.workers, std::max(crew_, 1U)));
        const Script head = strategy_.ready ? Script{} : Script{act(Act::begun)};
        const auto worker = cast_.scripts.add(loop(board, {act(Act::run_unit)}, {}, head));
        if (strategy_.ready) {
            ready("worker", worker, count, false);
            return main(join());
        }
        Script script(count, act(Act::start_thread, number(worker)));
        script.push_back(act(Act::join_children));
        script.push_back(act(Act::finish));
        main(std::move(script));
    }

    void executor() {
        cast_.sources = 2;
        const auto worker =
            cast_.scripts.add(loop(submitted, {act(Act::run_unit)}, {}, {act(Act::begun)}));
        auto submit = act(Act::bytecode);
        submit.time = question_.runtime.task_dispatch * 4;  // a future, a work item, a semaphore
        auto size = act(Act::pool_size, submitted, strategy_.workers);
        size.target = 5;  // the jump at the end of the loop
        main(loop(
            board,
            {submit, act(Act::hand_over, submitted), size, act(Act::start_thread, number(worker))},
            {act(Act::close_source, submitted), act(Act::join_children)}));
    }

    void processes() {
        const auto method = strategy_.start.value_or(question_.runtime.start);
        if (pooled()) return pool();
        Script child{act(Act::begun)};
        Script start;
        if (method != StartMethod::fork && has_payload(false)) {
            start.push_back(act(Act::send, 0, goes_in));
            child.push_back(act(Act::receive, 0, goes_in));
        }
        child.push_back(act(Act::run_unit));
        if (has_payload(true)) child.push_back(act(Act::send, 0, comes_out));
        child.push_back(act(Act::finish));
        start.push_back(act(Act::start_process, number(cast_.scripts.add(std::move(child)))));
        main(loop(board, start, {act(Act::join_children)}));
    }

    /// Arguments and results are pickled, and go over in memory.
    void interpreters() {
        const Script body{act(Act::receive, submitted, goes_in), act(Act::run_unit),
                          act(Act::send, 0, comes_out)};
        if (!strategy_.ready && crew_ <= strategy_.workers) {
            const auto one = cast_.scripts.add({act(Act::begun), act(Act::receive, board, goes_in),
                                                act(Act::run_unit), act(Act::send, 0, comes_out),
                                                act(Act::finish)});
            return main(loop(board,
                             {act(Act::send, 0, goes_in), act(Act::start_process, number(one))},
                             {act(Act::join_children)}));
        }
        cast_.sources = 2;
        const Script head = strategy_.ready ? Script{} : Script{act(Act::begun)};
        const auto worker = cast_.scripts.add(loop(submitted, body, {}, head));
        if (strategy_.ready) ready("interpreter", worker, strategy_.workers, true);
        main(loop(board, {act(Act::send, 0, goes_in), act(Act::hand_over, submitted)},
                  {act(Act::close_source, submitted), act(Act::join_children)},
                  Script(strategy_.ready ? 0 : strategy_.workers,
                         act(Act::start_process, number(worker)))));
    }

    /// A semaphore's worth of routines, each of which does one task after the other.
    Instruction event_loop(const Script& body) {
        const auto most =
            strategy_.kind == StrategyKind::servers ? strategy_.in_each : strategy_.workers;
        return act(Act::run_loop, number(cast_.scripts.add(loop(board, body, {}))),
                   std::min(most, std::max(crew_, 1U)));
    }

    void servers() {
        cast_.stated.emplace_back(
            "each process takes the tasks that come by itself, as servers do");
        const Script body{act(Act::receive, board, goes_in), act(Act::run_unit),
                          act(Act::send, 0, comes_out)};
        const bool up = strategy_.ready;
        Script process = up ? Script{} : Script{act(Act::begun)};
        ScriptId thread{};
        if (strategy_.event_loops) {
            process.push_back(event_loop(body));
        } else {
            thread = cast_.scripts.add(loop(board, body, {}, process));
            if (!up) process.resize(1 + strategy_.in_each, act(Act::start_thread, number(thread)));
            process.push_back(act(Act::join_children));
        }
        process.push_back(act(Act::finish));
        const auto each = cast_.scripts.add(std::move(process));
        if (up) {
            ready("process", each, strategy_.workers, true);
            if (!strategy_.event_loops)
                for (auto& child : cast_.ready) {
                    child.threads = strategy_.in_each;
                    child.of_threads = thread;
                }
            return main(join());
        }
        Script script(strategy_.workers, act(Act::start_process, number(each)));
        script.push_back(act(Act::join_children));
        script.push_back(act(Act::finish));
        main(std::move(script));
    }

    bool has_payload(bool out) const {
        const auto& tasks = question_.workload.tasks;
        return std::any_of(tasks.begin(), tasks.end(), [out](const workload::Task& task) {
            return out ? task.bytes_out.has_value() : task.bytes_in.has_value();
        });
    }

    void pool() {
        cast_.sources = 3;
        cast_.collected = crew_units_;
        const bool up = strategy_.ready;
        const Script begun = up ? Script{} : Script{act(Act::begun)};
        const auto worker =
            cast_.scripts.add(loop(submitted,
                                   {act(Act::receive, submitted, goes_in), act(Act::run_unit, 0, 1),
                                    act(Act::send, 0, comes_out), act(Act::hand_over, results)},
                                   {}, begun));
        const auto task_handler = cast_.scripts.add(
            loop(board, {act(Act::send, 0, goes_in), act(Act::hand_over, submitted)},
                 {act(Act::close_source, submitted)}, begun));
        const auto result_handler =
            cast_.scripts.add(loop(results,
                                   {act(Act::receive, results, comes_out), act(Act::tell_finished),
                                    act(Act::collect, results)},
                                   {}, begun));
        auto watch = watches_results(question_)
                         ? act(Act::watch_results, results, strategy_.workers)
                         : act(Act::wait_collected);
        if (question_.runtime.pool_poll > kernel::Duration::zero()) {
            watch = act(Act::poll_collected);
            watch.time = question_.runtime.pool_poll;
        }
        Script handler = begun;
        handler.push_back(watch);
        handler.push_back(act(Act::finish));
        const auto worker_handler = cast_.scripts.add(std::move(handler));
        if (up) {
            ready("process", worker, strategy_.workers, true);
            ready("worker handler", worker_handler, 1, false);
            ready("task handler", task_handler, 1, false);
            ready("result handler", result_handler, 1, false);
            return main({act(Act::wait_collected), act(Act::join_children), act(Act::finish)});
        }
        Script script(strategy_.workers, act(Act::start_process, number(worker)));
        const auto helper = [&](ScriptId id, const char* label) {
            script.push_back(act(Act::start_thread, number(id)));
            script.back().label = label;
        };
        helper(worker_handler, "worker handler");
        helper(task_handler, "task handler");
        helper(result_handler, "result handler");
        script.push_back(act(Act::wait_collected));
        script.push_back(act(Act::join_children));
        script.push_back(act(Act::finish));
        main(std::move(script));
    }

    const Case& question_;
    const Strategy& strategy_;
    const std::vector<workload::Instance>& instances_;
    Cast cast_;
    std::uint32_t crew_ = 0;  // tasks that the strategy's workers do
    std::size_t crew_units_ = 0;
};

}  // namespace

bool watches_results(const Case& question) {
    using kernel::Duration;
    return question.strategy.kind == StrategyKind::processes &&
           question.runtime.pool_watch > Duration::zero() &&
           question.machine.costs.syscall > Duration::zero() &&
           os::policy_named(question.os.policy).preempts;
}

Cast make_cast(const Case& question, const std::vector<workload::Instance>& instances) {
    return Casting(question, instances).make();
}

}  // namespace interlock::models
