#pragma once

// How much of the CPUs was in use of late.

#include <cstddef>

#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

/// The number of busy CPUs, averaged with weights that halve every 32 ms, as
/// per-entity load tracking (PELT) averages each of them. Left out: steps of
/// 1.024 ms; threads that exit take their share along, new ones begin with one.
class Utilization {
public:
    /// From now on so many are busy.
    void set(kernel::Time now, std::size_t busy) {
        average_ = at(now);
        since_ = now;
        busy_ = static_cast<double>(busy);
    }
    /// In CPUs.
    double at(kernel::Time now) const {
        constexpr double half_life = 32e6;
        constexpr double ln2 = 0.69314718055994530942;
        const auto age = static_cast<double>((now - since_).count());
        return busy_ + (average_ - busy_) * kernel::exp(-age / half_life * ln2);
    }

private:
    double average_ = 0;
    double busy_ = 0;
    kernel::Time since_{};
};

}  // namespace interlock::os
