// Work of others on the machine, beside programs.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using support::run;

/// On one CPU that is shared exactly and charges nothing.
std::string beside(const std::string& load, const std::string& steps,
                   const std::string& rest = "interpreter: none\nstrategies: [direct: {}]\n") {
    return "machine: {cores: 1, costs: none}\nos: {policy: eevdf, hz: 0, load: " + load +
           "}\nprograms: {p: [" + steps + "]}\ntasks: [{program: p}]\n" + rest;
}

TEST_CASE("other load: it ends nothing and holds nothing up", "[models]") {
    const auto result = run(beside("{busy: 1s, idle: 1s}", "sleep: 5ms")).front();
    CHECK(result.ended == Ended::done);
    CHECK(*result.makespan == 5ms);
}

TEST_CASE("other load: a deadlock beside it is found", "[models]") {
    // b waits for what only a would put, after b has put.
    const auto text =
        "machine: {cores: 1, costs: none}\nos: {hz: 0, load: [{busy: 1ms, every: 10ms}, {busy: "
        "1ms}]}\ninterpreter: cpython-3.12\nprograms: {a: [get: x, put: y], b: [get: y, put: "
        "x]}\ntasks: [{program: a}, {program: b}]\nstrategies: [{threads: 2}]\n";
    const auto result = run(text).front();
    CHECK(result.ended == Ended::deadlock);
    CHECK(result.reason->find("load") == std::string::npos);
}

TEST_CASE("other load: it has no interpreter lock", "[models]") {
    const auto alone = run(beside("none", "compute: 20ms", "interpreter: cpython-3.12\n")).front();
    const auto result = run(beside("{count: 2, busy: 3ms, idle: 1ms}", "compute: 20ms",
                                   "interpreter: cpython-3.12\n"))
                            .front();
    CHECK(result.lock->counts.requests == alone.lock->counts.requests);
    CHECK(result.totals.running == alone.totals.running);
}

TEST_CASE("other load: threads of one kind draw for themselves", "[models]") {
    const auto result =
        run(beside("{name: x, count: 2, busy: {exponential: 1ms}, idle: {exponential: 9ms}}",
                   "sleep: 1s"))
            .front();
    REQUIRE(result.threads.size() == 3);
    // The program's thread arrives when the run begins; theirs are there.
    CHECK(result.threads[0].name == "x 1");
    CHECK(result.threads[1].name == "x 2");
    CHECK(result.threads[0].spent.running != result.threads[1].spent.running);
}

TEST_CASE("other load: the shortest job first sees how long its next round is", "[models]") {
    // At 2 ms the first round is over and two wait: the program, of 5 ms, and the load, of 10.
    const auto text = [](const std::string& busy) {
        return "machine: {cores: 1, costs: none}\nos: {policy: sjf, load: [{name: next, idle: "
               "1ms, busy: " +
               busy +
               "}, {name: first, busy: 2ms, every: 1s}]}\ninterpreter: none\nprograms: {p: "
               "[compute: 5ms]}\ntasks: [{program: p, arrive: 1ms}]\nstrategies: [direct: {}]\n";
    };
    CHECK(*run(text("10ms")).front().instances.front().finish == kernel::Time{7ms});
    CHECK(*run(text("4ms")).front().instances.front().finish == kernel::Time{11ms});
}

TEST_CASE("other load: a round that begins so often is seen by the shortest job first too",
          "[models]") {
    // From 1 to 23 ms `long` runs. Then 8 ms of the load wait, since 20 ms, and 1 ms of `short`.
    const auto result =
        run("machine: {cores: 1, costs: none}\nos: {policy: sjf, load: {busy: 8ms, every: "
            "20ms}}\ninterpreter: none\nprograms: {long: [compute: 22ms], short: [compute: "
            "1ms]}\ntasks: [{program: long, arrive: 1ms}, {program: short, arrive: "
            "12ms}]\nstrategies: [direct: {}]\n")
            .front();
    CHECK(*result.instances[1].finish == kernel::Time{31ms});
}

TEST_CASE("other load: rounds that come late are not made up for", "[models]") {
    // The load runs until 8 ms, `long` until 108. Then the round of 10 ms is done until 116, and
    // the next, which is late, at once, until 124; those of 30 to 110 ms are gone.
    const auto result =
        run("machine: {cores: 1, costs: none}\nos: {policy: fifo, load: {busy: 8ms, every: "
            "10ms}}\ninterpreter: none\nprograms: {long: [compute: 100ms], last: [compute: "
            "1ms]}\ntasks: [{program: long}, {program: last, arrive: 109ms}]\nstrategies: [direct: "
            "{}]\n")
            .front();
    CHECK(*result.instances[1].finish == kernel::Time{125ms});
}

TEST_CASE("the shortest job first looks at what comes after the sleep", "[models]") {
    // At 3 ms, `long` is back from its sleep with 10 ms to do, and `short` has come with 5.
    const auto result =
        run("machine: {cores: 1, costs: none}\nos: {policy: sjf}\ninterpreter: none\nprograms: "
            "{first: [compute: 3ms], long: [sleep: 1ms, compute: 10ms], short: [compute: "
            "5ms]}\ntasks: [{program: long}, {program: first}, {program: short, arrive: "
            "2ms}]\nstrategies: [direct: {}]\n")
            .front();
    CHECK(*result.instances[2].finish == kernel::Time{8ms});
    CHECK(*result.instances[0].finish == kernel::Time{18ms});
}

}  // namespace
}  // namespace interlock::models
