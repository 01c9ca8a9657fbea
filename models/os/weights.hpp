#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace interlock::os {

/// A thread's share by its nice value, -20 to 19: about 1.25 a step. Source:
/// Linux kernel/sched/core.c, sched_prio_to_weight.
constexpr std::array<std::uint32_t, 40> weights_by_nice{
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
    172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};
constexpr int least_nice = -20;
constexpr int most_nice = 19;

constexpr std::uint32_t weight_of_nice(int nice) {
    return weights_by_nice.at(static_cast<std::size_t>(nice - least_nice));
}

/// Of a weight of the table; the nice value whose weight is not above it.
constexpr int nice_of_weight(std::uint32_t weight) {
    int nice = least_nice;
    while (nice < most_nice && weight_of_nice(nice) > weight) ++nice;
    return nice;
}

}  // namespace interlock::os
