#include "sim/exchange/rt_app.hpp"

#include "sim/config/error.hpp"
#include "sim/config/load.hpp"
#include "tests/support/catch.hpp"

namespace interlock::exchange {

namespace {

std::string imported(const std::string& json) { return import_rt_app(json, "w.json").scenario; }

std::vector<std::string> notes_of(const std::string& json) {
    return import_rt_app(json, "w.json").notes;
}

std::string error_of(const std::string& json) {
    try {
        import_rt_app(json, "w.json");
    } catch (const config::Error& error) {
        return error.what();
    }
    return "no error";
}

/// A document whose one thread does this, once.
std::string doing(const std::string& events) {
    return R"({"tasks": {"a": {"loop": 1, )" + events + "}}}";
}

/// From there up to the next field of the scenario.
std::string section(const std::string& scenario, const std::string& name) {
    const auto from = scenario.find(name + ":\n") + name.size() + 2;
    auto to = from;
    while (to < scenario.size() && scenario[to] == ' ') to = scenario.find('\n', to) + 1;
    return scenario.substr(from, to - from);
}

std::string steps_of(const std::string& events) {
    const auto programs = section(imported(doing(events)), "programs");
    return programs.substr(programs.find('\n') + 1);
}

std::string tasks_of(const std::string& json) { return section(imported(json), "tasks"); }

}  // namespace

TEST_CASE("rt-app: a thread that runs and sleeps, for 2 s", "[exchange]") {
    // Without a loop a thread goes on for ever; the main thread ends it.
    CHECK(imported(R"({
        "tasks": {"worker": {"run": 20000, "sleep": 80000}},
        "global": {"duration": 2, "calibration": "CPU0", "gnuplot": true}
    })") ==
          "# A workload of rt-app. It says nothing of the machine: here it has as many CPUs as are "
          "named.\n"
          "name: w\n"
          "machine: {cores: 1}\n"
          "interpreter: none\n"
          "programs:\n"
          "  worker:\n"
          "    - repeat: 1000000000\n"
          "      steps:\n"
          "        - compute: 20ms\n"
          "        - sleep: 80ms\n"
          "  rt-app:\n"
          "    - io: 2s\n"
          "tasks:\n"
          "  - {program: worker, background: true}\n"
          "  - {program: rt-app}\n"
          "strategies: [{direct: {}}]\n");
}

TEST_CASE("rt-app: each event is the steps that do the same", "[exchange]") {
    CHECK(steps_of(R"("run": 1500)") == "    - compute: 1.5ms\n");
    CHECK(steps_of(R"("runtime": 7)") == "    - compute: 7us\n");
    CHECK(steps_of(R"("sleep": 5000)") == "    - sleep: 5ms\n");
    CHECK(steps_of(R"("timer": {"ref": "unique", "period": 30000})") ==
          "    - {sleep: 30ms, since: last}\n");
    CHECK(steps_of(R"("timer": {"ref": "uniqueA", "period": 9, "mode": "absolute"})") ==
          "    - {sleep: 9us, since: grid}\n");
    CHECK(steps_of(R"("lock": "m", "unlock": "m")") == "    - acquire: m\n    - release: m\n");
    CHECK(steps_of(R"("wait": {"ref": "c", "mutex": "m"})") ==
          "    - release: m\n    - wait: c\n    - acquire: m\n");
    CHECK(steps_of(R"("sync": {"ref": "c", "mutex": "m"})") ==
          "    - notify: c\n    - release: m\n    - wait: c\n    - acquire: m\n");
    CHECK(steps_of(R"("signal": "c")") == "    - notify: c\n");
    CHECK(steps_of(R"("broad": "c")") == "    - {notify: c, count: all}\n");
    CHECK(steps_of(R"("suspend": "whatever")") == "    - wait: a\n");
    CHECK(steps_of(R"("resume": "b")") == "    - {notify: b, count: all}\n");
    CHECK(steps_of(R"("sem_post": "s", "sem_wait": "s")") == "    - put: s\n    - get: s\n");
    CHECK(steps_of(R"("barrier": "meet")") == "    - barrier: meet\n");
    CHECK(steps_of(R"("yield": "")") == "    - yield\n");
    // 10 GB/s: 10 000 bytes a us, rounded up.
    CHECK(steps_of(R"("mem": 1000000)") == "    - compute: 100us\n");
    CHECK(steps_of(R"("memrun": {"type": "read", "size": 64, "count": 10001})") ==
          "    - compute: 2us\n");
    CHECK(steps_of(R"("iorun": 100000)") == "    - io: 0us\n");
}

