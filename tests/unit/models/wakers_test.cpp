// Where a thread goes that another wakes while its own CPU is busy: wake_affine() of Linux.

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/machines.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using support::run;
using support::two_cpus;

/// What hog, alone on CPU 1 but for `sleeper`, loses to it. The sleeper, new, goes to sleep there
/// at 0, and the waker, on CPU 0, wakes it after `steps`; it has 2 ms to do then.
Duration lost_to_sleeper(const std::string& steps, const std::string& beside_waker = "nothing",
                         const std::string& wait = "get: q", const std::string& wake = "put: q",
                         const std::string& last = "mark: done") {
    const auto* const queues = wake == "put: q" ? "queues: {q: {over: socket}}" : "";
    const auto result = run(two_cpus + queues + R"(
os: {policy: eevdf, hz: 1000}
programs:
  nothing: [{sleep: 0s}]
  spin: [{compute: 10s}]
  wake: [)" + steps + ", " + wake +
                            R"(, {compute: 1us}]
  sleeper: [)" + wait + ", {compute: 2ms}, " +
                            last +
                            R"(]
  hog: [{compute: 500ms}]
tasks:
  - {name: wakes, program: wake, affinity: [0], arrive: 1us}
  - {name: beside, program: )" +
                            beside_waker + R"(, affinity: [0], background: true, arrive: 1us}
  - {program: sleeper, arrive: 2us}
  - {program: hog, affinity: [1], arrive: 3us}
strategies: [{direct: {}}]
)")
                            .front();
    REQUIRE(result.instances[3].finish);
    return *result.instances[3].finish - kernel::Time{3us} - 500ms;
}

TEST_CASE("waker: alone and about to sleep, it has the woken thread on its CPU", "[models]") {
    CHECK(lost_to_sleeper("{compute: 20ms}") == 0ms);
}

TEST_CASE("waker: the woken thread goes where less is to do by 8 %, itself included", "[models]") {
    // A message: the waker, about to sleep, does not count. After t the sleeper, new at 0, counts
    // 1024 / 2^(t / 32 ms) on CPU 0, beside 1024 of the spinner, against 1.08 x 1024 on CPU 1: it
    // moves from 32 ms x log2(1 / 0.08) = 117 ms on.
    CHECK(lost_to_sleeper("{io: 100ms}", "spin") == 2ms);
    CHECK(lost_to_sleeper("{io: 130ms}", "spin") == 0ms);
}

TEST_CASE("waker: one that does not say that it will sleep counts", "[models]") {
    const auto lost = [](const std::string& steps, const std::string& beside) {
        return lost_to_sleeper("{acquire: l}, " + steps, beside, "{sleep: 1us}, {acquire: l}",
                               "{release: l}", "{release: l}");
    };
    // It has computed all the time, beside a spinner: 2 x 1024 against 1.08 x 1024.
    CHECK(lost("{compute: 65ms}", "spin") == 2ms);
    // It has slept, and counts as little as the sleeper: 1024 (1 + 2 / 2^(t / 32 ms)), so that the
    // sleeper moves from 32 ms x log2(2 / 0.08) = 149 ms on.
    CHECK(lost("{io: 130ms}", "spin") == 2ms);
    CHECK(lost("{io: 165ms}", "spin") == 0ms);
}

}  // namespace
}  // namespace interlock::models
