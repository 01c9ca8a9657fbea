// Collections that stop all threads, by hand: without costs only work and pauses take time.

#include <chrono>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::run;

const std::string collects = "machine: {cores: 4, costs: none}\n"
                             "interpreter: {preset: none, stop_every: 10ms, stop_pause: 2ms}\n";

TEST_CASE("stop the world: after so much bytecode of all threads together", "[interpreter]") {
    // serial: 60 ms, and after 10, 20, 30, 40, 50 of them a pause: the next would come when
    // there is nothing left to run; two threads run the same in 30 ms with as many pauses
    const auto results = run(collects + R"(
programs: {p: [{compute: 30ms}]}
tasks: [{program: p, count: 2}]
strategies: [serial, {threads: 2}, {processes: 2}]
)");
    CHECK(results[0].makespan == 70ms);
    CHECK(results[1].makespan == 40ms);
    CHECK(results[1].totals.blocked > 10ms);  // who stands; and main, which joins
    CHECK(results[2].makespan == 34ms);       // each process collects by itself, twice
}

TEST_CASE("stop the world: what is outside goes on, and stands when it comes back",
          "[interpreter]") {
    // a: 10 ms, pause 10 to 12, 10 ms until 22, pause until 24, and 10 ms until 34
    // b: outside until 11, comes back into the pause, stands until 12, and runs 1 ms
    const auto results = run(collects + R"(
programs: {a: [{compute: 30ms}], b: [{nogil: 11ms}, {native: 1ms}], c: [{io: 40ms}]}
tasks: [{program: a}, {program: b}, {program: c}]
strategies: [{threads: 3}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{34ms});
    CHECK(results[0].instances[1].finish == kernel::Time{13ms});
    CHECK(results[0].makespan == 40ms);
}

TEST_CASE("stop the world: C code that cannot stop keeps all others standing", "[interpreter]") {
    // a has run 10 ms and asks; b's call lasts until 25, then the pause
    const auto results = run(collects + R"(
programs: {a: [{compute: 20ms}], b: [{native: 25ms}]}
tasks: [{program: a}, {program: b}]
strategies: [{threads: 2}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{37ms});  // 25 + 2 + 10
}

TEST_CASE("stop the world: domains of one process stand together", "[interpreter]") {
    const auto results = run(R"(
machine: {cores: 2, costs: none}
interpreter: {preset: none, lock: cpython-3.2, sub_interpreters: true, interpreter_start: 0us,
              interpreter_end: 0us, stop_every: 10ms, stop_pause: 2ms}
programs: {p: [{compute: 30ms}]}
tasks: [{program: p, count: 2}]
strategies: [{interpreters: 2}]
)");
    CHECK(results[0].ended == Ended::done);
    CHECK(*results[0].makespan >= 40ms);
    CHECK(*results[0].makespan < 41ms);
}

}  // namespace
}  // namespace interlock::models
