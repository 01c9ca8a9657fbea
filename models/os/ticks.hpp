#pragma once

// When a machine's timer ticks: at `phase`, and every `interval` from there on. Without an interval
// it never does, and what others do at a tick falls exactly.

#include <optional>

#include "sim/kernel/time.hpp"

namespace interlock::os {

class Ticks {
public:
    /// Never.
    Ticks() = default;
    Ticks(kernel::Duration interval, kernel::Duration phase)
        : interval_(interval), phase_(phase), near_(phase) {}

    explicit operator bool() const { return interval_.has_value(); }
    std::optional<kernel::Duration> interval() const { return interval_; }

    /// The first one at or after `due`; without ticks, `due`.
    kernel::Time from(kernel::Time due) {
        if (!interval_) return due;
        if (due > kernel::Time::max() - *interval_) return kernel::Time::max();
        // Most that are asked for are the last one, or the next: found without a division.
        if (due > near_ && due <= near_ + *interval_) near_ += *interval_;
        if (due > near_ - *interval_ && due <= near_) return near_;
        const auto since = due.time_since_epoch() - phase_;
        const auto whole = since / *interval_;
        near_ = kernel::Time{phase_ + *interval_ * whole};
        if (due > near_) near_ += *interval_;
        if (near_ < kernel::Time{phase_}) near_ = kernel::Time{phase_};
        return near_;
    }
    /// The last one up to `now`, or the one before the first; without ticks, `now`.
    kernel::Time up_to(kernel::Time now) {
        return interval_ ? from(now + kernel::Duration{1}) - *interval_ : now;
    }

private:
    std::optional<kernel::Duration> interval_;
    kernel::Duration phase_{};
    kernel::Time near_{};  // that was given last
};

}  // namespace interlock::os
