// In which socket new threads start.

#include <cstddef>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::os {
namespace {

/// "2 + 3": so many CPUs of the first and of the second socket compute most of the time.
std::string spread(const std::string& cores, const std::string& threads,
                   const std::string& task = "") {
    const auto result = support::run("machine: {sockets: 2, costs: none, cores: " + cores + R"(}
interpreter: none
programs: {p: [{nogil: 1s}]}
tasks: [{program: p, count: )" + threads +
                                     task + R"(}]
strategies: [{threads: )" + threads + "}]\n")
                            .front();
    const auto& all = result.cpu.utilization;
    std::size_t busy[2] = {0, 0};
    for (std::size_t cpu = 0; cpu < all.size(); ++cpu)
        if (all[cpu] > 0.5) ++busy[cpu < all.size() / 2 ? 0 : 1];
    return std::to_string(busy[0]) + " + " + std::to_string(busy[1]);
}

TEST_CASE("start: a new thread goes where most CPUs idle, near its parent among equals", "[os]") {
    // Of 8 and 8 main has one: 7 and 8, 7 and 7, 6 and 7, 6 and 6.
    CHECK(spread("16", "1") == "0 + 1");
    CHECK(spread("16", "2") == "1 + 1");
    CHECK(spread("16", "4") == "2 + 2");
    // Main then waits and gives its CPU back.
    CHECK(spread("16", "16") == "8 + 8");
}

TEST_CASE("start: an eighth of a socket may be used before the other one is", "[os]") {
    // Of 32 four: main and three.
    CHECK(spread("64", "1") == "1 + 0");
    CHECK(spread("64", "2") == "2 + 0");
    // Beside three 29 idle, and 32 there: no small imbalance any more.
    CHECK(spread("64", "3") == "2 + 1");
}

TEST_CASE("start: CPUs on which it may not run do not count as idle", "[os]") {
    CHECK(spread("16", "2", ", affinity: [0, 1, 2, 3]") == "2 + 0");
}

}  // namespace
}  // namespace interlock::os
