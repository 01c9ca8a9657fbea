// The interpreters that a scenario can name.
//
// Facts of the lock: specification of the locks, sections 2, 2.1, 3 and 9.1.
// Who sees a drop request: the lock to 3.12, the thread that was asked from
// 3.13. Check points: before nearly every instruction to 3.9, at calls and
// backward jumps from 3.10. Processes: fork to 3.13, forkserver from 3.14. The
// pool's worker handler looks every 100 ms in 3.6 and 3.7, and is told later.
//
// The speed of bytecode against 3.11: of 3.10 as "What's New in Python 3.11"
// has it (3.11 is 1.25 times as fast, pyperformance, geometric mean), of 3.12
// near its "What's New" (about 5 %), of 3.13t and 3.14t against the builds with a
// lock as the documentation of 3.13 (40 % slower) and PEP 779 (10 %) have it. The others are
// defaults to calibrate, as are all start costs (runtime.hpp), the spacing of check points and the
// memory.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/interpreter/runtime.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;

/// No interpreter: a compiled program whose threads share nothing but memory.
Runtime none() {
    return {.name = "none",
            .lock = "none",
            .switch_interval = 0ns,
            .check_spacing = 0ns,
            .speed = {},
            .thread_start = 0ns,
            .thread_begin = 0ns,
            .thread_join = 0ns,
            .start_waits = false,
            .fork_start = 0ns,
            .spawn_start = 0ns,
            .forkserver_start = 0ns,
            .process_join = 0ns,
            .memory = 0,
            // So fast that nothing is felt of it.
            .pickle_array_bytes_per_second = 1'000'000'000'000'000'000,
            .pickle_objects_bytes_per_second = 1'000'000'000'000'000'000,
            .task_dispatch = 0ns,
            .loop_start = 0ns,
            .loop_turn = 0ns,
            .loop_callback = 0ns,
            .message = 0ns};
}

Runtime cpython(std::uint32_t minor, hardware::Speed speed) {
    Runtime runtime;
    runtime.name = "cpython-3." + std::to_string(minor);
    use_lock(runtime, "cpython-3.2");
    runtime.speed = speed;
    runtime.request_scope = minor <= 12 ? RequestScope::lock : RequestScope::thread;
    runtime.check_points = minor <= 9 ? CheckPoints::dense : CheckPoints::sparse;
    runtime.check_spacing = minor <= 9 ? 20ns : 50ns;
    if (minor >= 11) runtime.thread_begin = 7us;  // twice the share, by its thread's CPU time
    runtime.start = minor <= 13 ? StartMethod::fork : StartMethod::forkserver;
    runtime.pool_poll = minor <= 7 ? 100ms : 0ms;
    runtime.pool_watch = minor <= 7 ? 0us : 20us;
    runtime.sub_interpreters = minor >= 12;
    runtime.parking_locks = minor >= 14;
    return runtime;
}

/// The build without the interpreter lock.
Runtime free_threaded(std::uint32_t minor, hardware::Speed speed) {
    auto runtime = cpython(minor, speed);
    runtime.name += 't';
    use_lock(runtime, "none");
    runtime.refcount = 50ns;
    runtime.object_locks = true;
    runtime.parking_locks = true;
    return runtime;
}

