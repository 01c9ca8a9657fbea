// Devices under every strategy, through whole runs.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using support::run;

/// Four tasks of that step on four cores that charge nothing.
std::string four(const std::string& device, const std::string& step,
                 const std::string& strategies) {
    return "machine: {cores: 4, costs: none, devices: {disk: " + device +
           "}}\ninterpreter: {preset: cpython-3.13, fork_start: 0us, interpreter_start: 0us, "
           "interpreter_end: 0us, task_dispatch: 0us, thread_start: 0us, thread_begin: 0us, "
           "thread_join: 0us, process_join: 0us, loop_start: 0us, loop_turn: 0us, loop_callback: "
           "0us, mn_threads: true, message: 0us}\nos: {policy: fifo}\nprograms: {p: [" +
           step + "]}\ntasks: [{program: p, count: 4}]\nstrategies: " + strategies + "\n";
}

constexpr auto everybody =
    "[serial, threads: 4, {threads: 4, pool: true}, processes: 4, {processes: 4, pool: true, "
    "chunksize: 1}, interpreters: 4, asyncio: 4, {processes: 2, threads: 2}, {processes: 2, "
    "asyncio: 2}, {threads: 4, mn_threads: true}, direct]";

Duration makespan(const Result& result) {
    REQUIRE(result.ended == Ended::done);
    return *result.makespan;
}

/// Pools feed their workers for some microseconds; else nothing is charged.
bool about(Duration found, Duration wanted) {
    return found >= wanted && found - wanted < wanted / 100 + 300us;
}

TEST_CASE("devices: one server does one operation at a time, whoever asks", "[models]") {
    for (const auto& result :
         run(four("{servers: 1, service: 10ms}", "{io: {device: disk}}", everybody))) {
        CAPTURE(makespan(result).count());
        CHECK(about(makespan(result), 40ms));
        REQUIRE(result.devices.size() == 1);
        CHECK(result.devices.front().served == 4);
        CHECK(makespan(result) >= result.bounds.makespan_lower);
        CHECK(result.bounds.makespan_lower == 40ms);
    }
}

TEST_CASE("devices: without a number of servers nobody waits but who is alone", "[models]") {
    const auto results =
        run(four("{service: 10ms}", "{io: {device: disk}}", "[serial, threads: 4, asyncio: 4]"));
    CHECK(about(makespan(results[0]), 40ms));
    CHECK(about(makespan(results[1]), 10ms));
    CHECK(about(makespan(results[2]), 10ms));
}

TEST_CASE("devices: waiting for one is I/O, in the books of threads", "[models]") {
    // They wait 10, 20, 30 and 40 ms.
    const auto result =
        run(four("{servers: 1, service: 10ms}", "{io: {device: disk}}", "[direct]")).front();
    CHECK(result.totals.io == 100ms);
    CHECK(result.totals.blocked == 0ms);
    const auto& disk = result.devices.front();
    CHECK(disk.utilization == 1);
    CHECK(disk.queue_max == 3);
    CHECK(disk.waits.mean() == 15e6);      // (0 + 10 + 20 + 30) / 4
    CHECK(disk.responses.mean() == 25e6);  // and 10
}

TEST_CASE("devices: of a bandwidth is used what was moved in the time that is told", "[models]") {
    const auto utilization = [](const std::string& device, const std::string& step,
                                const std::string& more) {
        return run(four(device, step, "[direct]") + more).front().devices.front().utilization;
    };
    // Four at 1 MB/ms in all need 400 ms: cut at 40 ms, the whole of it was used.
    const std::string line = "{bandwidth: 1000000000B/s, bandwidth_each: ";
    const std::string sends = "{io: {device: disk, bytes: 100000000B}}";
    CHECK(utilization(line + "unlimited}", sends, "until: 40ms\n") == 1);
    CHECK(utilization(line + "200000000B/s}", sends, "until: 40ms\n") == Approx(0.8));
    // Of 400 ms those from 300 on, and as long with nothing to move.
    CHECK(utilization(line + "unlimited}", sends + ", {nogil: 100ms}", "warmup: 300ms\n") ==
          Approx(0.5));
}

TEST_CASE("devices: of operations a second are used those let in of those that could be",
          "[models]") {
    const auto utilization = [](const std::string& device, const std::string& more = "") {
        return run(four(device, "{io: {device: disk}}", "[direct]") + more)
            .front()
            .devices.front()
            .utilization;
    };
    // Eight are saved up and one more comes in 100 ms.
    CHECK(utilization("{service: 100ms, iops: 10/s, iops_burst: 8}") == Approx(4.0 / 9));
    // Under way is let in.
    CHECK(utilization("{service: 1s, iops: 10/s, iops_burst: 8}", "until: 100ms\n") ==
          Approx(4.0 / 9));
    // At 0, 100, 200 and 300 ms; at 300 ms there was none to spare.
    CHECK(utilization("{iops: 10/s}") == Approx(1.0));
    CHECK(utilization("{service: 100ms, iops: 10/s}") == Approx(4.0 / 5));
}

TEST_CASE("devices: a bandwidth is one for all processes", "[models]") {
    const auto results =
        run(four("{bandwidth: 1GiB/s, latency: 5ms}", "{io: {device: disk, bytes: 256MiB}}",
                 "[serial, threads: 4, processes: 4, asyncio: 4]"));
    CHECK(about(makespan(results[0]), 1020ms));
    for (std::size_t i = 1; i < 4; ++i) CHECK(about(makespan(results[i]), 1005ms));
}

