#include "models/os/timers.hpp"

#include <chrono>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/os/system.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

using kernel::Duration;
using kernel::Time;
using namespace std::chrono_literals;

/// Threads that compute and sleep, each its own times and so often; `hog` only computes.
class Sleepers final : public Driver {
public:
    struct Habit {
        Duration computes;
        Duration sleeps;
        int rounds;
    };
    explicit Sleepers(std::vector<Habit> habits) : habits_(std::move(habits)) {}

    System* system = nullptr;
    struct Waking {
        std::uint32_t thread;
        Time at;
        Duration late;
    };
    std::vector<Waking> wakings;

    Operation next(ThreadId id, Outcome /*last*/) override {
        const auto thread = static_cast<std::uint32_t>(id);
        if (thread >= habits_.size()) return os::run(1h);
        auto& me = habits_[thread];
        auto& state = states_[thread];
        state.sleeps = !state.sleeps;
        const auto now = system->now();
        if (state.sleeps) {
            if (state.due != Time{}) wakings.push_back({thread, now, now - state.due});
            if (me.rounds-- == 0) return {.verb = Verb::exit, .timeout = {}, .work = {}};
            return os::run(me.computes);
        }
        state.due = now + me.sleeps;
        return os::sleep(me.sleeps);
    }
    void exited(ThreadId /*thread*/) override {}
    Work burst(ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    struct State {
        bool sleeps = false;
        Time due{};
    };
    std::vector<Habit> habits_;
    std::vector<State> states_ = std::vector<State>(habits_.size());
};

hardware::Costs slack_only() {
    auto costs = hardware::no_costs();
    costs.timer_slack = 50us;
    return costs;
}

/// On one CPU that charges nothing but a slack of 50 us, unless it is said.
std::vector<Sleepers::Waking> wakings(const std::vector<Sleepers::Habit>& habits,
                                      std::uint32_t hz = 0, bool hog = false,
                                      const char* policy = "fifo",
                                      const hardware::Costs& costs = slack_only()) {
    hardware::Machine machine;
    machine.costs = costs;
    Settings settings;
    settings.policy = policy;
    settings.queues = Queues::per_cpu;
    settings.hz = hz;
    kernel::Simulation simulation;
    Sleepers driver(habits);
    System system(machine, settings, kernel::Random(1, 0), simulation, driver);
    driver.system = &system;
    for (std::size_t i = 0; i < habits.size() + (hog ? 1 : 0); ++i) system.create(0);
    system.run(Time{2s}, ~std::uint64_t{0});
    return driver.wakings;
}

TEST_CASE("timers: those that may expire by an interrupt share it", "[os]") {
    // They begin to sleep at 0, 10 and 70 us, for 1 ms: the first interrupt is at 1.05 ms, when
    // the second may expire, at 1.01 ms, and the third may not, at 1.07 ms.
    const auto all = wakings({{0us, 1ms, 1}, {10us, 1ms, 1}, {60us, 1ms, 1}});
    REQUIRE(all.size() == 3);
    CHECK(all[0].at == Time{1050us});
    CHECK(all[1].at == Time{1050us});
    CHECK(all[2].at == Time{1120us});
    CHECK(all[0].thread == 0);
    CHECK(all[1].thread == 1);
}

TEST_CASE("timers: a tick of a busy CPU is an interrupt too", "[os]") {
    // Rounds of 1007 us fall anywhere between ticks of 1 ms. One in 20 may expire in the 50 us
    // before a tick, and does with it; the others 50 us late.
    const auto all = wakings({{0us, 957us, 1900}}, 1000, true, "cfs");
    REQUIRE(all.size() > 1800);
    std::vector<Time> early;
    for (const auto& one : all) {
        CHECK(one.late <= 50us);
        if (one.late < 50us) early.push_back(one.at);
    }
    CHECK(early.size() > 50);
    for (const auto at : early) CHECK((at - early.front()) % 1ms == 0ns);
}

TEST_CASE("timers: an interrupt that is late ends all that may have expired by then", "[os]") {
    // As above, but the interrupt of 1.05 ms is taken at 1.08 ms: by then the third may expire too.
    auto costs = slack_only();
    costs.timer_interrupt = 30us;
    costs.wake_spread = 0;
    const auto all =
        wakings({{0us, 1ms, 1}, {10us, 1ms, 1}, {60us, 1ms, 1}}, 0, false, "fifo", costs);
    REQUIRE(all.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(all[i].at == Time{1080us});
        CHECK(all[i].thread == i);
    }
}

TEST_CASE("timers: a tick that ends one is not late", "[os]") {
    auto costs = slack_only();
    costs.timer_interrupt = 30us;
    costs.wake_spread = 0;
    const auto all = wakings({{0us, 957us, 1900}}, 1000, true, "cfs", costs);
    REQUIRE(all.size() > 1800);
    for (const auto& one : all) CHECK((one.late == 80us || one.late < 50us));
}

TEST_CASE("timers: the longer a sleep was, the later its interrupt", "[os]") {
    auto costs = slack_only();
    costs.cold_timer = 20us;
    costs.cold_after = 5ms;
    const auto mean_late = [&](Duration sleeps) {
        Duration sum{};
        const auto all = wakings({{0us, sleeps, 200}}, 0, false, "fifo", costs);
        REQUIRE(all.size() >= 190);
        for (const auto& one : all) {
            CHECK(one.late >= 50us);
            CHECK(one.late <= 50us + 40us);
            sum += one.late - 50us;
        }
        return sum / static_cast<Duration::rep>(all.size());
    };
    // Evenly from 0 to twice the mean: 200 of them have a standard error of 4 % of it.
    CHECK(mean_late(950us) > 3500ns);  // a fifth of 5 ms: 4 us
    CHECK(mean_late(950us) < 4500ns);
    CHECK(mean_late(8ms) > 17500ns);
    CHECK(mean_late(8ms) < 22500ns);
}

TEST_CASE("timers: those of real-time threads have no slack", "[os]") {
    const auto all = wakings({{0us, 1ms, 10}}, 0, false, "sched_fifo");
    REQUIRE(all.size() == 10);
    for (const auto& one : all) CHECK(one.late == 0us);
}

TEST_CASE("timers: a CPU that idles has no ticks", "[os]") {
    const auto all = wakings({{0us, 957us, 1900}}, 1000);
    REQUIRE(all.size() > 1800);
    for (const auto& one : all) CHECK(one.late == 50us);
}

}  // namespace
}  // namespace interlock::os