/// Of the nine opcodes of `while n > 0: n -= 1` it counts three, one in 15 ns.
Runtime cpython_2() {
    Runtime runtime;
    runtime.name = "cpython-2.7";
    use_lock(runtime, "cpython-2.7");
    runtime.speed = {700'000};
    runtime.check_points = CheckPoints::dense;
    runtime.check_spacing = 15ns;
    runtime.pool_poll = 100ms;
    return runtime;
}

/// A compiled loop is fast and counts little: a turn is one of the counter's 1 000 000 for
/// every 32 operations of its trace, which makes a yield every 1 to 3 ms.
Runtime pypy() {
    Runtime runtime;
    runtime.name = "pypy-7.3";
    use_lock(runtime, "pypy-7.3");
    runtime.speed = {4'000'000};
    runtime.check_points = CheckPoints::sparse;
    runtime.check_spacing = 160ns;
    runtime.memory = 62'914'560;
    return runtime;
}

/// Thread.new does not wait for the thread.
Runtime ruby(const char* name) {
    Runtime runtime;
    runtime.name = name;
    use_lock(runtime, name);
    runtime.speed = {900'000};
    runtime.check_points = CheckPoints::sparse;
    runtime.start_waits = false;
    runtime.sub_interpreters = true;  // ractors
    runtime.mn_threads = std::string_view(name) != "ruby-3.1";
    runtime.interpreter_start = 100us;
    runtime.interpreter_end = 0us;
    runtime.interpreter_memory = 262'144;
    return runtime;
}

Runtime ocaml(const char* name) {
    Runtime runtime;
    runtime.name = name;
    use_lock(runtime, "ocaml-4.14");
    runtime.speed = {20'000'000};
    runtime.check_points = CheckPoints::sparse;
    runtime.check_spacing = 5ns;
    runtime.start_waits = false;
    runtime.memory = 4'194'304;
    return runtime;
}

/// One thread runs the code of an isolate; a worker is another isolate with a thread
/// and a heap of its own (nodejs.org, worker_threads), so none waits for a lock. Its
/// figures are defaults to calibrate.
Runtime node() {
    Runtime runtime;
    runtime.name = "node-20";
    runtime.lock = "none";
    runtime.speed = {20'000'000};
    runtime.check_points = CheckPoints::sparse;
    runtime.start = StartMethod::spawn;
    runtime.spawn_start = 40ms;
    runtime.memory = 41'943'040;
    runtime.threads = false;
    runtime.sub_interpreters = true;
    runtime.interpreter_start = 15ms;
    runtime.interpreter_end = 1ms;
    runtime.interpreter_memory = 8'388'608;
    runtime.loop_start = 0us;
    runtime.loop_turn = 500ns;
    runtime.loop_callback = 500ns;
    return runtime;
}

}  // namespace

const std::vector<RuntimePreset>& runtime_presets() {
    static const std::vector<RuntimePreset> presets{
        {"none", "no interpreter and no lock: compiled code", none},
        {"cpython-2.7", "the holder drops the lock every 100 opcodes and takes it back", cpython_2},
        {"cpython-3.6", "check points nearly everywhere; pools poll every 100 ms",
         [] { return cpython(6, {750'000}); }},
        {"cpython-3.7", "as 3.6, a little faster", [] { return cpython(7, {770'000}); }},
        {"cpython-3.8", "as 3.7, but pools are told", [] { return cpython(8, {780'000}); }},
        {"cpython-3.9", "the last with check points nearly everywhere",
         [] { return cpython(9, {790'000}); }},
        {"cpython-3.10", "check points only at calls and backward jumps",
         [] { return cpython(10, {800'000}); }},
        {"cpython-3.11", "1.25 times as fast as 3.10; the reference of all speeds",
         [] { return cpython(11, {1'000'000}); }},
        {"cpython-3.12", "a lock for each interpreter", [] { return cpython(12, {1'040'000}); }},
        {"cpython-3.13", "drop requests are made to a thread, not to the lock",
         [] { return cpython(13, {1'050'000}); }},
        {"cpython-3.14", "as 3.13; processes start from a fork server",
         [] { return cpython(14, {1'080'000}); }},
        {"cpython-3.13t", "without a lock; 1.4 times slower than 3.13",
         [] { return free_threaded(13, {750'000}); }},
        {"cpython-3.14t", "without a lock; 1.1 times slower than 3.14",
         [] { return free_threaded(14, {980'000}); }},
        {"pypy-7.3", "compiles loops; hands its lock over every 10000 bytecodes", pypy},
        {"ruby-3.1", "a quantum of 100 ms, asked for by the first who waits",
         [] { return ruby("ruby-3.1"); }},
        {"ruby-3.4", "a quantum of 100 ms, in ticks of 10 ms, handed on in order",
         [] { return ruby("ruby-3.4"); }},
        {"ocaml-4.13", "as 4.14", [] { return ocaml("ocaml-4.13"); }},
        {"ocaml-4.14", "compiled; a tick every 50 ms", [] { return ocaml("ocaml-4.14"); }},
        {"ocaml-5.2", "as 4.14, with such a lock for each domain",
         [] {
             auto runtime = ocaml("ocaml-5.2");
             runtime.sub_interpreters = true;  // domains
             runtime.interpreter_start = 100us;
             runtime.interpreter_end = 0us;
             return runtime;
         }},
        {"node-20", "compiled; an event loop, and workers that share nothing", node},
    };
    return presets;
}

}  // namespace interlock::interpreter
