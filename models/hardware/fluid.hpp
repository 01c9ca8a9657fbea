#pragma once

#include <cstdint>

#include "models/hardware/machine.hpp"

namespace interlock::hardware {

/// Processor sharing, the fluid ideal: n threads that want to run all run at once, each as fast as
/// an even share of what the machine does with n threads,
///
///   speed(n) = C(n) / n        in ppm, rounded once
///   C(n)     = the most that up to n hardware threads do together: C(n - 1), or with the n-th of
///              them, idle cores first and then fast ones
///
/// as a machine of `threads` CPUs that go at this speed while n of them are active. Nothing moves
/// between them. Left out: unequal shares, classes of work beside siblings.
///
/// Source: L. Kleinrock, Queueing Systems, volume 2 (1976), 4.4, of one processor of speed 1.
Machine fluid(const Machine& machine, std::uint32_t threads);

/// C(n) of all CPUs, in ppm of one at full speed.
std::uint64_t capacity(const Machine& machine);

}  // namespace interlock::hardware
