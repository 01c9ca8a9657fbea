#pragma once

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

namespace interlock::bench {

/// The least CPU time, in seconds, of `rounds` runs of each. They take turns,
/// so that what else the machine does meets both.
template <typename A, typename B>
std::pair<double, double> best_of(int rounds, A&& a, B&& b) {
    const auto timed = [](auto& run) {
        const auto start = std::clock();
        run();
        return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
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