TEST_CASE("rt-app: a key is the event it begins with", "[exchange]") {
    CHECK(steps_of(R"("run1": 1, "runtime_2": 2, "sleep-long": 3)") ==
          "    - compute: 1us\n    - compute: 2us\n    - sleep: 3us\n");
}

TEST_CASE("rt-app: comments, a comma too many and keys said twice are read", "[exchange]") {
    CHECK(steps_of("/* a \"{ */ \"run\": 1, // }\n\t\"run\": 2, \"run\": 3,") ==
          "    - compute: 1us\n    - compute: 2us\n    - compute: 3us\n");
    CHECK(steps_of(R"("lock": "a // b /* c", "unlock": "a // b /* c")") ==
          "    - acquire: \"a // b /* c\"\n    - release: \"a // b /* c\"\n");
}

TEST_CASE("rt-app: phases follow one another, and all of them as often as the thread's loop",
          "[exchange]") {
    const auto scenario = imported(R"({"tasks": {"a": {"instance": 12, "delay": 250, "loop": 3,
        "phases": {"light": {"loop": 10, "run": 3000}, "once": {"sleep": 5}}}}})");
    CHECK(section(scenario, "programs") == "  a:\n"
                                           "    - repeat: 3\n"
                                           "      steps:\n"
                                           "        - repeat: 10\n"
                                           "          steps:\n"
                                           "            - compute: 3ms\n"
                                           "        - sleep: 5us\n");
    CHECK(section(scenario, "tasks") == "  - {program: a, count: 12, arrive: 250us}\n");
}

TEST_CASE("rt-app: a barrier is for as many as use it", "[exchange]") {
    const auto scenario = imported(R"({"tasks": {
        "a": {"loop": 1, "instance": 3, "barrier": "meet"},
        "b": {"loop": 1, "barrier": "meet"}}})");
    CHECK(section(scenario, "barriers") == "  meet: {parties: 4}\n");
}

TEST_CASE("rt-app: policies, priorities and CPUs", "[exchange]") {
    const auto fields = [](const std::string& said) {
        const auto tasks = tasks_of(doing(R"("run": 1, )" + said));
        return tasks.substr(14, tasks.size() - 16);
    };
    CHECK(fields(R"("priority": -19, "cpus": [0, 2])") == "a, nice: -19, affinity: [0, 2]");
    CHECK(fields(R"("policy": "SCHED_FIFO")") == "a, sched: {policy: sched_fifo, priority: 10}");
    CHECK(fields(R"("policy": "SCHED_RR", "priority": 3)") ==
          "a, sched: {policy: sched_rr, priority: 3}");
    CHECK(fields(R"("policy": "SCHED_BATCH", "priority": 5)") ==
          "a, nice: 5, sched: {policy: sched_batch}");
    CHECK(fields(R"("dl-runtime": 100000)") == "a, sched: {runtime: 100ms}");
    // Without them the period is the runtime, and the deadline the period.
    CHECK(fields(R"("policy": "SCHED_DEADLINE", "dl-runtime": 2000, "dl-period": 10000)") ==
          "a, sched: {policy: sched_deadline, runtime: 2ms, deadline: 10ms, period: 10ms}");
    CHECK(imported(doing(R"("run": 1, "cpus": [3])")).find("machine: {cores: 4}\n") !=
          std::string::npos);
}