TEST_CASE("devices: calls share the bytes, and each is an operation", "[models]") {
    for (const auto* const step : {"{io: {device: disk, bytes: 40MiB, calls: 4}}",
                                   "{io: {device: disk, bytes: 40MiB}, calls: 4}"}) {
        const auto result =
            run(four("{servers: 1, service: 1ms, bandwidth: 10GiB/s}", step, "[direct]")).front();
        // Of each task 4 ms and 40 / 10240 s.
        CHECK(about(makespan(result), 31625us));
        CHECK(result.devices.front().served == 16);
        CHECK(result.bounds.makespan_lower == 16ms);
    }
}

TEST_CASE("devices: what is drawn does not depend on the strategy", "[models]") {
    const auto results = run(four("{servers: 2, service: {exponential: 10ms}}",
                                  "{repeat: 5, steps: [{io: {device: disk, bytes: {exponential: "
                                  "1MiB}, calls: 2}}]}",
                                  everybody));
    const auto busy = [](const Result& result) {
        return result.devices.front().utilization * kernel::seconds(*result.makespan) * 2;
    };
    for (const auto& result : results) {
        CHECK(result.devices.front().served == 40);
        CHECK(busy(result) == Approx(busy(results.front())).epsilon(0.001));
    }
}

TEST_CASE("devices: a step's own service goes before the device's", "[models]") {
    const auto result =
        run(four("{servers: 1, service: 10ms}", "{io: {device: disk, service: 2ms}}", "[direct]"))
            .front();
    CHECK(makespan(result) == 8ms);
}

TEST_CASE("devices: the lock is free while one is awaited", "[models]") {
    const auto results =
        run("machine: {cores: 1, costs: none, devices: {disk: {servers: 1, service: 50ms}}}\n"
            "interpreter: cpython-3.11\nos: {policy: fifo}\n"
            "programs: {computes: [{compute: 50ms}], waits: [{io: {device: disk}}]}\n"
            "tasks: [{program: waits}, {program: computes}]\nstrategies: [serial, threads: 2]\n");
    CHECK(about(makespan(results[0]), 100ms));
    CHECK(about(makespan(results[1]), 50ms));
}

TEST_CASE("devices: a read that hits the cache is a copy by the CPU", "[models]") {
    // 512 MiB at 1 GiB/s on four cores, the device not asked.
    const auto result = run(four("{servers: 1, service: 10s, cache: {hits: 100%, copy: 1GiB/s}}",
                                 "{io: {device: disk, bytes: 512MiB}}", "[direct]"))
                            .front();
    CHECK(makespan(result) == 500ms);
    CHECK(result.totals.running == 2s);
    CHECK(result.devices.front().served == 0);
}

TEST_CASE("devices: of reads as many hit as said", "[models]") {
    const auto result = run(four("{cache: {hits: 75%, copy: 0B/s}}",
                                 "{repeat: 1000, steps: [{io: {device: disk}}]}", "[direct]"))
                            .front();
    // 1000 of 4000 miss; the standard deviation is 27.
    CHECK(result.devices.front().served > 918);
    CHECK(result.devices.front().served < 1082);
}

TEST_CASE("devices: writes are copied, and slowed to the device's pace when too much is dirty",
          "[models]") {
    // Each writes 100 MiB: 400 MiB in all, of which 40 may stay dirty; at 100 MiB/s.
    const auto writing = [](const std::string& limit) {
        return run(four("{servers: 1, bandwidth: 100MiB/s, cache: {copy: 0B/s, dirty: " + limit +
                            "}}",
                        "{repeat: 100, steps: [{io: {device: disk, bytes: 1MiB, do: write}}]}",
                        "[direct]"))
            .front();
    };
    CHECK(makespan(writing("1GiB")) == 0ms);
    const auto slowed = writing("40MiB");
    CHECK(makespan(slowed) >= 3600ms);
    CHECK(makespan(slowed) < 3700ms);
}

TEST_CASE("devices: an fsync waits until what is dirty is on the device", "[models]") {
    const auto result =
        run(four("{servers: 1, service: 5ms, bandwidth: 100MiB/s, cache: {copy: 0B/s}}",
                 "{io: {device: disk, bytes: 10MiB, do: write}}, {io: {device: disk, do: fsync}}",
                 "[direct]"))
            .front();
    // FIFO on four CPUs: all have written before the first fsync, which writes 40 MiB; the other
    // three write nothing. Each takes 5 ms.
    CHECK(makespan(result) == 420ms);
    CHECK(result.devices.front().served == 4);
}

TEST_CASE("devices: one that is busy is told as the reason", "[models]") {
    const auto result =
        run(four("{servers: 1, service: 10ms}", "{io: {device: disk}}", "[serial, threads: 4]"))
            .back();
    CHECK(result.why.find("the device 'disk' is busy") != std::string::npos);
}

TEST_CASE("devices: the bound of each limit", "[models]") {
    const auto lower = [](const std::string& device, const std::string& step) {
        return run(four(device, step, "[threads: 4]")).front().bounds.makespan_lower;
    };
    CHECK(lower("{servers: 2, service: 3ms}", "{io: {device: disk}}") == 6ms);
    CHECK(lower("{bandwidth: 1GiB/s}", "{io: {device: disk, bytes: 512MiB}}") == 2s);
    CHECK(lower("{iops: 100/s, iops_burst: 2}", "{io: {device: disk}, calls: 3}") == 100ms);
    // Alone: latency, service, and its bytes at its own limit.
    CHECK(lower("{latency: 7ms, service: 3ms, bandwidth_each: 1GiB/s}",
                "{io: {device: disk, bytes: 512MiB}}") == 510ms);
    CHECK(lower("{service: 3ms, cache: {}}", "{io: {device: disk, do: write}}") == 0ms);
}

}  // namespace
}  // namespace interlock::models
