// The driver for real, in the python3 of this host; left out where there is none.
// What is asserted is structure: which tasks ran, in which order, how often. Times
// are only bounded from below, by what must have passed.

#include "sim/host/driver.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "sim/host/plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::host {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::optional<std::string> python() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const auto file = folder + "/python3"; access(file.c_str(), X_OK) == 0) return file;
    return std::nullopt;
}

json request(const std::string& text) {
    const auto scenario =
        support::scenario("machine: {cores: 2}\ninterpreter: cpython-3.11\n" + text);
    return {{"mode", "run"},
            {"plan", plan_of(scenario.cases.at(0), 1, 0)},
            {"rates", {{"compute", 1e7}, {"nogil", 1e6}, {"native", 1e7}}},
            {"slack_ns", 0}};
}

/// None where there is no Python.
std::optional<json> ask(const json& request) {
    const auto found = python();
    if (!found) {
        WARN("no python3 on this host: the driver is not tried");
        return std::nullopt;
    }
    return Driver(*found).ask(request, 60s);
}

std::optional<json> answer(const std::string& text) { return ask(request(text)); }

double started(const json& answer, std::size_t task) {
    return answer["tasks"].at(task).at(0).get<double>();
}
double finished(const json& answer, std::size_t task) {
    return answer["tasks"].at(task).at(1).get<double>();
}

TEST_CASE("driver: tells what it runs in", "[host]") {
    const auto it = ask(json{{"mode", "identify"}});
    if (!it) return;
    CHECK(it->at("implementation").get<std::string>().empty() == false);
    CHECK(it->at("version").get<std::string>().substr(0, 2) == "3.");
}

TEST_CASE("driver: finds how fast it is", "[host]") {
    const auto it = ask(json{{"mode", "calibrate"}, {"seconds", 0.2}});
    if (!it) return;
    for (const auto* const work : {"compute", "nogil", "native"})
        CHECK(it->at("rates").at(work).get<double>() > 1000);
}

const std::string sleeps = R"(
programs: {nap: [{sleep: 20ms}]}
tasks: [{program: nap, count: 4}]
)";

TEST_CASE("driver: runs the tasks one after the other", "[host]") {
    const auto it = answer(sleeps + "strategies: [serial]");
    if (!it) return;
    REQUIRE(it->at("tasks").size() == 4);
    for (std::size_t i = 1; i < 4; ++i) CHECK(started(*it, i) >= finished(*it, i - 1));
    CHECK(it->at("makespan_s").get<double>() >= 0.08);
}