TEST_CASE("rt-app: a default policy holds for the threads that say none", "[exchange]") {
    CHECK(tasks_of(R"({"global": {"default_policy": "SCHED_RR"}, "tasks": {
        "a": {"loop": 1, "run": 1}, "b": {"loop": 1, "run": 1, "policy": "SCHED_OTHER"}}})") ==
          "  - {program: a, sched: {policy: sched_rr, priority: 10}}\n  - {program: b}\n");
}

TEST_CASE("rt-app: phases on different CPUs are threads that take turns", "[exchange]") {
    const auto json = R"({"tasks": {"a": {"cpus": [2], "loop": 5, "phases": {
        "one": {"cpus": [0], "run": 1500}, "two": {"loop": 2, "run": 1500}}}}})";
    const auto scenario = imported(json);
    CHECK(section(scenario, "programs") == "  \"a 1\":\n"
                                           "    - repeat: 5\n"
                                           "      steps:\n"
                                           "        - compute: 1.5ms\n"
                                           "        - put: \"a 2\"\n"
                                           "        - get: \"a 1\"\n"
                                           "  \"a 2\":\n"
                                           "    - repeat: 5\n"
                                           "      steps:\n"
                                           "        - get: \"a 2\"\n"
                                           "        - repeat: 2\n"
                                           "          steps:\n"
                                           "            - compute: 1.5ms\n"
                                           "        - put: \"a 1\"\n");
    CHECK(section(scenario, "tasks") ==
          "  - {program: \"a 1\", affinity: [0]}\n  - {program: \"a 2\", affinity: [2]}\n");
    CHECK(notes_of(json) ==
          std::vector<std::string>{"w.json:1:12: a: its phases differ in cpus or scheduling, so "
                                   "each is a thread of its own, and they take turns"});
}

TEST_CASE("rt-app: a fork is a spawn, and who is only forked is no task", "[exchange]") {
    const auto scenario = imported(R"({"tasks": {
        "a": {"loop": 1, "fork": "b"}, "b": {"instance": 0, "loop": 1, "run": 1}}})");
    CHECK(section(scenario, "programs") == "  a:\n    - spawn: b\n  b:\n    - compute: 1us\n");
    CHECK(section(scenario, "tasks") == "  - {program: a}\n");
}

TEST_CASE("rt-app: what gets a name gets one that nothing else has", "[exchange]") {
    // The second "a" would be "a2", were there no such thread.
    CHECK(tasks_of(R"({"tasks": {"a": {"loop": 1, "run": 1}, "a2": {"loop": 1, "run": 2},
                                 "a": {"loop": 1, "run": 3}, "a": {"loop": 1, "run": 4}}})") ==
          "  - {program: a}\n  - {program: a2}\n  - {program: a3}\n  - {program: a4}\n");
    CHECK(tasks_of(R"({"tasks": {"rt-app": {"run": 1}}, "global": {"duration": 1}})") ==
          "  - {program: rt-app, background: true}\n  - {program: \"rt-app 2\"}\n");
    // The first phase would be "a 1", the turn of the second "a 2".
    const auto scenario = imported(R"({"tasks": {
        "a": {"loop": 1, "phases": {"x": {"run": 1, "cpus": [0]}, "y": {"run": 1, "cpus": [1]}}},
        "a 1": {"loop": 1, "sem_post": "a 2", "sem_wait": "a 2"}}})");
    CHECK(section(scenario, "programs") == "  \"a 1 2\":\n"
                                           "    - compute: 1us\n"
                                           "    - put: \"a 2 2\"\n"
                                           "    - get: \"a 1 2\"\n"
                                           "  \"a 2 2\":\n"
                                           "    - get: \"a 2 2\"\n"
                                           "    - compute: 1us\n"
                                           "    - put: \"a 1 2\"\n"
                                           "  \"a 1\":\n"
                                           "    - put: \"a 2\"\n"
                                           "    - get: \"a 2\"\n");
    CHECK(config::load_text(scenario, "w.yaml").cases.size() == 1);
}

