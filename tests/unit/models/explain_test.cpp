// The reason that a sentence gives, where it can only be one.

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using support::run;

const std::string four_cpus = "machine: {cores: 4, costs: none}\ninterpreter: cpython-3.11\n";
const std::string no_lock = "machine: {cores: 4, costs: none}\ninterpreter: none\n";

std::string why_of(const std::string& scenario) { return run(scenario).at(0).why; }

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("why: bytecode that holds the lock all the time", "[models]") {
    const auto why = why_of(four_cpus + R"(
programs: {work: [{compute: 100ms}]}
tasks: [{program: work, count: 4}]
strategies: [{threads: 4}]
)");
    INFO(why);
    CHECK(says(why, "the lock is held"));
    CHECK(says(why, "by bytecode"));
}

TEST_CASE("why: C code that keeps the lock is called by its name", "[models]") {
    const auto why = why_of(four_cpus + R"(
programs: {work: [{native: 100ms}]}
tasks: [{program: work, count: 4}]
strategies: [{threads: 4}]
)");
    INFO(why);
    CHECK(says(why, "by C code that does not release it"));
}

TEST_CASE("why: one task that is longer than all the rest", "[models]") {
    const auto why = why_of(no_lock + R"(
programs: {long: [{compute: 100ms}], short: [{compute: 10ms}]}
tasks: [{name: a, program: long}, {name: b, program: short, count: 3}]
strategies: [{threads: 4}]
)");
    INFO(why);
    CHECK(says(why, "a alone takes 100 ms of the 100 ms"));
}

TEST_CASE("why: a task that only waited for others is not called the longest", "[models]") {
    // Each holds the guard for 10 of 10 ms: one after the other, 40 ms in all.
    // The last has been waiting for 30 of its 40.
    const auto why = why_of(no_lock + R"(
programs: {work: [{acquire: guard}, {compute: 10ms}, {release: guard}]}
tasks: [{name: a, program: work, count: 4}]
strategies: [{threads: 4}]
)");
    INFO(why);
    // (10 + 20 + 30) of 10 + 20 + 30 + 40
    CHECK(why == "the tasks wait for each other 60.0 % of the time");
}

TEST_CASE("why: waiting for I/O at the same time", "[models]") {
    const auto why = why_of(four_cpus + R"(
programs: {work: [{io: 10ms}]}
tasks: [{program: work, count: 20}]
strategies: [{threads: 4}]
)");
    INFO(why);
    CHECK(says(why, "wait for I/O at the same time"));
}

TEST_CASE("why: every CPU is busy", "[models]") {
    const auto why = why_of(no_lock + R"(
programs: {work: [{compute: 100ms}]}
tasks: [{program: work, count: 8}]
strategies: [{threads: 4}]
)");
    INFO(why);
    CHECK(says(why, "all 4 CPUs are busy"));
}

TEST_CASE("findings: a reference count that CPUs take from each other", "[models]") {
    // 1 us of work, then a line that 4 threads want, each for 2 us: the fourth waits 8 us for it
    const std::string text = R"(
machine: {cores: 4, costs: none}
interpreter: {preset: none, refcount: 2us}
programs: {p: [{repeat: 1000, steps: [{compute: 1us}, {read: config}]}]}
tasks: [{program: p, count: 4}]
strategies: [{threads: 4}]
)";
    const auto of = [](const std::string& scenario) {
        std::vector<std::string> kinds;
        const auto results = support::run(scenario);
        for (const auto& finding : results[0].findings) kinds.push_back(finding.kind);
        return kinds;
    };
    CHECK(of(text) == std::vector<std::string>{"contended_count"});
    CHECK(of(text + "objects: {config: {shared: immortal}}\n").empty());
}

TEST_CASE("why: a quota that is used up is the reason, not CPUs that idle", "[models]") {
    const auto why = why_of(R"(
machine: {cores: 4, costs: none}
interpreter: none
os: {policy: eevdf, quota: {cpus: 0.5}}
programs: {work: [{compute: 1s}]}
tasks: [{program: work}]
strategies: [serial]
)");
    INFO(why);
    CHECK(says(why, "the quota of 0.5 CPUs is used up in"));
}

TEST_CASE("why: what others do is told beside the program", "[models]") {
    const auto results = run(R"(
machine: {cores: 4, costs: none}
interpreter: none
os: {policy: eevdf, load: {busy: 1ms, every: 2ms}}
programs: {work: [{sleep: 1ms}, {compute: 10ms}, {io: 3ms}, {acquire: l}, {compute: 1ms}, {release: l}]}
tasks: [{program: work, arrive: {every: 30ms}, count: 2}]
strategies: [{direct: {}}]
)");
    INFO(results[0].why);
    CHECK(says(results[0].why, "for other work"));
    CHECK(results[0].stated.back() == "other work on the machine: load");
}

TEST_CASE("why: main beside periodic jobs is not all that runs", "[models]") {
    const auto why = why_of(R"(
machine: {cores: 2, costs: none}
interpreter: none
programs: {work: [{compute: 10ms}]}
tasks: [{name: a, program: work}, {name: p, program: work, period: 20ms, count: 2}]
strategies: [serial]
)");
    INFO(why);
    CHECK_FALSE(says(why, "one after the other"));
}

}  // namespace
}  // namespace interlock::models
