#pragma once

// Random numbers that depend on where they are drawn, not on what was drawn
// before: the n-th number of a stream is a function of (seed, stream, n).
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011), chosen over a hash of the SplitMix64 kind because it
// is published with test vectors, passes BigCrush for any choice of keys and
// counters, and has room for a seed and a stream of 64 bits each. A block of
// 128 bits takes about 15 ns; no draw is on the path of every event.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/kernel/check.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::kernel {

/// The words of a counter or of a block of output, the lowest first.
using PhiloxBlock = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

constexpr PhiloxBlock philox(PhiloxBlock counter, PhiloxKey key) {
    constexpr int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
        const auto a = std::uint64_t{counter[0]} * 0xD2511F53U;
        const auto b = std::uint64_t{counter[2]} * 0xCD9E8D57U;
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return counter;
}

/// The same in words of 64 bits.
constexpr std::array<std::uint64_t, 2> philox(std::uint64_t low, std::uint64_t high,
                                              std::uint64_t key) {
    const auto lower = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    const auto upper = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
    const auto block = philox(PhiloxBlock{lower(low), upper(low), lower(high), upper(high)},
                              PhiloxKey{lower(key), upper(key)});
    return {std::uint64_t{block[1]} << 32 | block[0], std::uint64_t{block[3]} << 32 | block[2]};
}

/// 53 of the 64 bits, as a number in [0, 1).
constexpr double to_uniform(std::uint64_t bits) {
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

/// One stream of numbers.
class Random {
public:
    Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

    std::uint64_t next() {
        if ((drawn_ & 1U) == 0) block_ = philox(drawn_ >> 1, stream_, seed_);
        return block_[drawn_++ & 1U];
    }

    double uniform() { return to_uniform(next()); }

    /// Each of 0 .. n - 1 with the same probability (Lemire: "Fast random
    /// integer generation in an interval", 2019). `n` must not be 0.
    std::uint64_t below(std::uint64_t n) {
        check(n != 0, "a number is drawn from a range that is not empty");
        auto product = Wide{next()} * n;
        if (static_cast<std::uint64_t>(product) < n) {
            const auto rejected = (0 - n) % n;
            while (static_cast<std::uint64_t>(product) < rejected) product = Wide{next()} * n;
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    /// Evenly from one time to another, both included; `least` <= `most`.
    Duration between(Duration least, Duration most) {
        const auto range = static_cast<std::uint64_t>((most - least).count());
        return least + Duration{static_cast<Duration::rep>(below(range + 1))};
    }
    /// Evenly from half of `mean` to one and a half.
    Duration around(Duration mean) { return between(mean / 2, mean / 2 + mean); }

private:
    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t drawn_ = 0;
    std::array<std::uint64_t, 2> block_{};
};

/// The stream of a use with a name (FNV-1a, 64 bits).
constexpr std::uint64_t stream_of(std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const auto character : name) {
        hash ^= static_cast<unsigned char>(character);
        hash *= 0x100000001B3U;
    }
    return hash;
}

/// 64 random bits that belong to (seed, words...), without a state: two words
/// a block, whose output is the key of the next.
template <typename... Words>
constexpr std::uint64_t at(std::uint64_t seed, Words... words) {
    static_assert(sizeof...(Words) > 0);
    const std::array<std::uint64_t, sizeof...(Words)> word{static_cast<std::uint64_t>(words)...};
    // The number of words goes in as well: (1) and (1, 0) are two draws.
    auto key = seed ^ (word.size() * 0x9E3779B97F4A7C15U);
    for (std::size_t i = 0; i < word.size(); i += 2)
        key = philox(word[i], i + 1 < word.size() ? word[i + 1] : 0, key)[0];
    return key;
}

}  // namespace interlock::kernel
