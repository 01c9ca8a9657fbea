// Whose data are in which cache, and what that does to their speed.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/hardware/caches.hpp"
#include "models/hardware/speeds.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using kernel::Time;
using support::run;
using Changed = Caches::Changed;

/// Of 100 bytes, warm after 10 ms; two sockets of two cores of two CPUs.
Machine machine(SharedBy shared_by) {
    Machine machine;
    machine.sockets = 2;
    machine.cores = 4;
    machine.threads_per_core = 2;
    machine.cache = {.size = 100, .shared_by = shared_by, .warmup = 10ms};
    return machine;
}

Time at(kernel::Duration time) { return Time{time}; }

TEST_CASE("caches: a thread is warm when it has run for long enough, in several goes",
          "[hardware]") {
    Caches caches(machine(SharedBy::cpu));
    CHECK(caches.runs(0, 7, 60, at(0ms)) == Changed{0});
    CHECK(caches.cold(0));
    CHECK(caches.warm_at(0) == at(10ms));
    CHECK(caches.runs(0, 7, 60, at(3ms)).empty());  // the same
    CHECK(caches.stops(0, at(4ms)) == Changed{0});
    CHECK_FALSE(caches.cold(0));
    CHECK_FALSE(caches.warm_at(0));
    caches.runs(0, 7, 60, at(20ms));
    CHECK(caches.warm_at(0) == at(26ms));
    CHECK(caches.warms(0, at(26ms)) == Changed{0});
    CHECK_FALSE(caches.cold(0));
    CHECK(caches.stops(0, at(30ms)).empty());
    CHECK(caches.runs(0, 7, 60, at(90ms)).empty());
    CHECK_FALSE(caches.cold(0));
    CHECK(caches.runs(1, 8, 60, at(90ms)) == Changed{1});  // elsewhere, another
    CHECK(caches.warm_at(1) == at(100ms));
}

TEST_CASE("caches: who stops at the moment at which he would be warm, is", "[hardware]") {
    Caches caches(machine(SharedBy::cpu));
    caches.runs(0, 1, 60, at(0ms));
    caches.stops(0, at(10ms));
    CHECK(caches.runs(0, 1, 60, at(50ms)).empty());
    CHECK_FALSE(caches.cold(0));
}

TEST_CASE("caches: what came in first goes out first, whatever was used last", "[hardware]") {
    Caches caches(machine(SharedBy::cpu));
    const auto visit = [&](std::uint32_t thread, std::uint64_t set, kernel::Duration from,
                           kernel::Duration until) {
        caches.runs(0, thread, set, at(from));
        const bool cold = caches.cold(0);
        caches.stops(0, at(until));
        return cold;
    };
    CHECK(visit(1, 40, 0ms, 10ms));
    CHECK(visit(2, 40, 10ms, 20ms));
    CHECK_FALSE(visit(1, 40, 20ms, 30ms));
    CHECK(visit(3, 40, 30ms, 39ms));        // not in yet
    CHECK_FALSE(visit(1, 40, 39ms, 40ms));  // used again
    CHECK(visit(3, 40, 40ms, 41ms));        // now: 120 are too many
    CHECK_FALSE(visit(2, 40, 41ms, 42ms));
    CHECK_FALSE(visit(3, 40, 42ms, 43ms));
    CHECK(visit(1, 40, 43ms, 52ms));
    CHECK(visit(1, 40, 52ms, 53ms));  // counted from nothing, and on
    CHECK(visit(2, 40, 53ms, 54ms));
}

TEST_CASE("caches: a set larger than the cache throws out all others, then itself", "[hardware]") {
    Caches caches(machine(SharedBy::socket));
    caches.runs(0, 1, 50, at(0ms));
    caches.warms(0, at(10ms));
    caches.runs(3, 2, 101, at(12ms));  // of the other core
    caches.runs(4, 3, 50, at(12ms));   // of the other socket
    CHECK(caches.warms(3, at(22ms)).size() >= 2);
    CHECK(caches.cold(0));
    CHECK(caches.warm_at(0) == at(32ms));
    CHECK(caches.cold(3));
    CHECK(caches.warm_at(3) == at(32ms));
    CHECK(caches.warm_at(4) == at(22ms));
    caches.warms(0, at(32ms));
    caches.warms(3, at(32ms));
    CHECK(caches.cold(0));
    CHECK(caches.cold(3));
}

