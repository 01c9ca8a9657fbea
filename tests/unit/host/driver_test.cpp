// The drivers for real: our own threads and processes, and the python3, the ruby
// and the ocaml of this host, which are left out where there are none.
// What is asserted is structure: which tasks ran, in which order, how often. Times
// are only bounded from below, by what must have passed.

#include "sim/host/driver.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is POSIX's
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/host/interpreters.hpp"
#include "sim/host/plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::host {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::optional<std::string> found(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const auto file = folder + "/" + name; access(file.c_str(), X_OK) == 0) return file;
    return std::nullopt;
}

enum class By : std::uint8_t { builtin, python, ruby, ocaml };

/// None where the host has no such interpreter.
std::unique_ptr<Driver> driver(By by) {
    if (by == By::builtin)
        return std::make_unique<Driver>("interlock",
                                        std::vector<std::string>{INTERLOCK_PROGRAM, "drive"});
    const std::string name = by == By::python ? "python3" : by == By::ruby ? "ruby" : "ocaml";
    if (const auto path = found(name)) return std::make_unique<Driver>(*path);
    WARN("no " + name + " on this host: its driver is not tried");
    return nullptr;
}

By each_driver() { return GENERATE(By::builtin, By::python, By::ruby, By::ocaml); }

json request(const std::string& text) {
    const auto scenario =
        support::scenario("machine: {cores: 2}\ninterpreter: cpython-3.11\n" + text);
    return {{"mode", "run"}, {"plan", plan_of(scenario.cases.at(0), 1, 0)}, {"slack_ns", 0}};
}

std::optional<json> ask(By by, const json& request) {
    const auto it = driver(by);
    if (!it) return std::nullopt;
    return it->ask(request, 60s);
}

std::optional<json> answer(By by, const std::string& text) { return ask(by, request(text)); }

std::string strategies(const std::string& one) {
    return "strategies: [" + (one.front() == '{' || one == "serial" ? one : "{" + one + "}") +
           "]\n";
}

/// Whether a backend said that it cannot do it, and which step or choice it is.
bool refused(const json& answer) {
    const auto why = answer.find("unable");
    if (why == answer.end()) return false;
    const auto text = why->get<std::string>();
    CAPTURE(text);
    CHECK(text.find(": ") < 12);
    return true;
}

/// What no other backend than Python can do.
bool only_python(By by, std::string_view strategy) {
    return by != By::python && strategy.starts_with("asyncio");
}

double started(const json& answer, std::size_t task) {
    return answer["tasks"].at(task).at(0).get<double>();
}
double finished(const json& answer, std::size_t task) {
    return answer["tasks"].at(task).at(1).get<double>();
}

/// By any of its threads.
std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> found;
    const std::filesystem::path tasks = "/proc/" + std::to_string(parent) + "/task";
    std::error_code gone;
    for (const auto& thread : std::filesystem::directory_iterator(tasks, gone)) {
        std::ifstream list(thread.path() / "children");
        for (pid_t child = 0; list >> child;) found.push_back(child);
    }
    return found;
}

/// "0 19" of a thread that may run on CPU 0 alone with a nice value of 19.
std::string scheduled(const std::filesystem::path& thread) {
    std::ifstream file(thread / "stat");
    std::string line;
    std::getline(file, line);
    const auto behind_name = line.rfind(')');
    if (behind_name == std::string::npos) return {};
    std::istringstream words(line.substr(behind_name + 1));
    std::string nice;
    constexpr int place = 17;  // the state is the first behind the name
    for (int i = 0; i < place; ++i) words >> nice;
    std::ifstream status(thread / "status");
    for (std::string entry; std::getline(status, entry);)
        if (entry.starts_with("Cpus_allowed_list:\t"))
            return entry.substr(entry.find('\t') + 1) + ' ' + nice;
    return {};
}

/// Of a process and all below it.
bool any_scheduled(pid_t process, const std::string& as) {
    std::error_code gone;
    const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator(tasks, gone))
        if (scheduled(thread.path()) == as) return true;
    const auto children = children_of(process);
    return std::any_of(children.begin(), children.end(),
                       [&](pid_t child) { return any_scheduled(child, as); });
}

