#pragma once

// How much of a CPU was used, or asked for, of late.

#include <algorithm>

#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

/// What is left of an average after a while. Remembers the last one, for slices that end at
/// ticks are of equal lengths and so are the waits between them.
class Decay {
public:
    double after(kernel::Duration age) {
        if (age != age_) {
            age_ = age;
            left_ = of(age);
        }
        return left_;
    }
    static double of(kernel::Duration age) {
        constexpr double half_life = 32e6;
        constexpr double ln2 = 0.69314718055994530942;
        return kernel::exp(-static_cast<double>(age.count()) / half_life * ln2);
    }

private:
    kernel::Duration age_{};
    double left_ = 1;
};

/// The share of the time that a CPU was busy or a thread ran, averaged with
/// weights that halve every 32 ms: the `util_avg` of Linux's per-entity load
/// tracking (PELT). A CPU's is the sum of its threads': one that comes or leaves
/// takes its own along. Left out: steps of 1.024 ms, speeds.
class Utilization {
public:
    /// From now on it is busy, or not.
    void set(kernel::Time now, bool busy, Decay& decay) {
        if (average_ != busy_) average_ = busy_ + (average_ - busy_) * decay.after(now - since_);
        since_ = now;
        busy_ = busy ? 1 : 0;
    }
    double at(kernel::Time now) const {
        if (average_ == busy_ || now == since_) return average_;
        return busy_ + (average_ - busy_) * Decay::of(now - since_);
    }
    /// Of a sum: one more of that weight is busy from now on; negative: one less.
    void change(kernel::Time now, double weight) {
        average_ = at(now);
        since_ = now;
        busy_ += weight;
    }
    /// A thread with that much comes; negative: leaves.
    void add(kernel::Time now, double use) {
        average_ = std::max(0.0, at(now) + use);
        since_ = now;
    }

private:
    double average_ = 0;
    double busy_ = 0;
    kernel::Time since_{};
};

}  // namespace interlock::os