TEST_CASE("caches: siblings share one by core, and each has his own by cpu", "[hardware]") {
    for (const auto shared_by : {SharedBy::cpu, SharedBy::core, SharedBy::socket}) {
        Caches caches(machine(shared_by));
        caches.runs(0, 1, 60, at(0ms));
        caches.warms(0, at(10ms));
        caches.stops(0, at(10ms));
        const auto cold_on = [&](std::uint32_t cpu) {
            caches.runs(cpu, 1, 60, at(10ms));
            const bool cold = caches.cold(cpu);
            caches.stops(cpu, at(10ms));
            return cold;
        };
        CHECK(cold_on(1) == (shared_by == SharedBy::cpu));
        CHECK(cold_on(2) == (shared_by != SharedBy::socket));
        CHECK(cold_on(4));
    }
}

TEST_CASE("caches: who exits takes his data along; another size is other data", "[hardware]") {
    Caches caches(machine(SharedBy::cpu));
    for (std::uint32_t thread = 1; thread <= 2; ++thread) {
        caches.runs(0, thread, 50, at(thread * 20ms));
        caches.stops(0, at(thread * 20ms + 10ms));
    }
    caches.exits(1);
    caches.runs(0, 3, 50, at(70ms));
    caches.warms(0, at(80ms));
    CHECK(caches.runs(0, 2, 50, at(90ms)).empty());  // there was room
    CHECK(caches.runs(0, 2, 0, at(91ms)).empty());   // without any
    CHECK(caches.runs(0, 2, 50, at(92ms)).empty());
    CHECK(caches.runs(0, 2, 40, at(93ms)) == Changed{0});
    CHECK(caches.cold(0));
    CHECK(caches.runs(0, 2, 50, at(94ms)).size() >= 1);
    CHECK(caches.cold(0));
}

/// One cache as multi.py counts it: unit by unit, in lists.
class CountedByUnits {
public:
    static constexpr std::uint64_t size = 100;
    static constexpr int warmup = 10;

    bool cold(std::uint32_t thread) const {
        return std::find(contents_.begin(), contents_.end(), thread) == contents_.end();
    }
    void unit(std::uint32_t thread, const std::vector<std::uint64_t>& sets) {
        if (!cold(thread) || ++counters_[thread] < warmup) return;
        contents_.insert(contents_.begin(), thread);
        const auto total = [&] {
            std::uint64_t sum = 0;
            for (const auto one : contents_) sum += sets[one];
            return sum;
        };
        while (total() > size) {
            counters_[contents_.back()] = 0;
            contents_.pop_back();
        }
    }

private:
    std::vector<std::uint32_t> contents_;
    std::map<std::uint32_t, int> counters_;
};

TEST_CASE("caches: they are as if counted unit by unit", "[hardware]") {
    const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{50}));
    CAPTURE(seed);
    kernel::Random random(seed, kernel::stream_of("visits"));
    Machine machine;
    machine.cores = 2;
    machine.cache = {.size = CountedByUnits::size, .shared_by = SharedBy::cpu, .warmup = 10ms};
    Caches caches(machine);
    std::vector<CountedByUnits> counted(2);
    std::vector<std::uint64_t> sets;
    for (int i = 0; i < 6; ++i) sets.push_back(10 * (1 + random.below(12)));
    std::vector<std::uint32_t> running(2);
    std::uint32_t colds = 0;
    for (int time = 0; time < 2'000; ++time) {
        const Time now{time * 1ms};
        for (std::uint32_t cpu = 0; cpu < 2; ++cpu)
            if (caches.warm_at(cpu) == now) caches.warms(cpu, now);
        if (random.below(8) == 0 || time == 0) {
            for (std::uint32_t cpu = 0; cpu < 2; ++cpu) caches.stops(cpu, now);
            running[0] = static_cast<std::uint32_t>(random.below(6));
            running[1] = static_cast<std::uint32_t>((running[0] + 1 + random.below(5)) % 6);
            for (std::uint32_t cpu = 0; cpu < 2; ++cpu)
                caches.runs(cpu, running[cpu], sets[running[cpu]], now);
        }
        for (std::uint32_t cpu = 0; cpu < 2; ++cpu) {
            REQUIRE(caches.cold(cpu) == counted[cpu].cold(running[cpu]));
            colds += caches.cold(cpu) ? 1 : 0;
            counted[cpu].unit(running[cpu], sets);
        }
    }
    CHECK(colds > 500);
    CHECK(colds < 4'000);
}

