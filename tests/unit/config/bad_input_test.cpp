// Every way to be wrong, with the exact words of the answer.

#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/config/texts.hpp"

namespace interlock::config {

namespace {

struct Bad {
    std::string text;
    std::string error;
};

void check_all(const std::vector<Bad>& all) {
    for (const auto& [text, error] : all) {
        CAPTURE(text);
        CHECK(error_of(text) == "a.yaml:" + error);
    }
}

const std::string policies =
    "one of eevdf, cfs, sched_fifo, sched_rr, sched_batch, sched_idle, "
    "sched_deadline, o1, windows, fifo, "
    "round_robin, processor_sharing, sjf, srtf, priority, mlfq, lottery, stride, edf, "
    "rate_monotonic, deadline_monotonic";

}  // namespace

TEST_CASE("bad input: the file that the others are made from is right", "[config]") {
    CHECK(error_of(file_with()).empty());
}

TEST_CASE("bad input: unknown, missing and duplicate fields", "[config]") {
    check_all({
        {with_rest("tasks: []\n"), "9:1: duplicate field 'tasks'"},
        {with_rest("sed: 3\n"), "9:1: unknown field 'sed'; did you mean 'seed'?"},
        {with_task("{program: p, cuont: 3}"), "7:16: unknown field 'cuont'; did you mean 'count'?"},
        {with_task("{program: p, count: 3, count: 4}"), "7:26: duplicate field 'count'"},
        {with_task("{count: 3}"), "7:3: missing field 'program': what each instance does"},
        {"interpreter: none\n",
         "1:1: missing field 'machine': the machine: a preset such as i7-8700k, or its fields"},
        {"machine: {cores: 1}\n", "1:1: missing field 'interpreter': the interpreter: a preset "
                                  "such as cpython-3.11, or its fields"},
        {"machine:\ninterpreter: none\nprograms: {p: [join]}\ntasks: [{program: p}]\n",
         "1:1: machine: expected a preset, or a mapping such as {cores: 4}, got nothing"},
        {with_rest("queues: {jobs: {capacity: 4}}\n"), "9:10: queues: no step uses 'jobs'"},
    });
}

TEST_CASE("bad input: values", "[config]") {
    check_all({
        {with_step("compute: 5"), "5:14: compute: expected a duration such as 5ms (with a unit: "
                                  "ns, us, ms, s), got '5'"},
        {with_step("compute: 5MiB"), "5:14: compute: expected a duration such as 5ms (with a "
                                     "unit: ns, us, ms, s), got '5MiB'"},
        {with_step("compute: -5ms"),
         "5:14: compute: expected a duration such as 5ms, not a negative one, got '-5ms'"},
        {with_step("compute: 1000000000000s"),
         "5:14: compute: expected at most 2^62 ns (about 146 years), got '1000000000000s'"},
        {with_step("compute: .inf"), "5:14: compute: expected a duration such as 5ms, got '.inf'"},
        {with_step("compute: [1ms, 2ms]"),
         "5:14: compute: expected a duration such as 5ms, or a distribution, got a list"},
        {with_step("compute:"),
         "5:5: compute: expected a duration such as 5ms, or a distribution, got nothing"},
        {with_task("{program: p, count: 0}"),
         "7:23: count: expected a whole number from 1 to 1000000, got '0'"},
        {with_task("{program: p, nice: 20}"),
         "7:22: nice: expected a whole number from -20 to 19, got '20'"},
        {with_rest("until: 0s\n"), "9:8: until: expected a duration above 0, got '0s'"},
        {with_rest("seed: -1\n"),
         "9:7: seed: expected a whole number from 0 to 18446744073709551615, got '-1'"},
    });
}

TEST_CASE("bad input: distributions", "[config]") {
    check_all({
        {with_step("compute: {exponentail: 2ms}"),
         "5:15: compute: unknown distribution 'exponentail'; did you mean 'exponential'?"},
        {with_step("compute: {exponential: 0ms}"),
         "5:28: exponential: expected a mean above 0, got '0ms'"},
        {with_step("compute: {uniform: [3ms, 1ms]}"),
         "5:24: uniform: expected the lowest first, got [3ms, 1ms]"},
        {with_step("compute: {uniform: [3ms]}"),
         "5:24: uniform: expected a list of two: the lowest and the highest, got a list"},
        {with_step("compute: {lognormal: {mean: 2ms}}"),
         "5:26: lognormal: missing field 'cv': the standard deviation over the mean"},
        {with_step("compute: {pareto: {mean: 2ms, alpha: 1}}"),
         "5:42: alpha: expected a number from 1.001 to 100, got '1'"},
        {with_step("compute: {erlang: {mean: 2ms, stages: 0}}"),
         "5:43: stages: expected a whole number from 1 to 1000, got '0'"},
        {with_step("compute: {choice: []}"),
         "5:23: choice: expected a list of at least one value, got an empty list"},
        {with_step("compute: {choice: [1ms], trace: [1ms]}"),
         "5:30: compute: expected one distribution, got 'choice' and 'trace'"},
    });
}

TEST_CASE("bad input: steps", "[config]") {
    check_all({
        {with_step("compue: 5ms"), "5:5: unknown step 'compue'; did you mean 'compute'?"},
        {with_step("compute: 5ms\n    io: 5ms"),
         "6:5: expected one step, got 'compute' and 'io'; each begins with a '-' of its own"},
        {with_step("compute"), "5:5: compute: expected a value behind it, such as {compute: …}"},
        {with_step("{put: jobs, timeuot: 1s}"),
         "5:17: unknown field 'timeuot'; did you mean 'timeout'?"},
        {with_step("repeat: 10"), "5:5: missing field 'steps': what is repeated"},
        {with_step("{repeat: 0, steps: [join]}"),
         "5:14: repeat: expected a whole number from 1 to 1000000000, got '0'"},
        {with_step("{repeat: 2, steps: []}"),
         "5:24: steps: expected a list of at least one step, got an empty list"},
        {with_step("choose: [{weight: 0, steps: [join]}]"),
         "5:13: choose: expected a branch with a weight above 0, got none"},
        {with_step("spawn: q"), "5:12: spawn: there is no program 'q'; one of p"},
        {with_step("spawn: p"), "5:5: spawn: without end: p spawns p"},
        {with_step("touch: {name: rows}"), "5:5: touch: nobody allocates 'rows'"},
        {with_step("free: rows"), "5:5: free: nobody allocates 'rows'"},
        {with_step("get: jobs"), "5:5: get: nobody puts into the queue 'jobs'"},
        {with_step("{each: jobs, steps: [join]}"), "5:6: each: nobody puts into the queue 'jobs'"},
        {with_step("yield: 3"), "5:12: yield: expected nothing, got '3'"},
    });
}

TEST_CASE("bad input: locks that are not held, or still held", "[config]") {
    const std::string not_held =
        "release: the thread does not hold the lock 'm' here; expected an acquire before it";
    check_all({
        {with_step("release: m"), "5:5: " + not_held},
        {with_step("acquire: m\n  - release: m\n  - release: m"), "7:5: " + not_held},
        {with_step("acquire: guard\n  - release: gaurd"),
         "6:5: release: the thread does not hold the lock 'gaurd' here; did you mean 'guard'?"},
        {with_step("acquire: m"), "5:5: acquire: the lock 'm' is still held at the end of 'p'; "
                                  "expected a release"},
        {with_step("acquire: m\n  - {repeat: 2, steps: [release: m]}"), "6:25: " + not_held},
        {with_step("choose: [{steps: [join]}, {steps: [yield]}]\n  - release: m"),
         "6:5: " + not_held},
        {with_step("choose: [{steps: [acquire: m]}, {steps: [yield]}]\n  - release: m"),
         "6:5: release: the thread holds the lock 'm' here on some ways only; expected an acquire "
         "on each"},
    });
}

TEST_CASE("bad input: a lock that is held where it is released is let through", "[config]") {
    const auto right = {
        "acquire: m\n  - release: m",
        "{repeat: 2, steps: [acquire: m, release: m]}",
        "acquire: m\n  - {repeat: 2, steps: [release: m, yield, acquire: m]}\n  - release: m",
        "acquire: m\n  - {repeat: 1, steps: [release: m]}",
        "acquire: m\n  - acquire: m\n  - release: m",
    };
    for (const auto* const step : right) {
        CAPTURE(step);
        CHECK(error_of(with_step(step)).empty());
    }
}

TEST_CASE("bad input: tasks", "[config]") {
    check_all({
        {with_task("{program: q}"), "7:13: program: there is no program 'q'; one of p"},
        {with_task("{program: p, after: q}"), "7:23: after: there is no task 'q'; one of p"},
        {with_task("{program: p, after: p}"), "7:23: after: a cycle: p waits for p"},
        {with_task("{program: p, name: a, after: b}\n- {program: p, name: b, after: a}"),
         "7:32: after: a cycle: a waits for b, b waits for a"},
        {with_task("{program: p}\n- {program: p}"),
         "8:13: there are two tasks 'p'; give each a name of its own, or one a count"},
        {with_task("{program: p, name: a, count: 2}\n- {program: p, name: b, after: {each: a}}"),
         "8:39: each: expected as many instances of a as of b, got 2 and 1"},
        {with_task("{program: p, arrive: {poisson: 200/s}}"),
         "7:3: arrive: expected a count or for beside arrivals by rate, such as count: 100 or "
         "for: 60s"},
        {with_task("{program: p, arrive: {poison: 200/s}}"),
         "7:25: unknown field 'poison'; did you mean 'poisson'?"},
        {with_task("{program: p, for: 60s}"), "7:3: for: expected arrivals by rate beside it, "
                                              "such as arrive: {poisson: 200/s}"},
        {with_task("{program: p, arrive: {every: 1ns}, for: 60s}"),
         "7:3: expected at most 1000000 instances of all tasks together"},
        {with_task("{program: p, arrive: {every: 100000000s}, count: 2}"),
         "7:3: expected arrivals that go on for at most 1000 days"},
        {with_task("{program: p, bytes_in: {size: 1MiB, as: arry}}"),
         "7:43: as: unknown 'arry'; one of objects, array, shared; did you mean 'array'?"},
    });
}

TEST_CASE("bad input: machine, os, interpreter", "[config]") {
    check_all({
        {with_machine("i7-8700"), "1:10: machine: unknown 'i7-8700'; one of cloud-2vcpu, i7-8700k, "
                                  "laptop-2019, laptop-p-e, xeon-8180; did you mean 'i7-8700k'?"},
        {with_machine("{cores: 5000}"),
         "1:18: cores: expected a whole number from 1 to 4096, got '5000'"},
        {with_machine("{cores: 3, sockets: 2}"),
         "1:30: sockets: expected a divisor of the 3 cores, got 2"},
        {with_machine("{cores: 3, speed: [1, 0.5]}"),
         "1:28: speed: expected one value, or one for each of the 3 cores, got 2"},
        {with_machine("{turbo: 0.9}"),
         "1:18: turbo: expected a list such as [1, 0.95, 0.87]: for one "
         "active core, two, …, got '0.9'"},
        {with_machine("{turbo: [1, 0.8, 0.9]}"),
         "1:27: expected a speed that does not rise with the number of active cores, got '0.9'"},
        {with_machine("{memory_bandwidth: 0GiB/s}"),
         "1:29: memory_bandwidth: expected a bandwidth above 0B/s, got '0GiB/s'"},
        {with_step("{nogil: 1ms, working_set: 2MiB}"),
         "5:18: working_set: the machine states no cache"},
        {with_machine("{cache: 32MiB}"),
         "1:18: cache: expected none, or a mapping such as {size: 32MiB}, got '32MiB'"},
        {with_machine("{cache: {shared_by: cpu}}"),
         "1:18: cache: missing field 'size': of each, for the working sets of its threads"},
        {with_machine("{cache: {size: 0B}}"),
         "1:25: size: expected a size above 0B, or cache: none, got '0B'"},
        {with_machine("{cache: {size: 1MiB, shared_by: socke}}"),
         "1:42: shared_by: unknown 'socke'; one of cpu, core, socket; did you mean 'socket'?"},
        {with_machine("{cache: {size: 1MiB, warmup: 0s}}"),
         "1:39: warmup: expected at least 1us, got '0s'"},
        {with_machine("{cache: {size: 1MiB, cold_speed: 1.5}}"),
         "1:43: cold_speed: expected a number from 0.001 to 1, got '1.5'"},
        {with_machine("{smt_speed: {matrx: {}}}"),
         "1:23: unknown field 'matrx'; did you mean 'matrix'?"},
        {with_machine("{smt_speed: {matrix: {compute: {memory: 2}}}}"),
         "1:50: memory: expected a number from 0.001 to 1, got '2'"},
        {with_machine("{smt_speed: {dispatch: {}, matrix: {}}}"),
         "1:22: smt_speed: expected a number such as 0.62, {matrix: {…}} or {dispatch: {…}}, got a "
         "mapping"},
        {with_step("{nogil: 1ms, bandwidth: 8GiB/s}"),
         "5:18: bandwidth: the machine states no memory_bandwidth"},
        {with_step("{compute: 1ms, class: memoy}"),
         "5:27: class: unknown 'memoy'; one of compute, memory, branchy, spin; did you mean "
         "'memory'?"},
        {with_machine("{cores: 3, costs: {sycall: 1us}}"),
         "1:29: unknown field 'sycall'; did you mean 'syscall'?"},
        {with_rest("os: {policy: fare}\n"), "9:14: policy: unknown 'fare'; " + policies},
        {with_rest("os: {policy: fif}\n"),
         "9:14: policy: unknown 'fif'; " + policies + "; did you mean 'fifo'?"},
        {with_rest("os: {policy: {round_robin: {quantun: 1ms}}}\n"),
         "9:29: unknown field 'quantun'; did you mean 'quantum'?"},
        {with_rest("os: {policy: {round_robin: {quantum: fast}}}\n"),
         "9:38: quantum: expected a duration such as 5ms, got 'fast'"},
        {with_rest("os: {policy: {fifo: {quantum: 1ms}}}\n"),
         "9:21: policy: fifo takes no parameters"},
        {with_rest("os: {policy: {eevdf: {linux: 6.5}}}\n"),
         "9:30: linux: unknown '6.5'; one of 6.6, 6.12, 6.17; did you mean '6.6'?"},
        {with_rest("os: {policy: {eevdf: {linux: 6.12, preempt: lazy}}}\n"),
         "9:45: preempt: Linux has no lazy preemption before 6.13"},
        {with_rest("os: {policy: {lottery: {boost: 1ms}}}\n"),
         "9:25: policy: lottery has no parameter boost; it has quantum"},
        {with_rest("os: {policy: {mlfq: {quanta: [1ms], levels: 2}}}\n"),
         "9:22: quanta: expected a level each, or quantum and levels; got both"},
        {with_rest("os: {policy: {mlfq: {quanta: []}}}\n"),
         "9:30: quanta: expected a list such as [10ms, 20ms, 40ms], got an empty list"},
        {with_rest("os: {quota: {period: 10ms}}\n"),
         "9:13: quota: missing field 'cpus': how many CPUs' time in each period"},
        {with_rest("os: {quota: {cpus: 1, period: 2s}}\n"),
         "9:31: period: expected from 1ms to 1s, got '2s'"},
        {with_rest("os: {quota: {cpus: 0.5, period: 1ms}}\n"),
         "9:20: cpus: expected at least 1ms of CPU time in each period"},
        {with_rest("os: {quota: {cpus: 1, burst: 200ms}}\n"),
         "9:30: burst: expected at most the quota of a period"},
        {with_task("{program: p, affinity: 0}"),
         "7:26: affinity: expected a list of CPUs such as [0, 1], got '0'"},
        {with_task("{program: p, sched: {tickets: 0}}"),
         "7:33: tickets: expected a whole number from 1 to 1000000, got '0'"},
        {with_task("{program: p, period: 4ms}"),
         "7:3: period: expected a count or for beside arrivals by rate, such as count: 100 or for: "
         "60s"},
        {with_task("{program: p, offset: 4ms}"), "7:3: offset: expected a period beside it"},
        {with_task("{program: p, on_miss: abort}"), "7:3: on_miss: expected a period beside it"},
        {with_task("{program: p, period: 4ms, count: 2, arrive: 1ms}"),
         "7:3: period: expected neither arrive nor after beside it"},
        {with_rest("os: eevdf\n"), "9:5: os: unknown 'eevdf'; one of linux-2.6.22, linux-5.15, "
                                   "linux-6.12, linux-6.17, linux-6.6, windows"},
        {with_rest("os: [eevdf]\n"),
         "9:5: os: expected a preset, or a mapping such as {policy: eevdf}, got a list"},
        {with_rest("os: {load: 10%}\n"),
         "9:12: load: expected a mapping such as {busy: 1ms, idle: 9ms}, got '10%'"},
        {with_rest("os: {load: {idle: 1ms}}\n"),
         "9:12: load: missing field 'busy': how long one computes"},
        {with_rest("os: {load: {busy: 1ms, idle: 1ms, every: 1ms}}\n"),
         "9:35: load: expected `idle` or `every`; got both"},
        {with_rest("os: {load: [{name: x, busy: 1ms}, {busy: 2ms, idle: 1ms, name: x}]}\n"),
         "9:64: there are two loads 'x'; give each a name of its own, or one a count"},
        {with_rest("os: {policy: {mlfq: {allotment: [1, 2]}}}\n"),
         "9:33: allotment: expected one value, or one for each of the 3 levels, got 2"},
        {with_rest("os: {policy: {mlfq: {allotment: []}}}\n"),
         "9:33: allotment: expected a count, or a list such as [1, 2, 4], got an empty list"},
        {with_rest("os: {load: {busy: 0s, idle: 0s}}\n"),
         "9:19: load: expected that it computes or sleeps"},
        {with_interpreter("{lock: {cpython-3.2: {switch_interval: 1ns}}}"),
         "2:53: switch_interval: expected at least 1us, got '1ns'"},
        {with_step("update: x") + "objects: {x: {shared: never}}\n",
         "9:23: shared: unknown 'never'; one of counted, immortal, deferred"},
    });
}

TEST_CASE("bad input: nodes of memory", "[config]") {
    const auto policy = [](const std::string& text) {
        const auto file = with_step("{nogil: 1ms, mempolicy: " + text + "}");
        return "machine: {cores: 2, numa: {nodes: 2}}" + file.substr(file.find('\n'));
    };
    CHECK(error_of(policy("interleave")).empty());
    CHECK(error_of(policy("{bind: 1}")).empty());
    check_all({
        {with_machine("{cores: 1, numa: 2}"),
         "1:27: numa: expected none, or a mapping such as {nodes: 2}, got '2'"},
        {with_machine("{cores: 3, numa: {nodes: 2}}"),
         "1:27: numa: nodes: expected a divisor of the 3 cores, got 2"},
        {with_machine("{cores: 2, numa: {nodes: 2, link_bandwidth: 1GiB/s}}"),
         "1:27: numa: link_bandwidth: the machine states no memory_bandwidth"},
        {with_machine("{cores: 2, numa: {nodes: 2, link_bandwidth: 0B/s}}"),
         "1:54: link_bandwidth: expected a bandwidth above 0B/s, got '0B/s'"},
        {with_step("{nogil: 1ms, mempolicy: interleave}"),
         "5:18: mempolicy: the machine states no numa"},
        {policy("spread"), "5:29: mempolicy: unknown 'spread'; one of local, interleave"},
        {policy("{node: 1}"), "5:29: mempolicy: expected local, interleave, or a node as in {bind: "
                              "0}, got a mapping"},
        {policy("{bind: 2}"), "5:36: bind: expected a whole number from 0 to 1, got '2'"},
    });
}

TEST_CASE("bad input: a host that was not measured", "[config]") {
    check_all({
        {with_machine("host"),
         "1:10: machine: this host was not calibrated; run 'interlock calibrate'"},
    });
}

TEST_CASE("bad input: devices", "[config]") {
    const auto with_devices = [](const std::string& devices, const std::string& step) {
        auto file = with_step(step);
        return "machine: {devices: " + devices + "}" + file.substr(file.find('\n'));
    };
    const auto device = [&](const std::string& fields) {
        return with_devices("{disk: " + fields + "}", "compute: 1ms");
    };
    const auto step = [&](const std::string& io) {
        return with_devices("{disk: nvme, net: lan}", "io: " + io);
    };
    check_all({
        {with_step("io: {device: disk, bytes: 4MiB}"),
         "5:18: device: the machine has no device 'disk': give it one, such as devices: {disk: "
         "nvme}"},
        {step("{device: dsk}"),
         "5:18: device: the machine has no device 'dsk'; did you mean 'disk'?"},
        {step("{bytes: 4MiB}"), "5:9: io: missing field 'device': what is asked"},
        {step("{device: disk, size: 4MiB}"),
         "5:24: unknown field 'size'; one of device, bytes, service, do, calls"},
        {step("{device: disk, do: erase}"), "5:28: do: unknown 'erase'; one of read, write, fsync"},
        {step("{device: disk, do: fsync, bytes: 1MiB}"),
         "5:35: bytes: an fsync writes what was written before, no bytes of its own"},
        {with_devices("{disk: nvme}", "{io: {device: disk, calls: 2}, calls: 3}"),
         "5:36: calls: it is said already"},
        {device("tape"), "1:27: disk: unknown 'tape'; one of cloud_block, hdd, lan, loopback, "
                         "nvme, sata_ssd, wan"},
        {device("{servers: 0}"),
         "1:37: servers: expected a whole number from 1 to 1000000, got '0'"},
        {device("{bandwidth: 0B/s}"),
         "1:39: bandwidth: expected a bandwidth above 0, or unlimited, got '0B/s'"},
        {device("{iops: 0.0001/s}"),
         "1:34: iops: expected a rate of at least 0.001/s, got '0.0001/s'"},
        {device("{cache: {hits: 200%}}"),
         "1:42: hits: expected a percentage from 0% to 100%, got '200%'"},
        {device("{speed: 3}"),
         "1:28: unknown field 'speed'; one of preset, servers, service, latency, bandwidth, "
         "bandwidth_each, iops, iops_burst, cache"},
        {with_machine("{devices: nvme}"),
         "1:20: devices: expected a mapping of devices such as {disk: nvme}, got 'nvme'"},
    });
}

TEST_CASE("bad input: strategies", "[config]") {
    check_all({
        {with_strategies("[]"),
         "8:13: strategies: expected a list of at least one strategy, got an "
         "empty list"},
        {with_strategies("[thread: 4]"), "8:14: unknown field 'thread'; did you mean 'threads'?"},
        {with_strategies("[{pool: true}]"),
         "8:14: expected a kind of strategy: one of serial, "
         "threads, processes, interpreters, asyncio, direct, got none"},
        {with_strategies("[threads: 0]"),
         "8:23: threads: expected a whole number from 1 to 60000, got '0'"},
        {with_strategies("[{threads: 4, start: fork}]"),
         "8:27: start: expected beside processes, got it beside threads"},
        {with_strategies("[{direct: {}, ready: true}]"),
         "8:27: ready: expected beside threads, processes or interpreters, got it beside direct"},
        {with_strategies("[{threads: 2, asyncio: 2}]"),
         "8:27: expected one kind of strategy, got threads with asyncio"},
        {with_strategies("[{processes: 2, asyncio: 2, threads: 2}]"),
         "8:41: expected one kind of strategy, got processes with threads"},
        {with_strategies("[{processes: 300, asyncio: 300}]"),
         "8:15: these are too many workers; expected at most 60000 in all"},
        {with_strategies("[{processes: 2, threads: 2, pool: true}]"),
         "8:41: pool: expected beside threads or processes, got it beside processes"},
        {with_strategies("[{processes: 2, mn_threads: true}]"),
         "8:29: mn_threads: expected beside threads, got it beside processes"},
        {with_strategies("[{threads: 2, pool: true, mn_threads: true}]"),
         "8:39: mn_threads: expected threads that share a native one, or a pool; got both"},
        {with_strategies("[{asyncio: 2, ready: true}]"),
         "8:27: ready: expected beside threads, processes or interpreters, got it beside asyncio"},
        {with_strategies("[{serial: 2}]"), "8:23: serial: expected nothing, or {}, got '2'"},
        {with_strategies("[serial, {serial: {}}]"),
         "8:22: there are two strategies 'serial' (the first in line 8); give each a name of its "
         "own"},
        {with_strategies("[serial, {threads: 2, baseline: serail}]"),
         "8:45: baseline: there is no strategy 'serail'; did you mean 'serial'?"},
        {with_strategies("[{threads: 2, set: {seed: 3}}]"),
         "8:33: set: 'seed' is the same for all strategies; a strategy may set machine, "
         "interpreter, os, programs, tasks, queues, objects, barriers, data"},
        {with_strategies("[{threads: 2, set: {task.p.count: 3}}]"),
         "8:33: set: unknown field 'task'; did you mean 'tasks'?"},
        {with_strategies("[{threads: 2, set: {tasks.q.count: 3}}]"),
         "8:33: tasks: there is no item 'q'; it has 1; one of p"},
        {with_strategies("[{threads: 2, set: {tasks.p.cuont: 3}}]"),
         "8:33: unknown field 'cuont'; did you mean 'count'?"},
    });
}

TEST_CASE("bad input: expectations", "[config]") {
    check_all({
        {with_rest("expect: [{strategy: {threads: 2}, field: speedup, at_least: 1}]\n"),
         "9:21: strategy: there is no strategy 'threads: 2'; one of serial"},
        {with_rest("expect: [{field: speedpu, at_least: 1}]\n"),
         "9:18: field: the JSON has no field 'speedpu'; did you mean 'speedup'?"},
        {with_rest("expect: [{field: speedup}]\n"),
         "9:10: expect: expected at_least, at_most or equals, got none of them"},
        {with_rest("expect: [{field: speedup, at_least: fast}]\n"),
         "9:37: at_least: expected a number, a duration, a size or a percentage, got 'fast'"},
        {with_rest("expect: [{field: ended, equals: done, within: 20%}]\n"),
         "9:10: within: expected equals with a number beside it"},
        {with_rest("expect: [{field: speedup, equals: 2, within: 0.2}]\n"),
         "9:46: within: expected a percentage such as 20%, got '0.2'"},
    });
}

TEST_CASE("bad input: options of the command line are told as they were typed", "[config]") {
    const auto error = [](const std::string& set) {
        return error_of(
            file_with(),
            {.set = {set}, .machine = {}, .interpreter = {}, .seed = {}, .replications = {}});
    };
    CHECK(error("machine.coers=8") ==
          "--set machine.coers=8: unknown field 'coers'; did you mean 'cores'?");
    CHECK(error("machin.cores=8") ==
          "--set machin.cores=8: unknown field 'machin'; did you mean 'machine'?");
    CHECK(error("machine.cores") ==
          "--set machine.cores: expected PATH=VALUE, such as machine.cores=8");
    CHECK(error("machine.cores=") ==
          "--set machine.cores=: expected a value behind '=', got nothing");
    CHECK(error("tasks.q.count=8") ==
          "--set tasks.q.count=8: tasks: there is no item 'q'; it has 1; one of p");
    CHECK(error("programs.q.0.compute=8ms") ==
          "--set programs.q.0.compute=8ms: there is no program 'q'; one of p");
    CHECK(error("programs.p.0.compute.mean=8ms") ==
          "--set programs.p.0.compute.mean=8ms: compute: '1ms' is one value, which has no 'mean'");
    CHECK(error("programs.p.0.compute=8") ==
          "--set programs.p.0.compute=8: compute: expected a duration such as 5ms (with a unit: "
          "ns, us, ms, s), got '8'");
    CHECK(error("seed=[1, 2]") == "--set seed=[1, 2]: seed: expected one value, for it is the "
                                  "same for all strategies, got a list");
    CHECK(error("machine..cores=8") ==
          "--set machine..cores=8: expected a path such as machine.cores, got an empty part");
    CHECK(error("machine.cores=[1, 2") ==
          "--set machine.cores=[1, 2: this cannot be read: a '[' that is not closed, or a missing "
          "comma");
    CHECK(error_of(file_with(), {.set = {"machine.cores=[1, 2]", "machine.cores=[2, 4]"},
                                 .machine = {},
                                 .interpreter = {},
                                 .seed = {},
                                 .replications = {}}) ==
          "--set machine.cores=[2, 4]: 'machine.cores' has several values already");
    CHECK(error_of(file_with(),
                   {.set = {}, .machine = "i7", .interpreter = {}, .seed = {}, .replications = {}})
              .find("--machine i7: machine: unknown 'i7'; one of ") == 0);
}

}  // namespace interlock::config