TEST_CASE("driver: a task's own thread or process has its nice value and its CPUs", "[host]") {
    const auto by = GENERATE(By::builtin, By::python);
    const auto* const strategy = GENERATE("processes: 2", "threads: 2");
    const auto it = driver(by);
    if (!it) return;
    bool seen = false;
    std::atomic<bool> over = false;
    std::thread watcher([&] {
        while (!seen && !over) {
            std::this_thread::sleep_for(5ms);
            for (const auto child : children_of(getpid()))
                seen = seen || any_scheduled(child, "0 19");
        }
    });
    const auto plan = request("programs: {p: [nogil: 1ms], q: [sleep: 500ms]}\ntasks: [{program: "
                              "p}, {program: q, affinity: [0], nice: 19}]\n" +
                              strategies(strategy));
    const auto answer = it->ask(plan, 60s);
    over = true;
    watcher.join();
    CHECK((seen || refused(answer)));
}

TEST_CASE("driver: tells what it runs in", "[host]") {
    const auto by = each_driver();
    const auto it = ask(by, json{{"mode", "identify"}});
    if (!it) return;
    CHECK_FALSE(it->at("implementation").get<std::string>().empty());
    CHECK_FALSE(it->at("version").get<std::string>().empty());
    CHECK_FALSE(it->at("free_threaded").get<bool>());
}

TEST_CASE("driver: finds how fast it is", "[host]") {
    const auto by = each_driver();
    const auto it = ask(by, json{{"mode", "calibrate"}, {"seconds", 0.2}});
    if (!it) return;
    for (const auto* const work : {"compute", "nogil", "native"}) {
        // OCaml's library has nothing of the kind.
        if (by == By::ocaml && std::string_view(work) == "nogil") continue;
        CHECK(it->at("rates").at(work).get<double>() > 1000);
    }
    CHECK(it->at("figures").at("thread_life_cpu").at("value").get<double>() > 0);
}

const std::string sleeps = R"(
programs: {nap: [{sleep: 20ms}]}
tasks: [{program: nap, count: 4}]
)";

TEST_CASE("driver: runs the tasks one after the other", "[host]") {
    const auto it = answer(each_driver(), sleeps + strategies("serial"));
    if (!it) return;
    REQUIRE(it->at("tasks").size() == 4);
    for (std::size_t i = 1; i < 4; ++i) CHECK(started(*it, i) >= finished(*it, i - 1));
    CHECK(it->at("makespan_s").get<double>() >= 0.08);
}

TEST_CASE("driver: every strategy runs every task", "[host]") {
    const auto by = each_driver();
    const auto* const strategy =
        GENERATE("threads: 4", "threads: 2", "{threads: 2, pool: true}", "processes: 4",
                 "processes: 2", "{processes: 4, start: spawn}", "{processes: 2, chunksize: 1}",
                 "interpreters: 4", "interpreters: 2", "asyncio: 4", "asyncio: 1");
    CAPTURE(strategy);
    const auto it = answer(by, sleeps + strategies(strategy));
    if (!it) return;
    if (refused(*it)) {
        // Python has all of them, if it is new enough.
        CHECK((by != By::python || std::string(strategy).starts_with("interpreters")));
        return;
    }
    REQUIRE(it->at("tasks").size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(finished(*it, i) - started(*it, i) >= 0.02);
}

TEST_CASE("driver: interpreters of one process compute at the same time", "[host]") {
    for (const auto& one : find_interpreters(places_of_user(), {})) {
        const auto minor = one.preset() == "cpython-3.12" || one.preset() == "cpython-3.13";
        if (!minor) continue;
        CAPTURE(one.path);
        const auto it = Driver(one.path).ask(request(R"(
programs: {work: [{compute: 500ms}, {mark: done}]}
tasks: [{program: work, count: 2}]
)" + strategies("interpreters: 2")),
                                             60s);
        REQUIRE(it.contains("tasks"));
        // Each begins before the other has ended: making one takes a tenth of that.
        CHECK(started(it, 0) < finished(it, 1));
        CHECK(started(it, 1) < finished(it, 0));
    }
}

TEST_CASE("driver: an event loop waits for all in flight at once", "[host]") {
    const auto it = answer(By::python, R"(
programs:
  p: [{io: 40ms, calls: 2}, {acquire: l}, {sleep: 2ms}, {release: l}, {yield: {}}, {mark: m}]
  q: [{wait: c, timeout: 30ms}, {spawn: r, count: 2}, {join: {}}, {repeat: 2, steps: [{io: 0us}]}]
  r: [{nogil: 1ms}]
tasks: [{program: p, count: 10}, {program: q}]
)" + strategies("asyncio: 11"));
    if (!it) return;
    REQUIRE(it->contains("tasks"));
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(finished(*it, i) - started(*it, i) >= 0.04);
        CHECK(started(*it, i) < finished(*it, 0));  // before the first had ended
    }
    CHECK(finished(*it, 10) - started(*it, 10) >= 0.03);
    CHECK(it->at("makespan_s").get<double>() >= 0.06);  // and the lock, 10 x 2 ms
    CHECK(it->at("marks").size() == 10);
}

