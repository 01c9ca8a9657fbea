#include "sim/kernel/random.hpp"

#include <array>
#include <cstdint>
#include <set>

#include "tests/support/catch.hpp"

namespace interlock::kernel {

// The vectors of the authors: Random123, tests/kat_vectors, "philox4x32 10".
TEST_CASE("philox: gives the published blocks", "[kernel]") {
    CHECK(philox({0, 0, 0, 0}, {0, 0}) ==
          PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: a stream is the blocks of its seed and number, in order", "[kernel]") {
    Random random(0x299f31d0a4093822, 0x0370734413198a2e);
    const auto zeroth = philox({0, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
    const auto first = philox({1, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
    CHECK(random.next() == (std::uint64_t{zeroth[1]} << 32 | zeroth[0]));
    CHECK(random.next() == (std::uint64_t{zeroth[3]} << 32 | zeroth[2]));
    CHECK(random.next() == (std::uint64_t{first[1]} << 32 | first[0]));
}

// The vectors of the authors: Fowler, Noll, Vo; draft-eastlake-fnv.
TEST_CASE("random: a stream is named by FNV-1a", "[kernel]") {
    CHECK(stream_of("") == 0xcbf29ce484222325);
    CHECK(stream_of("a") == 0xaf63dc4c8601ec8c);
    CHECK(stream_of("foobar") == 0x85944171f73967e8);
}

TEST_CASE("random: uniform numbers lie in [0, 1) and have the moments of it", "[kernel]") {
    Random random(1, stream_of("uniform"));
    constexpr int draws = 100'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; ++i) {
        const auto u = random.uniform();
        REQUIRE(u >= 0);
        REQUIRE(u < 1);
        sum += u;
        squares += u * u;
    }
    // Four standard errors: 4 sqrt(1 / 12 / n) = 0.0037, 4 sqrt(4 / 45 / n) = 0.0038.
    CHECK(sum / draws == Approx(1.0 / 2).margin(0.0037));
    CHECK(squares / draws == Approx(1.0 / 3).margin(0.0038));
    CHECK(to_uniform(~std::uint64_t{0}) < 1);
}

TEST_CASE("random: below(n) draws each of n numbers equally often", "[kernel]") {
    Random random(1, stream_of("below"));
    std::array<int, 7> counts{};
    for (int i = 0; i < 70'000; ++i) ++counts[random.below(counts.size())];
    // Chi squared of 6 degrees of freedom: below 22.5 in 999 of 1000.
    double chi_squared = 0;
    for (const auto count : counts) chi_squared += (count - 1e4) * (count - 1e4) / 1e4;
    CHECK(chi_squared < 22.5);
    CHECK(random.below(1) == 0);
    CHECK_THROWS_AS(random.below(0), BrokenInvariant);
}

TEST_CASE("random: below(n) leaves no number out of a range that is nearly full", "[kernel]") {
    // Of 3 * 2^62 numbers, a plain remainder would draw the lower third twice as often.
    Random random(1, stream_of("wide"));
    constexpr auto n = std::uint64_t{3} << 62;
    int lower = 0;
    for (int i = 0; i < 9000; ++i) lower += random.below(n) < n / 3 ? 1 : 0;
    CHECK(lower == Approx(3000).margin(180));  // four standard deviations of 45
}

TEST_CASE("random: a keyed draw depends on the seed and on every word", "[kernel]") {
    const std::set<std::uint64_t> draws{at(1, 2),       at(2, 2),       at(1, 3),
                                        at(1, 2, 0),    at(1, 0, 2),    at(1, 2, 0, 0),
                                        at(1, 2, 3, 4), at(1, 2, 4, 3), at(1, 2, 3, 4, 0)};
    CHECK(draws.size() == 9);
    CHECK(at(1, 2, 3, 4) == at(1, 2, 3, 4));
}

}  // namespace interlock::kernel
