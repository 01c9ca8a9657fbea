// What threads of one core cost each other.

#include "models/hardware/siblings.hpp"

#include <chrono>
#include <cmath>
#include <vector>

#include "models/os/system.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using support::run;
using workload::WorkClass;

constexpr SiblingMatrix matrix{{{{{600'000}, {800'000}, {500'000}, {950'000}}},
                                {{{700'000}, {900'000}, {700'000}, {980'000}}},
                                {{{550'000}, {750'000}, {520'000}, {960'000}}},
                                {{{300'000}, {400'000}, {300'000}, {500'000}}}}};

double factor(const Siblings& siblings, WorkClass own, Siblings::Counts running) {
    const auto ratio = siblings.factor(own, running);
    return static_cast<double>(ratio.value) / static_cast<double>(ratio.divisor);
}

Machine with_matrix(std::uint32_t width) {
    Machine machine;
    machine.threads_per_core = width;
    machine.smt_matrix = matrix;
    return machine;
}

Machine with_dispatch(std::uint32_t width, DispatchShares shares) {
    Machine machine;
    machine.threads_per_core = width;
    machine.smt_dispatch = shares;
    return machine;
}

TEST_CASE("siblings: a constant for whatever they do", "[hardware]") {
    Machine machine;
    machine.threads_per_core = 4;
    const Siblings siblings(machine);
    CHECK_FALSE(siblings.by_class());
    CHECK(factor(siblings, WorkClass::memory, {0, 1}) == 1);
    CHECK(factor(siblings, WorkClass::memory, {1, 1}) == Approx(0.62));
    CHECK(factor(siblings, WorkClass::memory, {3, 1}) == Approx(0.31));
}

TEST_CASE("siblings: a matrix tells who slows whom", "[hardware]") {
    const Siblings siblings(with_matrix(2));
    CHECK(siblings.by_class());
    CHECK(factor(siblings, WorkClass::compute, {1, 0, 0, 0}) == 1);
    CHECK(factor(siblings, WorkClass::compute, {1, 1, 0, 0}) == Approx(0.8));
    CHECK(factor(siblings, WorkClass::memory, {1, 1, 0, 0}) == Approx(0.7));
    CHECK(factor(siblings, WorkClass::memory, {0, 2, 0, 0}) == Approx(0.9));
    CHECK(factor(siblings, WorkClass::compute, {1, 0, 0, 1}) == Approx(0.95));
}

TEST_CASE("siblings: of more than one other the mean counts", "[hardware]") {
    const Siblings siblings(with_matrix(4));
    // compute beside memory, memory and spin: 2 / 4 x (0.8 + 0.8 + 0.95) / 3
    CHECK(factor(siblings, WorkClass::compute, {1, 2, 0, 1}) == Approx(0.425));
}

