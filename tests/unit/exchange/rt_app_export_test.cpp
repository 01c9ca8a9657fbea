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
    return "machine: {cores: 2}\ninterpreter: none\nprograms:\n  a: [" + steps +
           "]\ntasks:\n  - {program: a" + task_fields + "}\nstrategies: [{direct: {}}]\n" + more;
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

}  // namespace interlock::exchange