TEST_CASE("driver: every strategy runs every task", "[host]") {
    const auto* const strategy =
        GENERATE("threads: 4", "threads: 2", "{threads: 2, pool: true}", "processes: 4",
                 "processes: 2", "{processes: 4, start: spawn}", "{processes: 2, chunksize: 1}");
    CAPTURE(strategy);
    const auto it = answer(
        sleeps + "strategies: [" +
        (strategy[0] == '{' ? std::string(strategy) : "{" + std::string(strategy) + "}") + "]");
    if (!it) return;
    REQUIRE(it->at("tasks").size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(finished(*it, i) - started(*it, i) >= 0.02);
}

TEST_CASE("driver: a task waits for its arrival and for those before it", "[host]") {
    const auto* const strategy = GENERATE("serial", "threads: 3", "threads: 1", "processes: 3");
    CAPTURE(strategy);
    const auto it = answer(
        R"(
programs: {nap: [{sleep: 10ms}]}
tasks:
  - {name: last, program: nap, after: first}
  - {name: first, program: nap, arrive: 30ms}
  - {name: none, program: nap}
strategies: [)" +
        (std::string(strategy) == "serial" ? "serial" : "{" + std::string(strategy) + "}") + "]");
    if (!it) return;
    CHECK(started(*it, 1) >= 0.03);
    CHECK(started(*it, 0) >= finished(*it, 1));
}

TEST_CASE("driver: consumers end when the producers have", "[host]") {
    const auto* const strategy = GENERATE("threads", "processes");
    CAPTURE(strategy);
    const auto it = answer(R"(
queues: {jobs: {capacity: 3}}
programs:
  make: [{repeat: 20, steps: [{put: jobs}]}]
  eat: [{each: jobs, steps: [{update: eaten}, {mark: bite}]}]
tasks: [{program: make, count: 2}, {program: eat, count: 3}]
strategies: [{)" + std::string(strategy) +
                           ": 5}]");
    if (!it) return;
    REQUIRE(it->at("tasks").size() == 5);
    // Of processes, objects and marks stay with the children.
    if (std::string(strategy) != "threads") return;
    CHECK(it->at("objects")[0] == 40);
    CHECK(it->at("marks").size() == 40);
}

TEST_CASE("driver: every step is done", "[host]") {
    const auto it = answer(R"(
data: [{name: base, bytes: 64KiB}]
programs:
  all:
    - {acquire: m}
    - {compute: 1us}
    - {nogil: 5us}
    - {native: 1us}
    - {release: m}
    - {sleep: 1ms}
    - {io: 1ms, calls: 2}
    - {put: q, bytes: 10B}
    - {get: q, timeout: 1s}
    - {barrier: here}
    - {wait: c, timeout: 1ms}
    - {notify: c}
    - {spawn: child, count: 2}
    - join
    - yield
    - {read: x}
    - {write: y}
    - {update: x}
    - {allocate: {name: rows, bytes: 16KiB}}
    - {touch: {name: rows, bytes: 8KiB, write: true}}
    - {touch: {name: base}}
    - {free: rows}
    - {repeat: 3, steps: [{update: x}]}
    - choose: [{weight: 1, steps: [{mark: a}]}, {weight: 1, steps: [{mark: b}]}]
  child: [{sleep: {exponential: 1ms}}]
tasks: [{program: all, count: 2}]
strategies: [{threads: 2}]
)");
    if (!it) return;
    CHECK(it->at("objects")[0] == 8);
    CHECK(it->at("marks").size() == 2);
}

TEST_CASE("driver: what runs in the background does not hold up the end", "[host]") {
    const auto it = answer(R"(
programs: {spin: [{compute: 1000s}], nap: [{sleep: 5ms}]}
tasks: [{program: spin, background: true}, {program: nap}]
strategies: [{threads: 2}]
)");
    if (!it) return;
    CHECK(finished(*it, 1) > 0);
}

TEST_CASE("driver: a task may live in a process of its own", "[host]") {
    const auto it = answer(R"(
programs: {nap: [{sleep: 10ms}]}
tasks: [{name: client, program: nap, process: client, count: 2}, {program: nap}]
strategies: [{threads: 1}]
)");
    if (!it) return;
    for (std::size_t i = 0; i < 3; ++i) CHECK(finished(*it, i) - started(*it, i) >= 0.01);
}

TEST_CASE("driver: says which step it cannot do", "[host]") {
    const auto it = answer(sleeps + "strategies: [{direct: {}}]");
    if (!it) return;
    CHECK(it->at("unable").get<std::string>().substr(0, 7) == "direct:");
}

TEST_CASE("driver: no interpreter at the path, or none that answers", "[host]") {
    CHECK_THROWS_WITH(Driver("/nowhere/python3").ask({{"mode", "identify"}}, 10s),
                      "/nowhere/python3 cannot be started: No such file or directory");
    CHECK_THROWS_WITH(Driver("/bin/true").ask({{"mode", "identify"}}, 10s),
                      "/bin/true answered nothing that can be understood");
    CHECK_THROWS_WITH(Driver("/bin/false").ask({{"mode", "identify"}}, 10s),
                      "/bin/false exited with 1");
}

TEST_CASE("driver: one that hangs is ended, and its folder is gone", "[host]") {
    const auto found = python();
    if (!found) return;
    const ScratchFolder outer;
    setenv("TMPDIR", outer.path().c_str(), 1);
    CHECK_THROWS_AS(Driver(*found).ask(request(R"(
programs: {nap: [{sleep: 1000s}]}
tasks: [{program: nap, count: 2}]
strategies: [{processes: 2}]
)"),
                                       500ms),
                    DriverFailed);
    unsetenv("TMPDIR");
    CHECK(std::filesystem::is_empty(outer.path()));
}

}  // namespace
}  // namespace interlock::host
