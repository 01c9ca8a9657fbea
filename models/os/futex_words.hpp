#pragma once

// The words in memory that the C library's protocols work on, and what the
// atomic operations on them cost.

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/os/ids.hpp"
#include "models/os/operation.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

/// For futex_wake: all sleepers.
inline constexpr std::uint32_t every_sleeper = std::numeric_limits<std::int32_t>::max();

inline Operation futex_wait(FutexId futex, std::uint32_t expected, Waiting waiting,
                            Timeout timeout = {}) {
    Operation operation;
    operation.verb = Verb::futex_wait;
    operation.waiting = waiting;
    operation.object = static_cast<std::uint32_t>(futex);
    operation.value = expected;
    operation.timeout = timeout;
    return operation;
}

inline Operation futex_wake(FutexId futex, std::uint32_t count) {
    Operation operation;
    operation.verb = Verb::futex_wake;
    operation.object = static_cast<std::uint32_t>(futex);
    operation.value = count;
    return operation;
}

class FutexWords {
public:
    explicit FutexWords(kernel::Duration user_operation) : user_operation_(user_operation) {}

    FutexId add(std::uint32_t value = 0) {
        words_.push_back(value);
        return static_cast<FutexId>(words_.size() - 1);
    }

    std::uint32_t& operator[](FutexId futex) { return words_[index(futex)]; }
    std::uint32_t operator[](FutexId futex) const { return words_[index(futex)]; }
    std::size_t size() const { return words_.size(); }
    const std::vector<std::uint32_t>& all() const { return words_; }

    /// The CPU time of that many atomic operations, after which they take
    /// effect; Verb::nothing where they are free, and then they do at once.
    Operation pay(unsigned operations) const {
        return user_operation_ > kernel::Duration::zero() ? run(user_operation_ * operations)
                                                          : nothing();
    }

private:
    std::vector<std::uint32_t> words_;
    kernel::Duration user_operation_;
};

}  // namespace interlock::os