TEST_CASE("driver: a task waits for its arrival and for those before it", "[host]") {
    const auto by = each_driver();
    const auto* const strategy =
        GENERATE("serial", "threads: 3", "threads: 1", "processes: 3", "asyncio: 3", "asyncio: 1");
    CAPTURE(strategy);
    const auto it = answer(by, R"(
programs: {nap: [{sleep: 10ms}]}
tasks:
  - {name: last, program: nap, after: first}
  - {name: first, program: nap, arrive: 30ms}
  - {name: none, program: nap}
)" + strategies(strategy));
    if (!it) return;
    if (refused(*it)) {
        CHECK(only_python(by, strategy));
        return;
    }
    CHECK(started(*it, 1) >= 0.03);
    CHECK(started(*it, 0) >= finished(*it, 1));
}

TEST_CASE("driver: consumers end when the producers have", "[host]") {
    const auto by = each_driver();
    const auto* const strategy = GENERATE("threads: 5", "processes: 5", "asyncio: 5");
    CAPTURE(strategy);
    const auto it = answer(by, R"(
queues: {jobs: {capacity: 3}}
programs:
  make: [{repeat: 20, steps: [{put: jobs}]}]
  eat: [{each: jobs, steps: [{update: eaten}, {mark: bite}]}]
tasks: [{program: make, count: 2}, {program: eat, count: 3}]
)" + strategies(strategy));
    if (!it) return;
    if (refused(*it)) {
        // Neither has a queue between processes.
        CHECK((by == By::ruby || by == By::ocaml || only_python(by, strategy)));
        return;
    }
    REQUIRE(it->at("tasks").size() == 5);
    CHECK(it->at("marks").size() == 40);
    // Of processes, each has objects of its own.
    if (std::string(strategy) == "threads: 5") CHECK(it->at("objects")[0] == 40);
}

TEST_CASE("driver: what is said over a socket arrives", "[host]") {
    const auto by = each_driver();
    const auto it = answer(by, R"(
queues: {asks: {over: socket}, answers: {over: socket}}
programs:
  server: [{each: asks, steps: [{put: answers, bytes: 1B}]}]
  client: [{repeat: 5, steps: [{mark: asked}, {put: asks, bytes: 1B}, {get: answers}, {mark: served}]}]
tasks: [{program: server}, {program: client, process: client}]
strategies: [{threads: 1}]
)");
    if (!it) return;
    CHECK(it->at("marks").size() == 10);
    CHECK(started(*it, 1) <= finished(*it, 0));
}

TEST_CASE("driver: one run finds nothing of the one before", "[host]") {
    const auto it = driver(each_driver());
    if (!it) return;
    const auto apart = request(R"(
programs: {here: [{sleep: 1ms}], there: [{mark: a}, {sleep: 1ms}, {mark: b}]}
tasks: [{program: here}, {program: there, process: client}]
strategies: [{threads: 1}]
)");
    for (int i = 0; i < 2; ++i) CHECK(it->ask(apart, 60s).at("marks").size() == 2);
}

TEST_CASE("driver: what tasks take along is pickled, or the step is named", "[host]") {
    const auto by = each_driver();
    const auto* const strategy =
        GENERATE("processes: 2", "processes: 1", "{processes: 2, start: spawn}");
    CAPTURE(strategy);
    const auto it = answer(by, R"(
programs: {nap: [{sleep: 1ms}]}
tasks:
  - {program: nap, bytes_in: {size: 100KiB, as: array}, bytes_out: {size: 1MiB, as: objects}}
  - {name: other, program: nap, bytes_in: {size: 1KiB, as: shared}}
)" + strategies(strategy));
    if (!it) return;
    CHECK(refused(*it) == (by != By::python));
    if (by == By::python) CHECK(it->at("tasks").size() == 2);
}