TEST_CASE("siblings: two that dispatch in half of the cycles", "[hardware]") {
    // p = d / (d + (1 - d)(1 - p / 2)) is p^2 / 4 - p + 1 / 2 = 0 for d = 1 / 2, so p = 2 - sqrt 2,
    // and r = 1 / (1 / 2 / (1 - p / 2) + 1 / 2) = 2 sqrt 2 - 2.
    const Siblings siblings(with_dispatch(2, {{{500'000}, {300'000}, {500'000}, {1'000'000}}}));
    const auto half = 2 * std::sqrt(2.0) - 2;
    CHECK(factor(siblings, WorkClass::compute, {2, 0, 0, 0}) == Approx(half).epsilon(2e-6));
    CHECK(factor(siblings, WorkClass::compute, {1, 0, 1, 0}) == Approx(half).epsilon(2e-6));
    // One that always dispatches wants to all the time: half of the other's cycles are lost
    // when both do, p = 0.5 / (0.5 + 0.5 / 2) = 2 / 3, and both lose p / 2 of their time.
    CHECK(factor(siblings, WorkClass::compute, {1, 0, 0, 1}) == Approx(2.0 / 3).epsilon(2e-6));
    CHECK(factor(siblings, WorkClass::spin, {1, 0, 0, 1}) == Approx(2.0 / 3).epsilon(2e-6));
}

TEST_CASE("siblings: who always dispatches shares the core evenly", "[hardware]") {
    const Speed all{1'000'000};
    const Siblings siblings(with_dispatch(4, {{all, all, all, all}}));
    CHECK(factor(siblings, WorkClass::compute, {2, 0, 0, 0}) == Approx(0.5));
    CHECK(factor(siblings, WorkClass::compute, {2, 1, 0, 0}) == Approx(1.0 / 3).epsilon(2e-6));
    CHECK(factor(siblings, WorkClass::compute, {1, 1, 1, 1}) == Approx(0.25));
}

TEST_CASE("siblings: the more the others dispatch, the slower one is", "[hardware]") {
    double before = 1;
    for (std::uint32_t share = 100'000; share <= 1'000'000; share += 100'000) {
        const Siblings siblings(with_dispatch(2, {{{600'000}, {share}, {500'000}, {500'000}}}));
        const auto now = factor(siblings, WorkClass::compute, {1, 1, 0, 0});
        CHECK(now < before);
        before = now;
    }
}

TEST_CASE("siblings: no core yields more than it is said to", "[hardware]") {
    const std::array<bool, workload::work_classes> used{true, true, false, false};
    CHECK(Siblings(with_matrix(2)).yield_max(used) == 1'800'001);  // memory beside memory
    CHECK(Siblings(with_matrix(1)).yield_max(used) == 1'000'000);
    for (const auto& machine :
         {with_matrix(4), with_dispatch(4, {{{700'000}, {300'000}, {500'000}, {100'000}}})}) {
        const Siblings siblings(machine);
        const auto most = static_cast<double>(siblings.yield_max(used)) / 1e6;
        for (std::uint8_t compute = 0; compute <= 4; ++compute)
            for (std::uint8_t memory = 0; compute + memory <= 4; ++memory)
                for (std::uint8_t spin = 0; compute + memory + spin <= 4; ++spin) {
                    const Siblings::Counts running{compute, memory, 0, spin};
                    double sum = 0;
                    if (compute > 0) sum += compute * factor(siblings, WorkClass::compute, running);
                    if (memory > 0) sum += memory * factor(siblings, WorkClass::memory, running);
                    CHECK(sum <= most);
                }
    }
}

/// One thread works, the other looks again and again.
class Spinner final : public os::Driver {
public:
    os::Operation next(os::ThreadId thread, os::Outcome /*last*/) override {
        if (thread == os::ThreadId{1}) return os::yield(os::spinning);
        if (begun_) return {.verb = os::Verb::exit, .timeout = {}, .work = {}};
        begun_ = true;
        return os::run(950us);
    }
    void exited(os::ThreadId /*thread*/) override { system->stop(); }
    os::Work burst(os::ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

    os::System* system = nullptr;

private:
    bool begun_ = false;
};

TEST_CASE("siblings: a waiter that spins is of the class spin", "[hardware]") {
    auto machine = with_matrix(2);
    machine.costs = no_costs();
    machine.costs.syscall = 1us;
    kernel::Simulation simulation;
    Spinner driver;
    os::System system(machine, {}, kernel::Random(1, 0), simulation, driver);
    driver.system = &system;
    system.create(0);
    system.create(0);
    system.run(std::nullopt, ~std::uint64_t{0});
    CHECK(system.now() == kernel::Time{1ms});  // 950 us at 0.95
}

TEST_CASE("siblings: one that is blocked leaves the core to the other", "[hardware]") {
    const auto results = run(R"(
machine: {cores: 1, threads_per_core: 2, costs: none, smt_speed: {matrix: {compute: {compute: 0.5}}}}
interpreter: none
os: {policy: fifo}
programs:
  holds: [{acquire: l}, {compute: 10ms}, {release: l}]
  waits: [{acquire: l}, {compute: 5ms}, {release: l}]
tasks: [{program: holds}, {program: waits}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{10ms});
    CHECK(results[0].makespan == 15ms);
    CHECK(results[0].totals.slowed == 0ms);
}

TEST_CASE("siblings: work is re-timed when the other goes on to another class", "[hardware]") {
    // a: 0.8 beside memory until b has done 7 ms at 0.7, in 10 ms; then both compute at 0.6 until
    // a's other 12 ms are done, in 20 ms; b then has 15 - 12 = 3 ms left, alone.
    const auto results = run(R"(
machine:
  cores: 1
  threads_per_core: 2
  costs: none
  smt_speed: {matrix: {compute: {compute: 0.6, memory: 0.8}, memory: {compute: 0.7}}}
interpreter: none
os: {policy: fifo}
programs:
  a: [{compute: 20ms}]
  b: [{nogil: 7ms, class: memory}, {nogil: 15ms}]
tasks: [{program: a}, {program: b}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{30ms});
    CHECK(results[0].instances[1].finish == kernel::Time{33ms});
    // a: 0.2 x 10 + 0.4 x 20, b: 0.3 x 10 + 0.4 x 20
    CHECK(results[0].totals.slowed == 21ms);
}

}  // namespace
}  // namespace interlock::hardware
