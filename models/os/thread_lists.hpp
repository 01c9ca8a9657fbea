#pragma once

// Lists of threads, one a key, in which a thread stands at most once in all:
// the sleepers of each futex, the runnable threads of each queue. Threaded
// through arrays, so that moving a thread allocates nothing once warm.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/os/ids.hpp"
#include "sim/kernel/maybe.hpp"

namespace interlock::os {

template <typename Key>
class ThreadLists {
public:
    bool empty(Key key) const { return size(key) == 0; }
    std::size_t size(Key key) const {
        return index(key) < heads_.size() ? heads_[index(key)].size : 0;
    }

    void append(Key key, ThreadId thread) {
        auto& head = room(key, thread);
        links_[index(thread)] = {.before = head.last, .behind = none};
        (head.last != none ? links_[head.last].behind : head.first) = number(thread);
        head.last = number(thread);
        ++head.size;
    }

    void remove(Key key, ThreadId thread) {
        auto& head = heads_[index(key)];
        const auto link = links_[index(thread)];
        (link.before != none ? links_[link.before].behind : head.first) = link.behind;
        (link.behind != none ? links_[link.behind].before : head.last) = link.before;
        --head.size;
    }

    kernel::Maybe<ThreadId> take_first(Key key) {
        if (empty(key)) return std::nullopt;
        const ThreadId first{heads_[index(key)].first};
        remove(key, first);
        return first;
    }

    /// The i-th from the front; walks from the nearer end.
    ThreadId at(Key key, std::size_t i) const {
        const auto& head = heads_[index(key)];
        const bool from_end = i >= head.size / 2;
        auto thread = from_end ? head.last : head.first;
        for (auto steps = from_end ? head.size - 1 - i : i; steps > 0; --steps)
            thread = from_end ? links_[thread].before : links_[thread].behind;
        return ThreadId{thread};
    }

private:
    // A link is a bare number, so that a thread's two fit one word.
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static std::uint32_t number(ThreadId thread) { return static_cast<std::uint32_t>(thread); }

    struct Head {
        std::uint32_t first = none;
        std::uint32_t last = none;
        std::size_t size = 0;
    };
    struct Link {
        std::uint32_t before = none;
        std::uint32_t behind = none;
    };

    Head& room(Key key, ThreadId thread) {
        if (index(key) >= heads_.size()) heads_.resize(index(key) + 1);
        if (index(thread) >= links_.size()) links_.resize(index(thread) + 1);
        return heads_[index(key)];
    }

    std::vector<Head> heads_;
    std::vector<Link> links_;
};

}  // namespace interlock::os
