// How fast hardware threads go beside each other.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/hardware/speeds.hpp"
#include "models/os/system.hpp"
#include "models/record/kinds.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using support::run;

TEST_CASE("speeds: turbo goes by the active cores of a socket", "[hardware]") {
    Machine machine;
    machine.sockets = 2;
    machine.cores = 4;
    machine.threads_per_core = 2;
    machine.speed = {{1'000'000}, {500'000}, {1'000'000}, {1'000'000}};
    machine.smt_speed = {600'000};
    machine.turbo = {{1'000'000}, {900'000}};
    Speeds speeds(machine);
    using Reach = Speeds::Reach;
    CHECK(speeds.starts(0) == Reach::core);
    CHECK(speeds.speed(0) == Speed{1'000'000});
    CHECK(speeds.starts(1) == Reach::core);  // its sibling: no further core
    CHECK(speeds.speed(0) == Speed{600'000});
    CHECK(speeds.starts(2) == Reach::socket);
    CHECK(speeds.speed(0) == Speed{540'000});  // 1 x 0.6 x 0.9
    CHECK(speeds.speed(2) == Speed{450'000});  // 0.5 x 0.9
    CHECK(speeds.by_place(2) == Speed{500'000});
    CHECK(speeds.starts(4) == Reach::core);  // on the other socket
    CHECK(speeds.speed(4) == Speed{1'000'000});
    CHECK(speeds.stops(2) == Reach::socket);
    CHECK(speeds.speed(0) == Speed{600'000});
    CHECK(speeds.socket_begin(5) == 4);
}

TEST_CASE("speeds: cores without siblings have nothing to do with each other", "[hardware]") {
    Machine machine;
    machine.cores = 2;
    Speeds speeds(machine);
    CHECK(speeds.starts(0) == Speeds::Reach::nobody);
    CHECK(speeds.starts(1) == Speeds::Reach::nobody);
    CHECK(speeds.stops(0) == Speeds::Reach::nobody);
    CHECK(speeds.speed(1) == Speed{});
}

TEST_CASE("speeds: the factors are multiplied exactly and rounded once", "[hardware]") {
    Machine machine;
    machine.cores = 2;
    machine.threads_per_core = 2;
    machine.speed = {{333'333}};
    machine.smt_speed = {333'333};
    machine.turbo = {{1'000'000}, {999'999}};
    Speeds speeds(machine);
    for (std::uint32_t cpu = 0; cpu < 3; ++cpu) speeds.starts(cpu);
    // 0.333333 x 0.333333 is 0.111110888889; x 0.999999 it is 0.111110777778.
    CHECK(speeds.speed(0) == Speed{111'111});
    // Of 0.333333 x 0.999999 = 0.333332666667 nothing but the end is rounded.
    CHECK(speeds.speed(2) == Speed{333'333});
}

TEST_CASE("speeds: nobody stands still for being slow", "[hardware]") {
    Machine machine;
    machine.threads_per_core = 2;
    machine.speed = {{1'000}};
    machine.smt_speed = {100};
    Speeds speeds(machine);
    speeds.starts(0);
    speeds.starts(1);
    CHECK(speeds.speed(0) == Speed{1});
}

/// Threads that do bursts of 1 ms and more, of one footprint after the other.
class Workers final : public os::Driver {
public:
    Workers(std::uint32_t threads, std::uint32_t footprints)
        : done_(threads), footprints_(footprints) {}

    static constexpr std::uint32_t bursts = 12;
    static kernel::Duration work(std::uint32_t thread, std::uint32_t burst) {
        return 1ms + 37us * thread + 101us * burst;
    }

    os::Operation next(os::ThreadId thread, os::Outcome /*last*/) override {
        const auto number = static_cast<std::uint32_t>(thread);
        const auto burst = done_[number]++;
        if (burst == bursts) return {.verb = os::Verb::exit, .timeout = {}, .work = {}};
        if (burst % 5 == 4) return os::io(work(number, burst));
        return os::run(work(number, burst), (number + burst) % footprints_);
    }
    void exited(os::ThreadId /*thread*/) override {}
    os::Work burst(os::ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    std::vector<std::uint32_t> done_;
    std::uint32_t footprints_;
};

/// What each thread got done by the speeds that were recorded, in ns x ppm.
class WorkDone final : public kernel::TraceSink {
public:
    WorkDone(std::uint32_t threads, std::uint32_t cpus) : work(threads), cpus_(cpus) {}

    void take(std::span<const kernel::Record> records) override {
        for (const auto& one : records) {
            const auto kind = static_cast<record::Kind>(one.kind);
            if (kind == record::Kind::thread_rate) {
                count(cpus_[one.place], one.at);
                changes += cpus_[one.place].thread ? 1 : 0;
                cpus_[one.place].ppm = one.detail;
            } else if (kind == record::Kind::thread_state || kind == record::Kind::thread_exited) {
                for (auto& cpu : cpus_)
                    if (cpu.thread == one.subject) {
                        count(cpu, one.at);
                        cpu.thread.reset();
                    }
                if (kind == record::Kind::thread_exited ||
                    record::state_of(one.detail) != record::State::running)
                    continue;
                cpus_[one.place].thread = one.subject;
                cpus_[one.place].since = one.at;
            }
        }
    }

    std::vector<std::uint64_t> work;
    std::uint32_t changes = 0;

private:
    struct Cpu {
        std::optional<std::uint32_t> thread;
        kernel::Time since;
        std::uint64_t ppm = 1'000'000;
    };

    void count(Cpu& cpu, kernel::Time now) {
        if (cpu.thread)
            work[*cpu.thread] += static_cast<std::uint64_t>((now - cpu.since).count()) * cpu.ppm;
        cpu.since = now;
    }

    std::vector<Cpu> cpus_;
};

TEST_CASE("speeds: what is done is what was asked for, however often they change", "[hardware]") {
    Machine machine;
    machine.sockets = 2;
    machine.cores = 4;
    machine.threads_per_core = 2;
    machine.speed = {{1'000'000}, {1'000'000}, {700'000}, {700'000}};
    machine.turbo = {{1'000'000}, {870'001}};
    machine.smt_dispatch = DispatchShares{{{800'000}, {300'000}, {600'000}, {100'000}}};
    machine.memory_bandwidth = 20'000'000'000;
    machine.costs = no_costs();
    auto footprints = os::first_footprints();
    for (const std::uint64_t bandwidth : {3'000'000'000, 11'000'000'000, 16'000'000'000})
        footprints.push_back({.work_class = workload::WorkClass::memory, .bandwidth = bandwidth});
    constexpr std::uint32_t threads = 11;
    const auto* const policy = GENERATE("eevdf", "round_robin", "fifo");
    CAPTURE(policy);
    kernel::Simulation simulation;
    WorkDone done(threads, machine.cpus());
    simulation.trace().attach(done);
    Workers workers(threads, static_cast<std::uint32_t>(footprints.size()));
    os::System system(machine, {.policy = policy, .hz = {}, .queues = {}, .quota = {}},
                      kernel::Random(1, 0), simulation, workers, footprints);
    for (std::uint32_t i = 0; i < threads; ++i) system.create(0);
    REQUIRE(system.run(std::nullopt, ~std::uint64_t{0}) == os::Stop::out_of_events);
    simulation.trace().flush();
    CHECK(done.changes > 100);
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
        std::uint64_t asked = 0;
        for (std::uint32_t burst = 0; burst < Workers::bursts; ++burst)
            if (burst % 5 != 4)
                asked +=
                    static_cast<std::uint64_t>(Workers::work(thread, burst).count()) * 1'000'000;
        // Each burst ends at the first nanosecond at which it is done.
        CHECK(done.work[thread] >= asked);
        CHECK(done.work[thread] < asked + std::uint64_t{Workers::bursts} * 1'000'000);
    }
}

TEST_CASE("turbo: work is re-timed when a core starts or stops", "[hardware]") {
    // All three run from 0: 0.5 of c at 0.5 takes until 1 s; of b then 0.5 is left, which takes
    // 0.5 / 0.8 = 0.625 s; of a then 1.5 - 0.5 - 0.5 = 0.5 at full speed.
    const auto results = run(R"(
machine: {cores: 4, turbo: [1, 0.8, 0.5], costs: none}
interpreter: none
os: {policy: fifo}
programs: {a: [{nogil: 1500ms}], b: [{nogil: 1s}], c: [{nogil: 500ms}]}
tasks: [{program: a}, {program: b}, {program: c}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[2].finish == kernel::Time{1s});
    CHECK(results[0].instances[1].finish == kernel::Time{1625ms});
    CHECK(results[0].instances[0].finish == kernel::Time{2125ms});
    // 3 x 0.5 of the first second, 2 x 0.2 of 0.625
    CHECK(results[0].totals.slowed == 1750ms);
}

TEST_CASE("turbo: what all cores lose together moves nobody", "[hardware]") {
    const auto results = run(R"(
machine: {cores: 4, turbo: [1, 0.5], costs: none}
interpreter: none
programs: {work: [{nogil: 1s}]}
tasks: [{program: work, count: 2}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].makespan == 2s);
    CHECK(results[0].cpu.migrations == 0);
}

/// The least makespan that the laws allow, in ms, of so many workers' work of a second each.
double lower_ms(const std::string& machine, int workers) {
    const auto number = std::to_string(workers);
    const auto results = run("machine: " + machine + R"(
interpreter: none
programs: {work: [{nogil: 1s}]}
tasks: [{program: work, count: )" +
                             number + "}]\nstrategies: [{threads: " + number + "}]\n");
    CHECK(*results[0].makespan >= results[0].bounds.makespan_lower);
    return static_cast<double>(results[0].bounds.makespan_lower.count()) / 1e6;
}

TEST_CASE("turbo: the bound is that of as many cores as are best", "[hardware]") {
    const std::string one = "{cores: 4, turbo: [1, 0.8, 0.6, 0.3], costs: none}";
    CHECK(lower_ms(one, 1) == Approx(1000));
    CHECK(lower_ms(one, 2) == Approx(2000 / 1.6));
    CHECK(lower_ms(one, 3) == Approx(3000 / 1.8));
    CHECK(lower_ms(one, 4) == Approx(4000 / 1.8));  // three cores do more than four
    const std::string two = "{cores: 4, sockets: 2, turbo: [1, 0.8], costs: none}";
    CHECK(lower_ms(two, 2) == Approx(1000));
    CHECK(lower_ms(two, 3) == Approx(3000 / 2.6));
    CHECK(lower_ms(two, 4) == Approx(4000 / 3.2));
    // A full core yields 1.2; two threads on two cores 1.6, a third adds 0.2 x 0.8.
    const std::string siblings =
        "{cores: 2, threads_per_core: 2, smt_speed: 0.6, turbo: [1, 0.8], costs: none}";
    CHECK(lower_ms(siblings, 2) == Approx(2000 / 1.6));
    CHECK(lower_ms(siblings, 3) == Approx(3000 / 1.76));
    CHECK(lower_ms(siblings, 4) == Approx(4000 / (2.4 * 0.8)));
}

}  // namespace
}  // namespace interlock::hardware
