#include "sim/report/json.hpp"

#include <vector>

#include "sim/report/csv.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/report/hand_made.hpp"

namespace interlock::report {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

namespace {

std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [key, value] : object.items()) names.push_back(key);
    return names;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("json: the fields of the design, in its order", "[report]") {
    const auto document = Json::parse(json_text(outcome_of({threads_row()}), {}));
    CHECK(keys(document) == Keys{"interlock", "format", "scenario", "seed", "replications",
                                 "fingerprint", "strategies", "cost"});
    CHECK(keys(document["cost"]) == Keys{"events", "events_per_s", "wall_s"});
    const auto& strategy = document["strategies"][0];
    CHECK(keys(strategy) == Keys{"strategy",
                                 "kind",
                                 "workers",
                                 "options",
                                 "baseline",
                                 "assumptions",
                                 "ended",
                                 "makespan_s",
                                 "makespan_ci95_s",
                                 "speedup",
                                 "speedup_ci95",
                                 "efficiency",
                                 "bounds",
                                 "throughput_per_s",
                                 "totals_s",
                                 "by_task",
                                 "lock",
                                 "cpu",
                                 "quota",
                                 "objects",
                                 "queues",
                                 "devices",
                                 "memory_peak_bytes",
                                 "threads",
                                 "tasks",
                                 "marks",
                                 "findings"});
    CHECK(keys(strategy["assumptions"]) ==
          Keys{"machine", "policy", "interpreter", "lock", "costs"});
    CHECK(keys(strategy["bounds"]) == Keys{"makespan_lower_s", "speedup_upper"});
    CHECK(keys(strategy["totals_s"]) ==
          Keys{"running", "lock_wait", "cpu_wait", "io", "blocked", "slowed"});
    CHECK(keys(strategy["lock"]) == Keys{"held_share", "requests", "contended", "switches",
                                         "forced_switches", "drop_requests", "wasted_drop_requests",
                                         "failed_wakeups", "wait_s"});
    CHECK(keys(strategy["lock"]["wait_s"]) == Keys{"mean", "sd", "p50", "p90", "p99", "max"});
    auto row = serial_row();
    row.devices.push_back({.name = "disk",
                           .served = 2,
                           .utilization = 0.5,
                           .queue_max = 1,
                           .waits = {},
                           .responses = {}});
    const auto device = strategy_json(row)["devices"][0];
    CHECK(keys(device) ==
          Keys{"name", "served", "utilization", "queue_max", "wait_s", "response_s"});
    CHECK(keys(device["response_s"]) == keys(strategy["lock"]["wait_s"]));
    CHECK(keys(strategy["cpu"]) == Keys{"utilization", "context_switches", "migrations"});
}

TEST_CASE("json: what does not exist is null, what is unknown is not zero", "[report]") {
    auto row = serial_row();
    row.ended = models::Ended::deadlock;
    row.makespan.reset();
    row.speedup.reset();
    row.efficiency.reset();
    row.instances = {instance("never ran")};
    const auto json = strategy_json(row);
    for (const auto* const field : {"makespan_s", "makespan_ci95_s", "speedup", "speedup_ci95",
                                    "efficiency", "lock", "quota"})
        CHECK(json[field].is_null());
    CHECK(json["tasks"][0]["first_run_s"].is_null());
    CHECK(json["tasks"][0]["finish_s"].is_null());
    CHECK(json["ended"] == "deadlock");
}

TEST_CASE("json: the reason stands behind `ended`, where there is one", "[report]") {
    auto row = serial_row();
    CHECK_FALSE(strategy_json(row).contains("reason"));
    row.ended = models::Ended::unavailable;
    row.reason = "no such lock in 3.9";
    CHECK(strategy_json(row)["reason"] == "no such lock in 3.9");
}

TEST_CASE("json: times are seconds in the shortest digits that read back", "[report]") {
    auto row = serial_row();
    row.makespan = 0.6432;
    row.threads = {thread("main", 643200us, samples({5ms}))};
    const auto text = json_text(outcome_of({row}), {});
    CHECK(text.find("\"makespan_s\": 0.6432,") != std::string::npos);
    CHECK(text.find("\"running_s\": 0.6432,") != std::string::npos);
    const auto waits = Json::parse(text)["strategies"][0]["threads"][0]["lock_waits_s"];
    CHECK(keys(waits) == Keys{"count", "mean", "sd", "p50", "p90", "p99", "max"});
    CHECK(waits["count"] == 1);
    CHECK(waits["p99"] == 0.005);
}

TEST_CASE("json: options are as the user wrote them", "[report]") {
    auto row = threads_row();
    row.strategy.options = {{"threads", "2"}, {"os", R"({"policy": "fifo"})"}};
    CHECK(strategy_json(row)["options"].dump() == R"({"threads":2,"os":{"policy":"fifo"}})");
    CHECK(strategy_json(serial_row())["options"].dump() == "{}");
}

TEST_CASE("json: two answers differ in their cost alone", "[report]") {
    const auto outcome = outcome_of({threads_row()});
    auto one = Json::parse(json_text(outcome, {.events = 10, .wall = 0.5}));
    auto other = Json::parse(json_text(outcome, {.events = 10, .wall = 0.25}));
    CHECK(one["cost"]["events_per_s"] == 20.0);
    CHECK(one != other);
    one.erase("cost");
    other.erase("cost");
    CHECK(one == other);
}

TEST_CASE("csv: fields are quoted where they must be", "[report]") {
    CHECK(csv_field("serial") == "serial");
    CHECK(csv_field("processes: 4, start: spawn") == "\"processes: 4, start: spawn\"");
    CHECK(csv_field("so-called \"pool\"") == "\"so-called \"\"pool\"\"\"");
    CHECK(csv_field("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("csv: a heading, then a row a strategy; what does not exist is empty", "[report]") {
    auto row = threads_row();
    row.lock->waits = samples({5ms});
    row.cpu = {.utilization = {1, 0.5}, .context_switches = 7, .migrations = 3};
    CHECK(
        csv_text(outcome_of({serial_row(), row})) ==
        "scenario,seed,replications,strategy,kind,workers,baseline,machine,policy,interpreter,lock,"
        "costs,ended,makespan_s,makespan_low_s,makespan_high_s,speedup,speedup_low,speedup_high,"
        "efficiency,makespan_lower_s,speedup_upper,throughput_per_s,running_s,lock_wait_s,cpu_wait_"
        "s,"
        "io_s,blocked_s,slowed_s,lock_held_share,lock_requests,lock_contended,lock_switches,"
        "lock_forced_switches,lock_drop_requests,lock_wasted_drop_requests,lock_failed_wakeups,"
        "lock_wait_p50_s,lock_wait_p90_s,lock_wait_p99_s,cpu_utilization_mean,context_switches,"
        "migrations,memory_peak_bytes\n"
        "by "
        "hand,1,1,serial,serial,1,serial,i7-8700k,eevdf,cpython-3.11,cpython-3.2,default,done,0.5,,"
        ",1,,,1,0.5,1,0,0.5,0,0,0,0,0,,,,,,,,,,,,0,0,0,0\n"
        "by hand,1,1,threads: "
        "2,threads,2,serial,i7-8700k,eevdf,cpython-3.11,cpython-3.2,default,done,"
        "0.5,,,1,,,1,0.5,1,0,0.5,0.375,0.125,0,0,0,0.998,100,99,98,97,96,3,2,0.005,0.005,0.005,0."
        "75,7,3,"
        "0\n");
}

}  // namespace interlock::report