TEST_CASE("rt-app: each of two threads of one name suspends itself alone", "[exchange]") {
    CHECK(section(imported(R"({"tasks": {"a": {"loop": 1, "suspend": ""},
                                         "a": {"loop": 1, "suspend": ""}}})"),
                  "programs") == "  a:\n    - wait: a\n  a2:\n    - wait: a2\n");
}

TEST_CASE("rt-app: a mutex is held over phases of one thread, but not from one to another",
          "[exchange]") {
    CHECK(section(imported(R"({"tasks": {"a": {"loop": 2, "phases": {
              "x": {"lock": "m", "run": 1}, "y": {"loop": 3, "run": 1}, "z": {"unlock": "m"}}}}})"),
                  "programs") == "  a:\n"
                                 "    - repeat: 2\n"
                                 "      steps:\n"
                                 "        - acquire: m\n"
                                 "        - compute: 1us\n"
                                 "        - repeat: 3\n"
                                 "          steps:\n"
                                 "            - compute: 1us\n"
                                 "        - release: m\n");
    CHECK(error_of(R"({"tasks": {"a": {"loop": 1, "phases": {
"x": {"lock": "m", "run": 1, "cpus": [0]}, "y": {"unlock": "m", "cpus": [1]}}}}})") ==
          "w.json:2:15: lock: phases that differ in cpus or scheduling are threads of their own, "
          "and 'm' is still held at the end of one");
    CHECK(error_of(R"({"tasks": {"a": {"loop": 1, "phases": {
"x": {"run": 1, "cpus": [0]}, "y": {"sync": {"ref": "c", "mutex": "m"}, "cpus": [1]}}}}})") ==
          "w.json:2:67: mutex: phases that differ in cpus or scheduling are threads of their own, "
          "and this one does not hold 'm'");
    CHECK(error_of(doing("\n\"lock\": \"m\"")) ==
          "w.json:2:9: lock: 'm' is still held at the end of the thread; expected an unlock");
    CHECK(error_of(doing("\"lock\": \"m\", \"unlock\": \"m\",\n\"unlock\": \"m\"")) ==
          "w.json:2:11: unlock: the thread does not hold 'm' here");
    CHECK(error_of(R"({"tasks": {"a": {"phases": {
"x": {"loop": 2, "lock": "m", "unlock": "m"}, "y": {"lock": "m"}, "z": {"loop": 2, "unlock": "m"}}}}})") ==
          "w.json:2:94: unlock: the thread does not hold 'm' here");
}

TEST_CASE("rt-app: who is forked is none of a barrier's", "[exchange]") {
    const auto json = [](const std::string& more) {
        return R"({"tasks": {"a": {"loop": 1, "fork": "b"}, )" + more +
               "\n\"b\": {\"instance\": 0, \"loop\": 1, \"barrier\": \"meet\"}}}";
    };
    CHECK(section(imported(json(R"("c": {"loop": 1, "barrier": "meet"},)")), "barriers") ==
          "  meet: {parties: 1}\n");
    CHECK(error_of(json("")) == "w.json:2:44: barrier: 'meet' lets nobody through: rt-app counts "
                                "who uses it, but not threads that are forked");
    CHECK(error_of(doing("\n\"barrier\": \"x-y\"")) ==
          "w.json:2:12: barrier: a name that begins with x- is a note in a scenario");
}

TEST_CASE("rt-app: a workload has a thread, and a thread has a name", "[exchange]") {
    CHECK(error_of(R"({"tasks": {}})") ==
          "w.json:1:11: tasks: expected at least one thread, got an empty mapping");
    CHECK(error_of(R"({"tasks": {"a": {"instance": 0, "run": 1}}})") ==
          "w.json:1:11: tasks: expected a thread that is not only forked");
    CHECK(error_of(R"({"tasks": {"": {"run": 1}}})").find("w.json:1:12: tasks: expected a name") ==
          0);
    CHECK(error_of(R"({"tasks": {"a": {"phases": {}}}})") ==
          "w.json:1:28: phases: expected at least one phase, got an empty mapping");
}

