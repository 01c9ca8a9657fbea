#include <chrono>

#include "models/os/real_time.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/policy_driver.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

TEST_CASE("edf: the earliest deadline runs, and takes the CPU when it comes", "[os]") {
    RealTime policy(Urgency::deadline, 1);
    support::PolicyDriver driver(policy);
    driver.add(0ms, 4ms, {.deadline = 20ms});  // at 20
    driver.add(1ms, 3ms, {.deadline = 10ms});  // at 11
    driver.add(2ms, 2ms, {.deadline = 8ms});   // at 10
    driver.add(3ms, 1ms);                      // none
    driver.add(3ms, 1ms, {.deadline = 17ms});  // at 20 as the first, which came before
    CHECK(driver.run(1ms) == "0(1) 1(1) 2(2) 1(2) 0(3) 4(1) 3(1)");
}

TEST_CASE("rate and deadline monotonic: by the period, by the deadline after release", "[os]") {
    const auto order = [](Urgency by) {
        RealTime policy(by, 1);
        support::PolicyDriver driver(policy);
        driver.add(0ms, 3ms, {.period = 40ms, .deadline = 5ms});
        driver.add(1ms, 2ms, {.period = 20ms, .deadline = 10ms});
        driver.add(1ms, 1ms, {.period = 7ms});
        return driver.run(1ms);
    };
    CHECK(order(Urgency::period) == "0(1) 2(1) 1(2) 0(2)");
    CHECK(order(Urgency::relative_deadline) == "0(3) 2(1) 1(2)");
}

}  // namespace
}  // namespace interlock::os
