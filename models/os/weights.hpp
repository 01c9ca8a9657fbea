#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace interlock::os {

/// A thread's share by its nice value, -20 to 19: about 1.25 a step. Source:
/// Linux kernel/sched/core.c, sched_prio_to_weight.
constexpr std::uint32_t weight_of_nice(int nice) {
    constexpr std::array<std::uint32_t, 40> weights{
        88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
        9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
        1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
        110,   87,    70,    56,    45,    36,    29,    23,    18,    15};
    const auto place = nice + 20;
    return weights.at(static_cast<std::size_t>(place));
}

}  // namespace interlock::os