TEST_CASE("rt-app: a forked thread begins when it is forked", "[exchange]") {
    const auto json = [](const std::string& more) {
        return "{\"tasks\": {\"a\": {\"loop\": 1,\n \"fork\": \"b\"}, "
               "\"b\": {\"instance\": 0, \"loop\": 1, " +
               more + "}}}";
    };
    CHECK(error_of(json(R"("run": 1, "delay": 5)")) ==
          "w.json:2:10: fork: a scenario spawns threads without delay, and 'b' has one");
    CHECK(
        notes_of(json(R"("timer": {"ref": "unique", "period": 9})")) ==
        std::vector<std::string>{"w.json:2:10: fork: the timer of 'b' counts from its begin here, "
                                 "there from the begin of all"});
}

TEST_CASE("rt-app: a timer is absolute in all places or in none", "[exchange]") {
    CHECK(error_of(doing("\"timer1\": {\"ref\": \"unique\", \"period\": 1},\n\"timer2\": "
                         "{\"ref\": \"unique\", \"period\": 1, \"mode\": \"absolute\"}")) ==
          "w.json:2:19: timer: 'unique' is absolute in all places there if it is in one; expected "
          "one mode");
}

TEST_CASE("rt-app: what is only nearly so is noted once, with its place", "[exchange]") {
    CHECK(notes_of("{\n \"tasks\": {\"a\": {\n  \"runtime1\": 1, \"runtime2\": 1}}}") ==
          std::vector<std::string>{
              "w.json:3:3: runtime: there it is time by the clock, whoever runs meanwhile; here "
              "it is CPU time",
              "w.json:1:1: it runs until somebody stops it; here for 10 s"});
    CHECK(notes_of(doing(R"("run": 1)")).empty());
}

TEST_CASE("rt-app: what is imported can be run", "[exchange]") {
    for (const auto* const json :
         {R"({"tasks": {"a": {"run": 1000, "timer": {"ref": "unique", "period": 9000}}},
              "global": {"duration": 1}})",
          R"({"tasks": {"a": {"run": 10, "resume": "b", "suspend": "a"},
                        "b": {"run": 10, "resume": "a", "suspend": "b"}}})",
          R"({"tasks": {"a": {"lock": "m", "wait": {"ref": "c", "mutex": "m"}, "unlock": "m"},
                        "b": {"run": 10, "lock": "m", "signal": "c", "unlock": "m"}}})",
          R"({"tasks": {"a b": {"loop": 1, "phases": {"x": {"run": 1, "cpus": [0]},
                                                      "y": {"run": 1, "cpus": [1]}}}}})"})
        CHECK(config::load_text(imported(json), "w.yaml").cases.size() == 1);
}

