// Signals of Python: when the main thread handles one.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::run;
using support::two_cpus_with;

TEST_CASE("predict: until Python 2 has handled a signal, each opcode is a check", "[models]") {
    // Only to wake a sleeper costs anything, which each check does while somebody waits. The main
    // thread joins the first hog, and can handle nothing before a hog ends: by then both have run,
    // or one has run and the other has waited, for 20 ms with a check in each microsecond.
    const auto run_with = [](const std::string& steps) {
        return run(two_cpus_with("futex_wake: 1us") + R"(
os: {policy: eevdf, hz: 0}
programs: {hog: [{sleep: 1ms}, )" +
                   steps +
                   R"({compute: 20ms}]}
tasks: [{program: hog, count: 2}]
strategies:
  - threads: 2
    interpreter: {lock: cpython-2.7, check_spacing: 1us, thread_start: 0ns, thread_join: 0ns}
)")[0];
    };
    const auto quiet = run_with("");
    const auto signalled = run_with("{signal: 100us}, ");
    CHECK(*quiet.makespan >= 41ms);
    CHECK(*quiet.makespan < 42ms);  // 400 checks at most
    CHECK(*signalled.makespan > 59ms);
    CHECK(*signalled.makespan < 83ms);
}

TEST_CASE("predict: the main thread handles a signal between two of its opcodes", "[models]") {
    // It computes for 10 ms from 0 on. The signal comes at 4 ms, from a thread of the same process.
    const auto results = run(two_cpus_with("wake_idle_brief: 0ns") + R"(
os: {policy: eevdf, hz: 0}
programs:
  main: [{compute: 10ms}]
  kill: [{sleep: 4ms}, {signal: 3ms}]
tasks: [{name: a, program: main}, {name: b, program: kill}]
strategies: [{direct: {}}]
)");
    CHECK((*results[0].instances[0].finish).time_since_epoch() == 13ms);
    CHECK((*results[0].instances[1].finish).time_since_epoch() == 4ms);
}

TEST_CASE("predict: a signal's handler is bytecode of the main thread, and runs once", "[models]") {
    const auto seconds = [](const std::string& steps, const std::string& strategy) {
        return *run(two_cpus_with("") + "os: {policy: eevdf, hz: 0}\nprograms: {a: [" + steps +
                    "]}\ntasks: [{program: a}]\nstrategies:\n  - " + strategy)[0]
                    .makespan;
    };
    const std::string no_starts =
        "{threads: 1, interpreter: {lock: cpython-3.2, thread_start: 0ns, thread_join: 0ns}}";
    // Sent last, it is still handled; sent twice before it is handled, it is handled once.
    CHECK(seconds("{compute: 10ms}, {signal: 100ms}", "{direct: {}}") == 110ms);
    const auto call = 12us;  // of the C library, to start the thread
    CHECK(seconds("{compute: 10ms}, {signal: 100ms}", no_starts) == 110ms + call);
    CHECK(seconds("{repeat: 2, steps: [{signal: 7ms}]}, {compute: 1ms}", no_starts) == 8ms + call);
    // Other threads get the lock at its check points.
    const auto beside = run(two_cpus_with("") + R"(
os: {policy: eevdf, hz: 0}
programs:
  long: [{signal: 100ms}, {compute: 1us}]
  short: [{sleep: 1ms}, {compute: 1ms}]
tasks: [{program: long}, {program: short}]
strategies: [{direct: {}, interpreter: cpython-3.11}]
)")[0];
    CHECK((*beside.instances[1].finish).time_since_epoch() < 10ms);
    CHECK(*beside.makespan > 100ms);
}

}  // namespace
}  // namespace interlock::models
