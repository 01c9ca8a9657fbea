#include "sim/report/table.hpp"

#include "sim/report/notes.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/report/hand_made.hpp"

namespace interlock::report {

using namespace std::chrono_literals;

TEST_CASE("table: strategies side by side, a sentence each, what was assumed", "[report]") {
    const auto outcome = outcome_of({serial_row(), threads_row(), processes_row()});
    CHECK(table_text(outcome) == R"(by hand

strategy        time  speedup  running  lock wait  CPU wait  I/O  blocked
serial        500 ms    1.00x    100 %        0 %       0 %  0 %      0 %
threads: 2    500 ms    1.00x   50.0 %     37.5 %    12.5 %  0 %      0 %
processes: 2  250 ms    2.00x    100 %        0 %       0 %  0 %      0 %

serial takes 500 ms: one CPU does it all.
threads: 2 gain nothing: the lock is held 99.8 % of the time by bytecode.
processes: 2 gain 2.00x: two CPUs share the work.

Assumed: machine i7-8700k, costs default; policy eevdf; interpreter cpython-3.11, lock cpython-3.2;
  1 replication, seed 1.
)");
}

TEST_CASE("table: with replications, half the interval stands beside the time", "[report]") {
    auto row = processes_row();
    row.makespan_ci95 = stats::Interval{0.245, 0.255};  // ± 0.005 of 0.25
    auto outcome = outcome_of({serial_row(), row});
    outcome.replications = 20;
    CHECK(table_text(outcome) == R"(by hand

strategy        time          speedup  running  lock wait  CPU wait  I/O  blocked
serial        500 ms            1.00x    100 %        0 %       0 %  0 %      0 %
processes: 2  250 ms  ±2.0 %    2.00x    100 %        0 %       0 %  0 %      0 %

serial takes 500 ms: one CPU does it all.
processes: 2 gain 2.00x: two CPUs share the work.

Assumed: machine i7-8700k, costs default; policy eevdf; interpreter cpython-3.11, lock cpython-3.2;
  20 replications, seed 1; ± is the 95 % interval of their median.
)");
}

TEST_CASE("table: what did not end says how in place of the time", "[report]") {
    auto stuck = serial_row();
    stuck.ended = models::Ended::deadlock;
    stuck.makespan.reset();
    stuck.speedup.reset();
    stuck.why = "main waits for queue jobs, and nobody puts";
    StrategyOutcome cannot;
    cannot.strategy.name = "interpreters: 4";
    cannot.assumptions = stuck.assumptions;
    cannot.baseline = "serial";
    cannot.ended = models::Ended::unavailable;
    cannot.reason = "CPython 3.9 has one lock for all.";
    CHECK(table_text(outcome_of({stuck, cannot})) == R"(by hand

strategy                time  speedup  running  lock wait  CPU wait  I/O  blocked
serial              deadlock        -    100 %        0 %       0 %  0 %      0 %
interpreters: 4  unavailable        -        -          -         -    -        -

serial deadlocks: main waits for queue jobs, and nobody puts.
interpreters: 4 cannot be: CPython 3.9 has one lock for all.

Assumed: machine i7-8700k, costs default; policy eevdf; interpreter cpython-3.11, lock cpython-3.2;
  1 replication, seed 1.
)");
}

TEST_CASE("table: a long name has a line of its own, and moves nobody's columns", "[report]") {
    auto row = processes_row();
    row.strategy.name =
        "processes: 2, start: spawn, interpreter: cpython-3.14t, os: {policy: fifo}";
    const auto text = table_text(outcome_of({serial_row(), row}));
    CHECK(text.find(R"(
strategy    time  speedup  running  lock wait  CPU wait  I/O  blocked
serial    500 ms    1.00x    100 %        0 %       0 %  0 %      0 %
processes: 2, start: spawn, interpreter: cpython-3.14t, os: {policy: fifo}
          250 ms    2.00x    100 %        0 %       0 %  0 %      0 %
)") != std::string::npos);
}

TEST_CASE("table: colour only when it is asked for", "[report]") {
    const auto outcome = outcome_of({serial_row(), processes_row()});
    CHECK(table_text(outcome).find('\033') == std::string::npos);
    CHECK(table_text(outcome, {.colour = true}).find("\033[32m  2.00x\033[0m") !=
          std::string::npos);
}

TEST_CASE("notes: the sentence begins with what was gained", "[report]") {
    auto row = threads_row();
    const auto with = [&](double speedup) {
        row.speedup = speedup;
        row.why = "…";
        return sentence(row, false);
    };
    CHECK(with(1.06) == "threads: 2 gain 1.06x: ….");
    CHECK(with(1.05) == "threads: 2 gain nothing: ….");
    CHECK(with(0.95) == "threads: 2 gain nothing: ….");
    CHECK(with(0.5) == "threads: 2 lose, at 0.500x: ….");
    CHECK(sentence(row, true) == "threads: 2 lose, at 0.500x of serial: ….");
    row.strategy.name = "my own name";  // no plural
    CHECK(sentence(row, false) == "my own name loses, at 0.500x: ….");
    row.why.clear();
    CHECK(sentence(row, false) == "my own name loses, at 0.500x.");
}

TEST_CASE("notes: findings, order, objects, queues, marks and memory are lines below", "[report]") {
    auto row = threads_row();
    row.lock->waits = samples({4ms, 4ms});
    row.findings = {{"race", "two threads write counter"}};
    row.instances = {instance("a", kernel::Time{3s}), instance("b", kernel::Time{1s})};
    row.completion_order = {1, 0};
    row.objects = {{.name = "counter", .writes = 200, .lost = 13}};
    row.queues = {{.name = "jobs", .length_max = 10, .put_wait = 1.5, .get_wait = 0}};
    row.marks = {
        {.from = "in", .to = "out", .count = 1, .rate_per_second = 0.5, .latency = samples({2ms})}};
    row.memory_peak = 1ULL << 30U;
    row.stated = {"workers are up before time 0"};
    CHECK(notes_text(outcome_of({serial_row(), row}), 200) ==
          R"(serial takes 500 ms: one CPU does it all.
threads: 2 gain nothing: the lock is held 99.8 % of the time by bytecode.
    race: two threads write counter
    lock: held 99.8 % of the time; 99 of 100 requests waited (p50 4.00 ms, p90 4.00 ms, p99 4.00 ms, at most 4.00 ms); forced switches: 97, drop requests: 96 (3 wasted), failed wake-ups: 2
    completed in the order: b (1.00 s), a (3.00 s)
    object counter: 200 writes, 13 lost
    queue jobs: at most 10 long; waited 1.50 s to put, 0 s to get
    memory: at most 1.00 GiB
    from in to out: 1 times, 0.500/s, p50 2.00 ms, p90 2.00 ms, p99 2.00 ms, at most 2.00 ms

Assumed: machine i7-8700k, costs default; policy eevdf; interpreter cpython-3.11, lock cpython-3.2; 1 replication, seed 1.
Assumed: workers are up before time 0 (threads: 2).
)");
}

TEST_CASE("notes: one worker in file order has no order worth a line", "[report]") {
    auto row = serial_row();
    row.instances = {instance("a", kernel::Time{1s}), instance("b", kernel::Time{3s})};
    row.completion_order = {0, 1};
    CHECK(notes_text(outcome_of({row}), 100).find("order") == std::string::npos);
}

TEST_CASE("notes: assumptions in which strategies differ are told side by side", "[report]") {
    auto row = serial_row();
    row.strategy.name = "serial, interpreter: ruby-3.4";
    row.assumptions.interpreter = "ruby-3.4";
    CHECK(notes_text(outcome_of({serial_row(), row}), 200)
              .find("interpreter cpython-3.11 or ruby-3.4, lock") != std::string::npos);
}

}  // namespace interlock::report
