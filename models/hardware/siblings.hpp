#pragma once

// How fast a hardware thread goes while others of its core run, by one of
// three models of rising detail.
//
//   constant   2 f / k for each of k threads; of two f each
//   matrix     2 / k x the mean over the others of f[own class][their class]
//   dispatch   r of the fixed point below
//
// The third is probabilistic. Alone, a thread of class c has its core dispatch
// in a share d[c] of the cycles; in the others it waits for a miss, a branch or
// a result, and leaves the core to others. Beside them it wants to dispatch
// with probability p. It is served in each such cycle with the probability
//
//   s = E[1 / (1 + N)]       N: how many of the others want to, independently
//
// so that work which takes the time 1 alone takes d / s + 1 - d:
//
//   r = 1 / (d / s + 1 - d)     p = r d / s
//
// With one other s = 1 - p' / 2. Iterated from p = d, which converges fast.
//
// After the idea of S. Eyerman and L. Eeckhout, Probabilistic modeling for job
// symbiosis scheduling on SMT processors, ACM TACO 9(2), 2012, of which the
// abstract was read: shares of cycles give the probability that threads want
// the same thing at once. The formula was derived here. Left out: that siblings
// share the caches, the branch predictor and the queues behind dispatch, so
// that each other's misses become more.

#include <array>
#include <cstdint>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/workload/program.hpp"

namespace interlock::hardware {

class Siblings {
public:
    /// How many threads of each class run on a core.
    using Counts = std::array<std::uint8_t, workload::work_classes>;

    explicit Siblings(const Machine& machine);

    /// Whether it makes a difference what the others do.
    bool by_class() const { return matrix_ || !dispatch_.empty(); }

    /// The factor on the speed of a thread of this class, where `running` has all of its
    /// core, itself included.
    Ratio factor(workload::WorkClass own, Counts running) const;

    /// At most what a core does with several threads whose work is of these classes, in ppm
    /// of what it does with one.
    std::uint64_t yield_max(const std::array<bool, workload::work_classes>& used) const;

private:
    static std::size_t key(workload::WorkClass own, const Counts& others);

    std::uint32_t width_;
    Speed constant_;
    std::optional<SiblingMatrix> matrix_;
    std::vector<Speed> dispatch_;  // by key; empty: another model
};

}  // namespace interlock::hardware