TEST_CASE("caches: the factor is multiplied with the others", "[hardware]") {
    auto it = machine(SharedBy::core);
    it.cache->cold_speed = {300'000};
    it.turbo = {{1'000'000}, {900'000}};
    std::vector<workload::Footprint> footprints(2);
    footprints[1].working_set = 1;
    Speeds speeds(it, footprints);
    CHECK(speeds.minds_work());
    CHECK(speeds.minds_caches());
    CHECK_FALSE(Speeds(it).minds_caches());
    speeds.starts(0);
    speeds.starts(2);
    speeds.set_cold(0, true);
    CHECK(speeds.speed(0) == Speed{270'000});
    CHECK(speeds.speed(2) == Speed{900'000});
    CHECK(speeds.by_place(0) == Speed{});
    speeds.set_cold(0, false);
    CHECK(speeds.speed(0) == Speed{900'000});
}

TEST_CASE("caches: work is re-timed at the moment at which a thread is warm", "[hardware]") {
    // Warm after 10 ms, in which 4 ms of the work are done; the other 16 follow at full speed.
    const auto results = run(R"(
machine: {cores: 2, costs: none, cache: {size: 2MiB, warmup: 10ms, cold_speed: 0.4}}
interpreter: none
programs: {a: [{nogil: 20ms, working_set: 1MiB}], b: [{nogil: 20ms}]}
tasks: [{program: a}, {program: b}]
strategies: [{direct: {}}, {direct: {}, name: other data, set: {programs.b: [{sleep: 5ms}, {nogil: 20ms, working_set: 2MiB}]}}]
)");
    CHECK(results[0].instances[0].finish == Time{26ms});
    CHECK(results[0].instances[1].finish == Time{20ms});
    CHECK(results[0].totals.slowed == 6ms);
    // b runs from 5 ms and throws a's data out at 15 ms, when 4 + 5 of a are done. They come in
    // again at 25 ms, when 9 + 4 are done, and throw out b's; the other 7 follow until 32 ms.
    // Of b 4 are done at 15 ms, 14 at 25 ms, 18 at 35 ms, where its data come in again.
    CHECK(results[1].instances[0].finish == Time{32ms});
    CHECK(results[1].instances[1].finish == Time{37ms});
}

TEST_CASE("caches: a thread that is taken off its CPU comes back to its data, or does not",
          "[hardware]") {
    // Each is warm after five turns of 2 ms, when 5 ms of it are done. Where there is room for one
    // set, a's comes in at 18 and 38 ms, b's at 20 and 56 ms, so that each has four warm turns
    // while the other warms up: 18 ms of both are done at 56 ms. Then b is warm and ends after 7 ms
    // more, at 71 ms; a is warm at 73 ms, when 23 are done.
    const std::string text = R"(
machine: {cores: 1, costs: none, cache: {size: 2MiB, warmup: 10ms, cold_speed: 0.5}}
interpreter: none
os: {policy: {round_robin: {quantum: 2ms}}}
programs: {work: [{nogil: 25ms, working_set: 1MiB}]}
tasks: [{program: work, count: 2}]
strategies: [{direct: {}}, {direct: {}, name: small, machine: {cache: {size: 1MiB}}}]
)";
    const auto results = run(text);
    CHECK(results[0].makespan == 60ms);       // 2 x (10 cold + 20 warm)
    CHECK(results[0].totals.slowed == 10ms);  // 2 x 10 x 0.5
    CHECK(results[1].instances[1].finish == Time{71ms});
    CHECK(results[1].instances[0].finish == Time{75ms});
}

}  // namespace
}  // namespace interlock::hardware
