#include "sim/experiment/merge.hpp"

#include "sim/experiment/speedup.hpp"
#include "tests/support/catch.hpp"

namespace interlock::experiment {

using namespace std::chrono_literals;
using models::Ended;
using models::Result;

namespace {

models::Case question(const std::string& name, std::uint32_t workers = 1) {
    models::Case question;
    question.strategy.name = name;
    question.strategy.workers = workers;
    return question;
}

Result done_in(kernel::Duration makespan) {
    Result result;
    result.makespan = makespan;
    result.bounds.makespan_lower = makespan / 2;
    return result;
}

Result stuck() {
    Result result;
    result.ended = Ended::deadlock;
    result.why = "a waits for b";
    return result;
}

std::vector<report::StrategyOutcome> related(const std::vector<models::Case>& cases,
                                             const std::vector<std::vector<Result>>& results) {
    std::vector<report::StrategyOutcome> rows;
    for (std::size_t i = 0; i < cases.size(); ++i) rows.push_back(merge(cases[i], results[i]));
    relate(cases, results, rows);
    return rows;
}

}  // namespace

TEST_CASE("merge: a figure is the median over the replications", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(4s);
    auto c = done_in(2s);
    a.totals.running = 10ms, b.totals.running = 30ms, c.totals.running = 20ms;
    a.throughput = 3, b.throughput = 1, c.throughput = 2;
    a.cpu.utilization = {0.5}, b.cpu.utilization = {1}, c.cpu.utilization = {0.75};
    const auto row = merge(question("serial"), {a, b, c});
    CHECK(row.makespan == 2.0);
    CHECK(row.makespan_lower == 1.0);
    CHECK(row.totals.running == 0.02);
    CHECK(row.throughput == 2);
    CHECK(row.cpu.utilization == std::vector{0.75});
    CHECK(row.replications == 3);
}

TEST_CASE("merge: between two middle values a time is their mean, a count the lower",
          "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(2s);
    a.cpu.migrations = 5, b.cpu.migrations = 8;
    const auto row = merge(question("serial"), {a, b});
    CHECK(row.makespan == 1.5);
    CHECK(row.cpu.migrations == 5);
}

TEST_CASE("merge: percentiles are pooled, counts are not summed", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(1s);
    a.by_task = {{.name = "t", .count = 1, .turnaround = {}}};
    b.by_task = a.by_task;
    a.by_task[0].turnaround.add(1'000);
    b.by_task[0].turnaround.add(3'000);
    const auto row = merge(question("serial"), {a, b});
    REQUIRE(row.by_task.size() == 1);
    CHECK(row.by_task[0].count == 1);
    CHECK(row.by_task[0].turnaround.count() == 2);
    CHECK(row.by_task[0].turnaround.mean() == 2'000);
}

TEST_CASE("merge: of devices times are pooled, figures the middle ones", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(1s);
    auto c = done_in(1s);
    a.devices = {{.name = "disk",
                  .served = 3,
                  .utilization = 0.5,
                  .queue_max = 1,
                  .waits = {},
                  .responses = {}}};
    b.devices = {{.name = "disk",
                  .served = 5,
                  .utilization = 0.25,
                  .queue_max = 4,
                  .waits = {},
                  .responses = {}}};
    c.devices = {{.name = "disk",
                  .served = 4,
                  .utilization = 1,
                  .queue_max = 2,
                  .waits = {},
                  .responses = {}}};
    a.devices[0].waits.add(1'000);
    c.devices[0].waits.add(3'000);
    const auto row = merge(question("serial"), {a, b, c});
    REQUIRE(row.devices.size() == 1);
    CHECK(row.devices[0].served == 4);
    CHECK(row.devices[0].utilization == 0.5);
    CHECK(row.devices[0].queue_max == 2);
    CHECK(row.devices[0].waits.count() == 2);
    CHECK(row.devices[0].waits.mean() == 2'000);
}

TEST_CASE("merge: what a replication does not have counts as none", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(1s);
    auto c = done_in(1s);
    a.objects = {{.name = "x", .writes = 10, .lost = 4}};
    c.objects = {{.name = "y", .writes = 7, .lost = 0}, {.name = "x", .writes = 10, .lost = 2}};
    const auto row = merge(question("serial"), {a, b, c});
    REQUIRE(row.objects.size() == 2);  // in the order in which they first appear
    CHECK(row.objects[0].name == "x");
    CHECK(row.objects[0].lost == 2);    // of 4, none, 2
    CHECK(row.objects[1].writes == 0);  // of none, none, 7
}

TEST_CASE("merge: threads, tasks and their order are replication 0's", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(1s);
    a.threads.resize(1), b.threads.resize(2);
    a.threads[0].name = "main";
    a.instances.resize(1);
    a.instances[0].name = "first";
    a.completion_order = {0};
    const auto row = merge(question("serial"), {a, b});
    REQUIRE(row.threads.size() == 1);
    CHECK(row.threads[0].name == "main");
    CHECK(row.instances.at(0).name == "first");
    CHECK(row.completion_order == std::vector<std::uint32_t>{0});
}

TEST_CASE("merge: one replication that is not done is how the strategy ended", "[experiment]") {
    const auto row = merge(question("serial"), {done_in(1s), stuck(), done_in(1s)});
    CHECK(row.ended == Ended::deadlock);
    CHECK(row.why == "a waits for b");
    CHECK_FALSE(row.makespan);
    CHECK_FALSE(row.makespan_ci95);
}

TEST_CASE("merge: a finding of some replications says of how many", "[experiment]") {
    auto a = done_in(1s);
    auto b = done_in(1s);
    auto c = done_in(1s);
    a.findings = {{"convoy", "always"}};
    b.findings = {{"convoy", "always, too"}, {"race", "x lost 1"}, {"race", "y lost 1"}};
    c.findings = {{"race", "x lost 2"}, {"convoy", "again"}};
    const auto row = merge(question("serial"), {a, b, c});
    REQUIRE(row.findings.size() == 3);
    CHECK(row.findings[0].text == "always");
    CHECK(row.findings[1].text == "x lost 1 (in 2 of 3 replications)");
    CHECK(row.findings[2].text == "y lost 1 (in 2 of 3 replications)");
}

TEST_CASE("merge: the sentence is that of the median replication", "[experiment]") {
    auto a = done_in(3s);
    auto b = done_in(1s);
    auto c = done_in(2s);
    a.why = "slow", b.why = "fast", c.why = "middle";
    CHECK(merge(question("serial"), {a, b, c}).why == "middle");
}

TEST_CASE("merge: a case that cannot be needs no result", "[experiment]") {
    auto cannot = question("interpreters: 4");
    cannot.unavailable = "3.9 has one lock";
    const auto row = merge(cannot, {});
    CHECK(row.ended == Ended::unavailable);
    CHECK(row.reason == "3.9 has one lock");
}

TEST_CASE("speedup: against the first strategy, and per worker", "[experiment]") {
    const auto rows =
        related({question("serial"), question("threads: 4", 4)}, {{done_in(8s)}, {done_in(4s)}});
    CHECK(rows[0].baseline == "serial");
    CHECK(rows[0].speedup == 1.0);
    CHECK(rows[1].baseline == "serial");
    CHECK(rows[1].speedup == 2.0);
    CHECK(rows[1].efficiency == 0.5);
    CHECK(rows[1].speedup_upper == 4.0);  // 8 s / (4 s / 2)
    CHECK_FALSE(rows[1].speedup_ci95);    // of one replication
}

TEST_CASE("speedup: each interpreter, machine and os has its own baseline", "[experiment]") {
    std::vector cases{question("a"), question("b"), question("c"), question("d")};
    cases[2].runtime.name = cases[3].runtime.name = "ruby-3.4";
    const auto rows = related(cases, {{done_in(8s)}, {done_in(4s)}, {done_in(6s)}, {done_in(2s)}});
    CHECK(rows[1].baseline == "a");
    CHECK(rows[2].baseline == "c");
    CHECK(rows[3].baseline == "c");
    CHECK(rows[3].speedup == 3.0);
}

TEST_CASE("speedup: if the first did not end, the first that ended", "[experiment]") {
    const auto rows =
        related({question("serial"), question("threads: 2", 2), question("threads: 4", 4)},
                {{stuck()}, {done_in(4s)}, {done_in(2s)}});
    CHECK_FALSE(rows[0].speedup);
    CHECK(rows[0].baseline == "threads: 2");
    CHECK(rows[1].speedup == 1.0);
    CHECK(rows[2].speedup == 2.0);
}

TEST_CASE("speedup: a named baseline goes before all", "[experiment]") {
    std::vector cases{question("serial"), question("threads: 2"), question("threads: 4")};
    cases[2].strategy.baseline = "threads: 2";
    const auto rows = related(cases, {{done_in(8s)}, {done_in(6s)}, {done_in(3s)}});
    CHECK(rows[2].baseline == "threads: 2");
    CHECK(rows[2].speedup == 2.0);
}

TEST_CASE("speedup: the interval pairs replications, which did the same work", "[experiment]") {
    // Makespans vary threefold, but each pair's ratio is 2.
    const auto rows = related({question("serial"), question("threads: 2")},
                              {{done_in(2s), done_in(6s)}, {done_in(1s), done_in(3s)}});
    CHECK(rows[1].speedup == 2.0);
    REQUIRE(rows[1].speedup_ci95);
    CHECK(rows[1].speedup_ci95->low == 2.0);
    CHECK(rows[1].speedup_ci95->high == 2.0);
}

TEST_CASE("speedup: a strategy without chance stands for all replications of the other",
          "[experiment]") {
    const auto rows = related({question("serial"), question("threads: 2")},
                              {{done_in(4s)}, {done_in(2s), done_in(2s), done_in(2s)}});
    REQUIRE(rows[1].speedup_ci95);
    CHECK(rows[1].speedup_ci95->low == 2.0);
    CHECK(rows[1].speedup_ci95->high == 2.0);
}

}  // namespace interlock::experiment
