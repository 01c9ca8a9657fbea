#pragma once

// Threads in the order in which they came, in a ring that allocates nothing
// once it is large enough. Faster at both ends than a linked list: what is
// taken first was written long ago, so no load waits for a store.

#include <cstddef>
#include <optional>
#include <vector>

#include "models/os/ids.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/maybe.hpp"

namespace interlock::os {

class ThreadRing {
public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    /// The i-th from the front.
    ThreadId at(std::size_t i) const { return slots_[slot(i)]; }

    void append(ThreadId thread) {
        if (size_ == slots_.size()) grow();
        slots_[slot(size_++)] = thread;
    }

    kernel::Maybe<ThreadId> take_first() {
        if (empty()) return std::nullopt;
        const auto thread = slots_[first_];
        first_ = slot(1);
        --size_;
        return thread;
    }

    /// Who stands behind it moves up by one.
    void remove(ThreadId thread) {
        std::size_t i = 0;
        while (i < size_ && at(i) != thread) ++i;
        kernel::check(i < size_, "a queued thread is found in its queue");
        for (--size_; i < size_; ++i) slots_[slot(i)] = slots_[slot(i + 1)];
    }

private:
    // Slots are a power of two.
    std::size_t slot(std::size_t i) const { return (first_ + i) & (slots_.size() - 1); }

    void grow() {
        constexpr std::size_t least = 8;
        std::vector<ThreadId> larger(slots_.empty() ? least : 2 * slots_.size());
        for (std::size_t i = 0; i < size_; ++i) larger[i] = at(i);
        slots_ = std::move(larger);
        first_ = 0;
    }

    std::vector<ThreadId> slots_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace interlock::os
