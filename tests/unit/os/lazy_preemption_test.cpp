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

constexpr ThreadId busy{0};
constexpr ThreadId sleeper{1};

/// `busy` computes on the second CPU, in bursts with a call of the kernel after each. `sleeper`
/// waits there until a third thread, on the first CPU, posts after every 10.5 ms.
class Wakes final : public Driver {
public:
    explicit Wakes(Duration burst) : burst_(burst) {}

    System* system = nullptr;
    SemaphoreId semaphore{};
    std::vector<Duration> delays;  ///< from each post to the sleeper's run

    Operation next(ThreadId thread, Outcome /*last*/) override {
        if (thread == busy) {
            computes_ = !computes_;
            return computes_ ? run(burst_) : io(0ms);
        }
        const auto now = system->now();
        if (thread == sleeper) {
            if (posted_ != Time{}) delays.push_back(now - posted_);
            return wait(semaphore);
        }
        posts_ = !posts_;
        if (posts_) return sleep(10500us);
        posted_ = now;
        return post(semaphore);
    }
    void exited(ThreadId /*thread*/) override {}
    Work burst(ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    Duration burst_;
    bool computes_ = false;
    bool posts_ = false;
    Time posted_{};
};

std::vector<Duration> delays_of(bool lazy, Duration burst) {
    hardware::Machine machine;
    machine.cores = 2;
    machine.costs = hardware::no_costs();
    Settings settings;
    settings.parameters.lazy = lazy;
    kernel::Simulation simulation;
    Wakes driver(burst);
    System system(machine, settings, kernel::Random(1, 0), simulation, driver);
    driver.system = &system;
    driver.semaphore = system.library().add_semaphore(0);
    for (const std::uint32_t cpu : {1U, 1U, 0U}) system.create(0, {}, {}, Allowed({cpu}));
    system.run(Time{10s}, ~std::uint64_t{0});
    return driver.delays;
}

TEST_CASE("lazy preemption: a CPU sees at its tick whom another has woken", "[os]") {
    // Wake-ups fall anywhere between two ticks of 4 ms, for 10.5 = 2 * 4 + 2.5 and 8 of these
    // are 5 ticks: delays of all multiples of 0.5 ms, 2 ms on average.
    SECTION("eager: at once") {
        const auto delays = delays_of(false, 1h);
        REQUIRE(delays.size() > 900);
        for (const auto delay : delays) CHECK(delay == 0ns);
    }
    SECTION("lazy: within a tick, half of one on average") {
        const auto delays = delays_of(true, 1h);
        REQUIRE(delays.size() > 900);
        Duration sum{};
        for (const auto delay : delays) {
            CHECK(delay <= 4ms);
            sum += delay;
        }
        const auto mean = sum / static_cast<Duration::rep>(delays.size());
        CHECK(mean > 1700us);
        CHECK(mean < 2300us);
    }
    SECTION("lazy: when the running thread comes out of the kernel, if that is sooner") {
        const auto delays = delays_of(true, 100us);
        REQUIRE(delays.size() > 900);
        for (const auto delay : delays) CHECK(delay <= 100us);
    }
}

}  // namespace
}  // namespace interlock::os
