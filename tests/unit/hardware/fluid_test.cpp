#include "models/hardware/fluid.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::hardware {
namespace {

std::vector<std::uint32_t> shares(const Machine& machine, std::uint32_t threads) {
    std::vector<std::uint32_t> all;
    for (const auto& one : fluid(machine, threads).turbo) all.push_back(one.ppm);
    return all;
}

TEST_CASE("fluid: an even share of the CPUs, at most one", "[hardware]") {
    CHECK(shares({.cores = 2, .speed = {}, .memory = {}, .costs = {}}, 5) ==
          std::vector<std::uint32_t>{1'000'000, 1'000'000, 666'667, 500'000, 400'000});
}

TEST_CASE("fluid: fast cores are used first", "[hardware]") {
    // 1; 1 + 0.5; no more.
    const Machine machine{.cores = 2, .speed = {{500'000}, {1'000'000}}, .memory = {}, .costs = {}};
    CHECK(shares(machine, 3) == std::vector<std::uint32_t>{1'000'000, 750'000, 500'000});
    CHECK(capacity(machine) == 1'500'000);
}

TEST_CASE("fluid: siblings come last, and only if they are worth it", "[hardware]") {
    Machine machine{.cores = 2,
                    .threads_per_core = 2,
                    .speed = {},
                    .smt_speed = {600'000},
                    .memory = {},
                    .costs = {}};
    // 1, 2, 1 + 2 x 0.6, 4 x 0.6.
    CHECK(shares(machine, 4) == std::vector<std::uint32_t>{1'000'000, 1'000'000, 733'333, 600'000});
    machine.smt_speed = {400'000};  // both do less than one alone
    CHECK(shares(machine, 4) == std::vector<std::uint32_t>{1'000'000, 1'000'000, 666'667, 500'000});
}

TEST_CASE("fluid: turbo of each socket", "[hardware]") {
    // A core in each socket, then two: 1 + 1, 2 x 0.8 + 1, 4 x 0.8.
    const Machine machine{.sockets = 2,
                          .cores = 4,
                          .speed = {},
                          .turbo = {{1'000'000}, {800'000}},
                          .memory = {},
                          .costs = {}};
    CHECK(shares(machine, 4) == std::vector<std::uint32_t>{1'000'000, 1'000'000, 866'667, 800'000});
}

}  // namespace
}  // namespace interlock::hardware