TEST_CASE("driver: every step is done", "[host]") {
    const auto by = each_driver();
    const auto it = answer(by, R"(
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
    if (refused(*it)) {
        CHECK((by == By::ruby || by == By::ocaml));  // they have no barrier
        return;
    }
    CHECK(it->at("objects")[0] == 8);
    CHECK(it->at("marks").size() == 2);
}

TEST_CASE("driver: threads let each other go on", "[host]") {
    const auto by = each_driver();
    // OCaml has no wait with a time-out, and nothing that computes without the lock.
    const std::string wait = by == By::ocaml ? "" : "    - {wait: c, timeout: 1ms}\n";
    const std::string nogil = by == By::ocaml ? "" : "{nogil: 1ms}, ";
    const auto it = answer(by, R"(
programs:
  all:
    - {acquire: m}
    - {update: x}
    - {release: m}
    - {put: q, bytes: 10B}
    - {get: q}
)" + wait + R"(    - {notify: c}
    - {spawn: child, count: 2}
    - join
    - {allocate: {name: rows, bytes: 16KiB}}
    - {touch: {name: rows, bytes: 8KiB, write: true}}
    - {free: rows}
    - {repeat: 3, steps: [{update: x}]}
    - choose: [{weight: 1, steps: [{mark: a}]}, {weight: 1, steps: [{mark: b}]}]
  child: [{sleep: {exponential: 1ms}}, )" +
                                   nogil + R"({native: 1ms}, {compute: 1ms}]
tasks: [{program: all, count: 2}]
strategies: [{threads: 2}]
)");
    if (!it) return;
    CHECK(it->at("objects")[0] == 8);
    CHECK(it->at("marks").size() == 2);
}

TEST_CASE("driver: what runs in the background does not hold up the end", "[host]") {
    const auto by = each_driver();
    const auto it = answer(by, R"(
programs: {spin: [{compute: 1000s}], nap: [{sleep: 5ms}]}
tasks: [{program: spin, background: true, count: 3}, {program: nap}]
strategies: [{threads: 4}]
)");
    if (!it) return;
    CHECK(finished(*it, 3) > 0);
}

TEST_CASE("driver: a task may live in a process of its own", "[host]") {
    const auto by = each_driver();
    const auto it = answer(by, R"(
programs: {nap: [{sleep: 10ms}]}
tasks: [{name: client, program: nap, process: client, count: 2}, {program: nap}]
strategies: [{threads: 1}]
)");
    if (!it) return;
    for (std::size_t i = 0; i < 3; ++i) CHECK(finished(*it, i) - started(*it, i) >= 0.01);
}

TEST_CASE("driver: says which step it cannot do", "[host]") {
    const auto it = answer(each_driver(), sleeps + strategies("direct: {}"));
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
    const auto by = each_driver();
    const ScratchFolder outer;
    setenv("TMPDIR", outer.path().c_str(), 1);
    if (const auto it = driver(by))
        CHECK_THROWS_AS(it->ask(request(R"(
programs: {nap: [{sleep: 1000s}]}
tasks: [{program: nap, count: 2}]
strategies: [{processes: 2}]
)"),
                                500ms),
                        DriverFailed);
    unsetenv("TMPDIR");
    CHECK(std::filesystem::is_empty(outer.path()));
    // Its children were ours to reap, and are.
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("driver: a child that is killed is a failure with a name", "[host]") {
    const auto by = each_driver();
    const auto it = driver(by);
    if (!it) return;
    std::thread killer([] {
        std::vector<pid_t> found;
        // Two at once: what starts the interpreter may have a child of its own, at times.
        for (int tries = 0; found.size() < 2 && tries < 1000; ++tries) {
            std::this_thread::sleep_for(10ms);
            found.clear();
            for (const auto child : children_of(getpid()))
                for (const auto grandchild : children_of(child)) found.push_back(grandchild);
        }
        if (found.size() >= 2) kill(found.front(), SIGKILL);
    });
    CHECK_THROWS_AS(it->ask(request(R"(
programs: {nap: [{sleep: 3s}]}
tasks: [{program: nap, count: 2}]
strategies: [{processes: 2}]
)"),
                            20s),
                    DriverFailed);
    killer.join();
}

}  // namespace
}  // namespace interlock::host