TEST_CASE("rt-app: what was imported is exported so that it is imported as the same",
          "[exchange]") {
    for (const auto* const json :
         {R"({"tasks": {"a": {"run": 1000, "timer": {"ref": "unique", "period": 9000}}},
              "global": {"duration": 1}})",
          R"({"tasks": {"a": {"run": 10, "resume": "b", "suspend": "a"},
                        "b": {"run": 10, "resume": "a", "suspend": "b"}}})",
          R"({"tasks": {"a": {"lock": "m", "wait": {"ref": "c", "mutex": "m"}, "unlock": "m"},
                        "b": {"run": 10, "lock": "m", "signal": "c", "broad": "c", "unlock": "m",
                              "priority": -3, "cpus": [1], "delay": 5, "instance": 4}}})",
          R"({"tasks": {"a": {"loop": 2, "phases": {"x": {"run": 1, "loop": 3}, "y": {"sleep": 2},
                              "z": {"loop": -1, "barrier": "meet"}}},
                        "b": {"barrier": "meet"}}})",
          R"({"tasks": {"a": {"run": 10, "policy": "SCHED_FIFO", "priority": 3},
                        "b": {"run": 10, "policy": "SCHED_BATCH", "priority": 5},
                        "c": {"run": 10, "dl-runtime": 3000}}})",
          R"({"tasks": {"a": {"run": 10, "policy": "SCHED_DEADLINE", "dl-runtime": 2000,
                              "dl-deadline": 5000, "dl-period": 10000}}})",
          R"({"tasks": {"a": {"loop": 1, "fork": "b"},
                        "b": {"instance": 0, "loop": 7, "run": 1}}})",
          R"({"tasks": {"a b": {"loop": 1, "phases": {"x": {"run": 1, "cpus": [0]},
                                                      "y": {"run": 1, "cpus": [1]}}}}})"}) {
        const auto once = imported(json);
        const auto back = export_rt_app(config::load_text(once, "w.yaml")).json;
        CHECK(imported(back) == once);
    }
}

TEST_CASE("rt-app: what a scenario cannot say is an error with its place", "[exchange]") {
    CHECK(error_of("[1]") ==
          "w.json:1:1: expected a JSON document of rt-app, an object with tasks");
    CHECK(error_of("{\n}") == "w.json:1:1: expected a \"tasks\"");
    CHECK(error_of("{\"tasks\": {\"a\": {\n \"rum\": 1}}}") ==
          "w.json:2:2: unknown field or event 'rum'; did you mean 'run'?");
    CHECK(error_of("{\"tasks\": {\"a\": {\n \"run\": \"1\"}}}") ==
          "w.json:2:9: run: expected a whole number without quotes, got '1'");
    CHECK(error_of("{\"tasks\": {\"a\": {\n \"lock\": 1}}}") ==
          "w.json:2:10: lock: expected a text in quotes, got '1'");
    CHECK(error_of("{\"tasks\": {\"a\": {\"loop\": 2,\n \"loop\": 1, \"run\": 1}}}") ==
          "w.json:2:2: duplicate field 'loop'");
    CHECK(error_of("{\"tasks\": {\"a\": {\n \"loop\": 1}}}") ==
          "w.json:1:12: a: expected at least one event, such as run");
    CHECK(error_of(doing("\n\"run\": 1, \"taskgroup\": \"/g\"")) ==
          "w.json:2:11: taskgroup: a scenario has no groups of tasks");
    CHECK(error_of(doing("\n\"memrun\": {\"type\": \"chase\", \"count\": 1}")) ==
          "w.json:2:20: memrun: how long 'chase' takes depends on the caches; expected read or "
          "write");
    CHECK(error_of(doing("\"timer1\": {\"ref\": \"uniqueA\", \"period\": 1},\n"
                         "\"timer2\": {\"ref\": \"uniqueB\", \"period\": 1}")) ==
          "w.json:2:19: timer: a thread has one timer here, 'uniqueA', and 'uniqueB' is a second");
    CHECK(error_of("{\"tasks\": {\"a\": {\"instance\": 2,\n"
                   "\"timer\": {\"ref\": \"tick\", \"period\": 1}}}}") ==
          "w.json:2:18: timer: several threads share 'tick'; expected a name that begins with "
          "unique");
    CHECK(error_of(doing("\n\"fork\": \"b\"")) == "w.json:2:9: fork: there is no thread 'b'");
    CHECK(error_of("{\"tasks\": {\"a\": {\"loop\": 1,\n \"fork\": \"b\"}, \"b\": {\"run\": 1}}}") ==
          "w.json:2:10: fork: a scenario waits for the threads that it spawns; expected no loop "
          "without end, here or there");
    CHECK(error_of("{\"global\": {\"pi_enabled\": true}, \"tasks\": {}}") ==
          "w.json:1:27: pi_enabled: a scenario's locks inherit no priority");
}

}  // namespace interlock::exchange
