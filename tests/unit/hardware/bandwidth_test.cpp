// How steps share the memory's bandwidth.

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include "models/hardware/speeds.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using support::run;
using workload::Footprint;
using workload::WorkClass;

Footprint moving(std::uint64_t bandwidth) {
    return {.work_class = WorkClass::memory, .bandwidth = bandwidth};
}

/// What each of these demands gets of the capacity, in bytes a second.
std::vector<std::uint64_t> shared_out(std::uint64_t capacity,
                                      const std::vector<std::uint64_t>& demands) {
    Machine machine;
    machine.cores = static_cast<std::uint32_t>(demands.size());
    machine.memory_bandwidth = capacity;
    std::vector<Footprint> footprints(1);
    for (const auto demand : demands) footprints.push_back(moving(demand));
    Speeds speeds(machine, footprints);
    for (std::uint32_t cpu = 0; cpu < machine.cores; ++cpu) {
        speeds.starts(cpu);
        speeds.set_work(cpu, cpu + 1);
    }
    speeds.share_bandwidth();
    std::vector<std::uint64_t> got;
    for (std::uint32_t cpu = 0; cpu < machine.cores; ++cpu)
        got.push_back(demands[cpu] * speeds.speed(cpu).ppm / 1'000'000);
    return got;
}

TEST_CASE("bandwidth: max-min by hand", "[hardware]") {
    using Shares = std::vector<std::uint64_t>;
    CHECK(shared_out(20'000, {8'000, 12'000}) == Shares{8'000, 12'000});  // enough for all
    CHECK(shared_out(20'000, {16'000, 16'000}) == Shares{10'000, 10'000});
    CHECK(shared_out(20'000, {16'000, 4'000, 8'000}) == Shares{8'000, 4'000, 8'000});
    CHECK(shared_out(20'000, {30'000}) == Shares{19'999});  // 0.666666, rounded down
    CHECK(shared_out(10'000, {2'000, 2'600, 4'000, 5'000}) ==
          Shares{2'000, 2'600, 2'700, 2'700});  // the textbook's: 2, 2.6, 2.7, 2.7
}

TEST_CASE("bandwidth: no more is moved than can be, and nothing lies idle", "[hardware]") {
    kernel::Random random(1, kernel::stream_of("demands"));
    for (int round = 0; round < 300; ++round) {
        std::vector<std::uint64_t> demands;
        for (auto left = 1 + random.below(12); left > 0; --left)
            demands.push_back(1'000'000 + random.below(50'000'000));
        const auto capacity = 1'000'000 + random.below(200'000'000);
        const auto got = shared_out(capacity, demands);
        const auto sum = std::accumulate(got.begin(), got.end(), std::uint64_t{0});
        const auto asked = std::accumulate(demands.begin(), demands.end(), std::uint64_t{0});
        CAPTURE(round, capacity, demands, got);
        CHECK(sum <= capacity);
        // Each share is rounded down by less than a ppm of its demand.
        CHECK(sum + asked / 1'000'000 + 2 * demands.size() >= std::min(capacity, asked));
        const auto most = *std::max_element(got.begin(), got.end());
        for (std::size_t i = 0; i < got.size(); ++i)
            if (got[i] < demands[i]) CHECK(got[i] + 60 > most);  // who is short has the most
    }
}

TEST_CASE("bandwidth: a slow core asks for less", "[hardware]") {
    Machine machine;
    machine.cores = 2;
    machine.speed = {{500'000}, {1'000'000}};
    machine.memory_bandwidth = 12'000;
    Speeds speeds(machine, {{}, moving(8'000)});
    for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
        speeds.starts(cpu);
        speeds.set_work(cpu, 1);
    }
    speeds.share_bandwidth();
    CHECK(speeds.speed(0) == Speed{500'000});    // moves 4000
    CHECK(speeds.speed(1) == Speed{1'000'000});  // and 8000
}

TEST_CASE("bandwidth: nobody stands still for want of it", "[hardware]") {
    CHECK(shared_out(1, {10'000'000, 10'000'000}) == std::vector<std::uint64_t>{10, 10});
}

TEST_CASE("bandwidth: what fits costs nothing, what does not is stretched as a whole",
          "[hardware]") {
    const std::string text = R"(
machine: {cores: 2, memory_bandwidth: 20GiB/s, costs: none}
interpreter: none
os: {policy: fifo}
programs:
  a: [{nogil: 100ms, bandwidth: 16GiB/s}]
  b: [{nogil: 50ms}, {nogil: 40ms, bandwidth: 12.5GiB/s}]
tasks: [{program: a}, {program: b}]
strategies: [{direct: {}}, {direct: {}, machine: {memory_bandwidth: 28.5GiB/s}}]
)";
    // From 50 ms on 10 GiB/s each: b takes 40 x 12.5 / 10 = 50 ms; a has done 50 + 50 x 10 / 16 =
    // 81.25 of its 100 by then.
    const auto results = run(text);
    CHECK(results[0].instances[1].finish == kernel::Time{100ms});
    CHECK(results[0].instances[0].finish == kernel::Time{118750us});
    CHECK(results[0].totals.slowed == 28750us);  // 50 x (1 - 10 / 16) + 50 - 40
    CHECK(results[1].makespan == 100ms);
    CHECK(results[1].totals.slowed == 0ms);
}

TEST_CASE("bandwidth: bytecode moves its data in the time it takes", "[hardware]") {
    // At half the speed two loops of 8 GiB/s move 8 GiB/s together, and 16 take 2 s.
    const auto results = run(R"(
machine: {cores: 2, memory_bandwidth: 8GiB/s, costs: none}
interpreter: none
programs: {p: [{compute: 1s, bandwidth: 8GiB/s}]}
tasks: [{program: p, count: 2}]
strategies: [{direct: {}}, {direct: {}, interpreter: {speed: 0.5}}]
)");
    CHECK(results[0].makespan == 2s);
    CHECK(results[1].makespan == 2s);
    CHECK(results[0].totals.slowed == 2s);
    CHECK(results[1].totals.slowed == 0s);
}

TEST_CASE("bandwidth: the makespan is bounded by what all move", "[hardware]") {
    const auto results = run(R"(
machine: {cores: 8, memory_bandwidth: 20GiB/s}
interpreter: none
programs: {p: [{repeat: 4, steps: [{nogil: 1s, bandwidth: 16GiB/s}]}]}
tasks: [{program: p, count: 4}]
strategies: [{threads: 4}, {processes: 4}]
)");
    for (const auto& result : results) {
        CHECK(result.bounds.makespan_lower == 12800ms);  // 4 x 4 x 16 / 20
        CHECK(*result.makespan >= result.bounds.makespan_lower);
        CHECK(*result.makespan < 12810ms);
    }
}

}  // namespace
}  // namespace interlock::hardware
