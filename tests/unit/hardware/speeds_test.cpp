// How fast hardware threads go beside each other.

#include <chrono>
#include <string>

#include "models/hardware/speeds.hpp"
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
