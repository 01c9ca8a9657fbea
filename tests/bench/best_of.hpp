#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace interlock::bench {

/// The least wall time, in seconds, of `rounds` runs of each. They take turns,
/// so that what else the machine does meets both.
template <typename A, typename B>
std::pair<double, double> best_of(int rounds, A&& a, B&& b) {
    const auto timed = [](auto& run) {
        const auto start = std::chrono::steady_clock::now();
        run();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::pair best{std::numeric_limits<double>::infinity(),
                   std::numeric_limits<double>::infinity()};
    for (int round = 0; round < rounds; ++round) {
        best.first = std::min(best.first, timed(a));
        best.second = std::min(best.second, timed(b));
    }
    return best;
}

}  // namespace interlock::bench
