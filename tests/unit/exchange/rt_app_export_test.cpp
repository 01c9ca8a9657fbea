#include "sim/exchange/rt_app.hpp"

#include "sim/config/error.hpp"
#include "sim/config/load.hpp"
#include "tests/support/catch.hpp"

namespace interlock::exchange {

namespace {

Exported exported(const std::string& scenario) {
    return export_rt_app(config::load_text(scenario, "s.yaml"));
}

std::string scenario_of(const std::string& steps, const std::string& task_fields = "",
                        const std::string& more = "") {
    return "machine: {cores: 2, memory_bandwidth: 9GiB/s, cache: {size: 1MiB}, numa: {nodes: 2}}\n"
           "interpreter: none\nprograms:\n  a: [" +
           steps + "]\ntasks:\n  - {program: a" + task_fields + "}\nstrategies: [{direct: {}}]\n" +
           more;
}

/// The document without blanks and what stands around the thread.
std::string thread_of(const std::string& scenario) {
    std::string text;
    for (const char letter : exported(scenario).json)
        if (letter != ' ' && letter != '\n') text += letter;
    const std::string before = R"({"tasks":{"a":)";
    const std::string behind = R"(},"global":{"duration":-1,"calibration":"CPU0",)"
                               R"("default_policy":"SCHED_OTHER"}})";
    CHECK(text.substr(0, before.size()) == before);
    CHECK(text.substr(text.size() - behind.size()) == behind);
    return text.substr(before.size(), text.size() - before.size() - behind.size());
}

std::string export_error_of(const std::string& scenario) {
    try {
        exported(scenario);
    } catch (const config::Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("rt-app: steps are exported as the events they came from", "[exchange]") {
    CHECK(thread_of(scenario_of("{compute: 2ms}, {sleep: 5us}, {compute: 1us}", ", count: 3")) ==
          R"({"instance":3,"loop":1,"run":2000,"sleep":5,"run2":1})");
    CHECK(thread_of(scenario_of("{repeat: 1000000000, steps: [{sleep: 9ms, since: grid}]}")) ==
          R"({"instance":1,"loop":-1,"timer":{"ref":"unique","period":9000,"mode":"absolute"}})");
    CHECK(thread_of(scenario_of("{acquire: m}, {release: m}, {wait: c}, {acquire: m}, "
                                "{release: m}, {wait: a}, {notify: a, count: all}")) ==
          R"({"instance":1,"loop":1,"lock":"m","wait":{"ref":"c","mutex":"m"},"unlock":"m",)"
          R"("suspend":"a","resume":"a"})");
    CHECK(thread_of(scenario_of("{put: q}, {get: q}, yield, {notify: c, count: 2}",
                                ", nice: 4, affinity: [1], arrive: 2ms")) ==
          R"({"instance":1,"delay":2000,"priority":4,"cpus":[1],"loop":1,"sem_post":"q",)"
          R"("sem_wait":"q","yield":"","signal":"c","signal2":"c"})");
}

TEST_CASE("rt-app: a step of many calls is as many events, and does not take for ever",
          "[exchange]") {
    const auto text = thread_of(scenario_of("{io: 1s, calls: 100000}"));
    const std::string end = R"(,"sleep99999":10,"sleep100000":10})";
    CHECK(text.substr(text.size() - end.size()) == end);
}

TEST_CASE("rt-app: two levels of repeats are a loop of phases, and a period is one of them",
          "[exchange]") {
    CHECK(thread_of(scenario_of("{repeat: 3, steps: [{compute: 1us}, "
                                "{repeat: 4, steps: [{compute: 2us}]}]}")) ==
          R"({"instance":1,"loop":3,"phases":{"phase1":{"loop":1,"run":1},)"
          R"("phase2":{"loop":4,"run":2}}})");
    CHECK(thread_of(scenario_of("{compute: 1ms}", ", period: 4ms, count: 5")) ==
          R"({"instance":1,"loop":5,"phases":{"phase1":{"loop":1,"run":1000},"phase2":)"
          R"({"loop":1,"timer":{"ref":"unique","period":4000,"mode":"absolute"}}}})");
}

TEST_CASE("rt-app: what it cannot say is an error, what it says only nearly is noted",
          "[exchange]") {
    CHECK(export_error_of(scenario_of("{compute: {exponential: 1ms}}")) ==
          "s.yaml: a: rt-app draws nothing from distributions");
    CHECK(export_error_of(scenario_of("{compute: 1ms}, {mark: m}")) ==
          "s.yaml: a: mark: rt-app has no marks");
    CHECK(export_error_of(scenario_of("{wait: c, timeout: 1ms}")) ==
          "s.yaml: a: rt-app has no timeouts");
    CHECK(export_error_of(scenario_of("{put: q, bytes: 1KiB}")) ==
          "s.yaml: a: put: rt-app has semaphores only, without bytes");
    CHECK(export_error_of(scenario_of("{wait: c}")) ==
          "s.yaml: a: wait: c: expected release before and acquire behind it, of the same lock, or "
          "the thread's own name");
    CHECK(export_error_of(scenario_of("{repeat: 2, steps: [{repeat: 2, steps: [{repeat: 2, steps: "
                                      "[{compute: 1us}]}]}]}")) ==
          "s.yaml: a: repeat: rt-app has two levels of loops");
    CHECK(export_error_of(scenario_of("{compute: 1ms}", ", arrive: {every: 5ms}, count: 2")) ==
          "s.yaml: a: rt-app has no arrivals by rate");
    CHECK(export_error_of(scenario_of("{barrier: b}", "", "barriers: {b: {parties: 2}}\n")) ==
          "s.yaml: barrier b: rt-app waits for all 1 that use it");
    CHECK(exported(scenario_of("{compute: 1500ns}, {io: 1ms}")).notes ==
          std::vector<std::string>{
              "s.yaml: times are rounded to 1 us",
              "s.yaml: io is taken as a sleep, which the slack of its timer delays"});
}

TEST_CASE("rt-app: the timer of a period is no sleep's as well, which would move the period",
          "[exchange]") {
    // Here the sleep counts from the begin of its job, which a timer of rt-app does not know.
    for (const auto* const since : {"last", "grid"})
        CHECK(export_error_of(
                  scenario_of("{compute: 1ms}, {sleep: 5ms, since: " + std::string(since) + "}",
                              ", period: 20ms, count: 3")) ==
              "s.yaml: a: since: rt-app's timers go on from one period to the next, and here a job "
              "begins anew");
    CHECK(thread_of(scenario_of("{compute: 1ms}, {sleep: 5ms}", ", period: 20ms, count: 3")) ==
          R"({"instance":1,"loop":3,"phases":{"phase1":{"loop":1,"run":1000,"sleep":5000},)"
          R"("phase2":{"loop":1,"timer":{"ref":"unique","period":20000,"mode":"absolute"}}}})");
}

TEST_CASE("rt-app: a thread's timer is absolute throughout or not at all", "[exchange]") {
    CHECK(export_error_of(scenario_of("{sleep: 5ms, since: last}, {sleep: 5ms, since: grid}")) ==
          "s.yaml: a: since: the timer of a thread of rt-app is absolute or not; expected last "
          "throughout, or grid");
}

TEST_CASE("rt-app: the timer of a forked thread counts from the begin of all", "[exchange]") {
    const std::string scenario = "machine: {cores: 2}\ninterpreter: none\nprograms:\n"
                                 "  a: [{spawn: b}]\n  b: [{sleep: 5ms, since: last}]\n"
                                 "strategies: [{direct: {}}]\ntasks:\n  - {program: a}\n";
    const auto* const refused = "s.yaml: b: since: the timer of a thread that another forks counts "
                                "from the begin of all in rt-app, and here from its own";
    CHECK(export_error_of(scenario) == refused);
    CHECK(export_error_of(scenario + "  - {program: b}\n") == refused);
}

TEST_CASE("rt-app: what is left out of a step or of the whole is noted", "[exchange]") {
    const auto notes = [](const std::string& steps, const std::string& more = "") {
        return exported(scenario_of(steps, "", more)).notes;
    };
    using Notes = std::vector<std::string>;
    CHECK(notes("{compute: 1ms}, {nogil: 1ms, class: compute}").empty());
    CHECK(notes("{compute: 1ms, bandwidth: 1GiB/s}, {native: 1ms, bandwidth: 2GiB/s}") ==
          Notes{"s.yaml: bandwidth is left out: run of rt-app has none"});
    CHECK(notes("{nogil: 1ms, working_set: 1MiB}") ==
          Notes{"s.yaml: working_set is left out: run of rt-app has none"});
    CHECK(notes("{nogil: 1ms, mempolicy: interleave}") ==
          Notes{"s.yaml: mempolicy is left out: run of rt-app has none"});
    CHECK(notes("{nogil: 1ms, class: branchy}") ==
          Notes{"s.yaml: class is left out: run of rt-app is of one kind"});
    CHECK(notes("{compute: 1ms, bandwidth: 1GiB/s, class: spin}").size() == 2);
    CHECK(notes("{compute: 1ms}", "warmup: 1s\n") ==
          Notes{"s.yaml: warmup is left out: rt-app has no figures that leave it out"});
    CHECK(notes("{compute: 1ms}", "data: {name: d, bytes: 1MiB}\n") ==
          Notes{"s.yaml: data is left out: threads of rt-app hold none"});
}

TEST_CASE("rt-app: until is the duration where that can say it", "[exchange]") {
    const auto duration = [](const std::string& scenario) {
        const auto json = exported(scenario).json;
        const std::string field = "\"duration\": ";
        const auto from = json.find(field) + field.size();
        return json.substr(from, json.find(',', from) - from);
    };
    CHECK(duration(scenario_of("{compute: 1ms}", "", "until: 3s\n")) == "3");
    const auto odd = scenario_of("{compute: 1ms}", "", "until: 1500ms\n");
    CHECK(duration(odd) == "-1");
    CHECK(exported(odd).notes ==
          std::vector<std::string>{
              "s.yaml: until is left out: rt-app's duration is in whole seconds"});
    // The task that waits arrives after 2 s and ends after 5 s more; until is what ends first.
    const std::string waits = "machine: {cores: 2}\ninterpreter: none\nprograms:\n"
                              "  a: [{compute: 1ms}]\n  end: [{io: 5s}]\n"
                              "strategies: [{direct: {}}]\ntasks:\n"
                              "  - {program: a, background: true}\n"
                              "  - {program: end, arrive: 2s}\n";
    CHECK(duration(waits) == "7");
    CHECK(duration(waits + "until: 6s\n") == "6");
    CHECK(duration(waits + "until: 8s\n") == "7");
}

TEST_CASE("rt-app: a thread is of the system's class unless it says one", "[exchange]") {
    const auto under = [](const std::string& policy, const std::string& fields) {
        return thread_of(scenario_of("{compute: 1us}", fields, "os: {policy: " + policy + "}\n"));
    };
    CHECK(under("sched_rr", "") ==
          R"({"instance":1,"policy":"SCHED_RR","priority":1,"loop":1,"run":1})");
    CHECK(under("sched_fifo", ", sched: {priority: 7}") ==
          R"({"instance":1,"policy":"SCHED_FIFO","priority":7,"loop":1,"run":1})");
    CHECK(under("sched_fifo", ", nice: 3, sched: {policy: sched_other}") ==
          R"({"instance":1,"policy":"SCHED_OTHER","priority":3,"loop":1,"run":1})");
    CHECK(under("sched_batch", ", nice: 3") ==
          R"({"instance":1,"policy":"SCHED_BATCH","priority":3,"loop":1,"run":1})");
    CHECK(under("sched_deadline", ", sched: {runtime: 1ms, period: 9ms}") ==
          R"({"instance":1,"policy":"SCHED_DEADLINE","dl-runtime":1000,"dl-period":9000,)"
          R"("dl-deadline":9000,"loop":1,"run":1})");
    CHECK(under("sched_deadline", "") == R"({"instance":1,"loop":1,"run":1})");
    CHECK(exported(scenario_of("{compute: 1us}", "", "os: {policy: sched_rr}\n")).notes.empty());
    CHECK(export_error_of(scenario_of("{compute: 1us}", ", sched: {priority: 100}",
                                      "os: {policy: sched_rr}\n")) ==
          "s.yaml: a: rt-app has real-time priorities from 1 to 99");
}

TEST_CASE("rt-app: a period has as many jobs as begin before for", "[exchange]") {
    // At 0, 4 and 8 ms; with an offset of 1 ms at 1, 5 and 9.
    for (const auto* const fields : {", period: 4ms, for: 9ms", ", period: 4ms, count: 9, for: 9ms",
                                     ", period: 4ms, offset: 1ms, for: 10ms"})
        CHECK(thread_of(scenario_of("{compute: 1ms}", fields)).find(R"("loop":3,"phases")") !=
              std::string::npos);
    CHECK(
        thread_of(scenario_of("{repeat: 4, steps: [{compute: 1ms}]}", ", period: 9ms, count: 2")) ==
        R"({"instance":1,"loop":2,"phases":{"phase1":{"loop":4,"run":1000},"phase2":)"
        R"({"loop":1,"timer":{"ref":"unique","period":9000,"mode":"absolute"}}}})");
}

TEST_CASE("rt-app: a forked thread is scheduled like the one that forks it", "[exchange]") {
    const auto tasks_of = [](const std::string& tasks) {
        std::string text;
        for (const char letter : exported("machine: {cores: 2}\ninterpreter: none\nprograms:\n"
                                          "  a: [{spawn: b}]\n  b: [{spawn: c}]\n"
                                          "  c: [{compute: 1us}]\nstrategies: [{direct: {}}]\n"
                                          "tasks:\n" +
                                          tasks)
                                     .json)
            if (letter != ' ' && letter != '\n') text += letter;
        const auto from = text.find(':') + 2;
        return text.substr(from, text.find("},\"global\"") - from);
    };
    CHECK(tasks_of("  - {program: a, nice: 5, affinity: [1]}\n") ==
          R"("a":{"instance":1,"priority":5,"cpus":[1],"loop":1,"fork":"b"},)"
          R"("b":{"instance":0,"priority":5,"cpus":[1],"loop":1,"fork":"c"},)"
          R"("c":{"instance":0,"priority":5,"cpus":[1],"loop":1,"run":1})");
    // One of each kind: the second is of another name.
    CHECK(tasks_of("  - {program: b, nice: 1}\n  - {program: b, name: z, nice: 2, count: 3}\n") ==
          R"("b":{"instance":1,"priority":1,"loop":1,"fork":"c"},)"
          R"("z":{"instance":3,"priority":2,"loop":1,"fork":"c2"},)"
          R"("c":{"instance":0,"priority":1,"loop":1,"run":1},)"
          R"("c2":{"instance":0,"priority":2,"loop":1,"run":1})");
    // A task that is scheduled alike and begins at once is the same thread.
    CHECK(tasks_of("  - {program: b}\n  - {program: c, count: 2}\n") ==
          R"("b":{"instance":1,"loop":1,"fork":"c"},"c":{"instance":2,"loop":1,"run":1})");
    for (const auto* const other : {", nice: 1", ", arrive: 1ms", ", name: d, arrive: 1ms"})
        CHECK(tasks_of("  - {program: b}\n  - {program: c" + std::string(other) + "}\n")
                  .find(R"({"instance":0,"loop":1,"run":1})") != std::string::npos);
}

TEST_CASE("rt-app: a barrier is for as many as its places and their threads", "[exchange]") {
    const auto error = [](const std::string& steps, const std::string& more = "") {
        return export_error_of(scenario_of(steps, ", count: 3", more));
    };
    CHECK(error("{barrier: b}") == "no error");
    CHECK(
        error("{barrier: b}, {compute: 1us}, {barrier: b}") ==
        "s.yaml: barrier b: rt-app waits for all 6 that use it, who is in two places counts twice");
    CHECK(error("{barrier: b}, {barrier: b}", "barriers: {b: {parties: 6}}\n") == "no error");
    CHECK(
        export_error_of("machine: {cores: 2}\ninterpreter: none\nprograms:\n"
                        "  a: [{spawn: b}]\n  b: [{barrier: meet}]\n"
                        "strategies: [{direct: {}}]\ntasks:\n  - {program: a}\n") ==
        "s.yaml: barrier meet: rt-app does not count threads that are forked, which alone use it");
}

}  // namespace interlock::exchange
