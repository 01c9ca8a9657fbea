#pragma once

// CPU bandwidth control of one group, to which all threads of a run belong.
//
//   every `period` the pool is filled up by `quota`, to at most quota + burst
//   a CPU that runs a thread draws 5 ms of run time from it when its own is used up; where
//   the pool is empty the CPU is throttled: nothing of the group runs there
//   that is noticed at a tick; what ran beyond it is a debt, paid first
//   at the next fill the throttled CPUs are given what they owe, and go on
//   a CPU that goes idle keeps 1 ms and returns the rest; where the pool has more than a
//   slice then, the throttled are given it 5 ms later, unless the period ends by 2 ms after
//
// Source followed: Linux kernel/sched/fair.c and core.c as the specification of the os
// tells them (1.9). Shares of CPUs differ by nanoseconds, so work that is a whole number of
// quotas may end a period later than the fluid formula says, as real work does. Left out:
// that newer kernels throttle a thread when it returns to user mode, nested groups, several.

#include <algorithm>
#include <cstdint>

#include "sim/kernel/time.hpp"

namespace interlock::os {

struct Quota {
    kernel::Duration quota{};  ///< of CPU time in each period
    kernel::Duration period{100'000'000};
    kernel::Duration burst{};  ///< of what was left over that may be added to the next quota

    friend bool operator==(const Quota&, const Quota&) = default;
};

/// What became of it; the words are those of cpu.stat.
struct QuotaUse {
    std::uint64_t periods = 0;            ///< that ended while something ran or was throttled
    std::uint64_t throttled_periods = 0;  ///< of these, with a throttled CPU
};

class Bandwidth {
public:
    static constexpr kernel::Duration slice{5'000'000};
    static constexpr kernel::Duration kept{1'000'000};
    static constexpr kernel::Duration slack{5'000'000};
    static constexpr kernel::Duration too_late{2'000'000};

    explicit Bandwidth(const Quota& quota) : quota_(quota), pool_(quota.quota) {}

    kernel::Duration period() const { return quota_.period; }
    kernel::Duration pool() const { return pool_; }

    /// Until the CPU has a slice again, as far as the pool goes. Whether it has any then.
    bool draw(kernel::Duration& own) {
        const auto most = std::max(slice - own, kernel::Duration::zero());
        take(own, most);
        return own > kernel::Duration::zero();
    }
    /// What a throttled CPU owes, and a little to begin with. Whether it has any then.
    bool repay(kernel::Duration& own) {
        take(own, kernel::Duration{1} - own);
        return own > kernel::Duration::zero();
    }
    void give_back(kernel::Duration& own) {
        if (own <= kept) return;
        pool_ += own - kept;
        own = kept;
    }
    void fill() { pool_ = std::min(pool_ + quota_.quota, quota_.quota + quota_.burst); }

private:
    void take(kernel::Duration& own, kernel::Duration most) {
        const auto part = std::min(most, pool_);
        own += part;
        pool_ -= part;
    }

    Quota quota_;
    kernel::Duration pool_;
};

}  // namespace interlock::os
