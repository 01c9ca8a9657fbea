#pragma once

// Waiting threads by a key, the least first; equal keys in order of entering.
// To enter, to leave and to take the first cost O(log n).

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>

#include "models/os/by_thread.hpp"
#include "models/os/ids.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/maybe.hpp"

namespace interlock::os {

template <typename Key>
class OrderedQueue {
public:
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    /// Of the first; there is one.
    const Key& first_key() const { return entries_.begin()->key; }
    /// The i-th from the front, in O(i) or O(size - i).
    ThreadId at(std::size_t i) const {
        const auto ahead = static_cast<std::ptrdiff_t>(i);
        const auto behind = static_cast<std::ptrdiff_t>(size()) - ahead;
        return (ahead <= behind ? std::next(entries_.begin(), ahead)
                                : std::prev(entries_.end(), behind))
            ->thread;
    }

    /// Behind those of the same key.
    void append(ThreadId thread, Key key) { insert({key, ++last_, thread}); }
    /// Before those of the same key.
    void prepend(ThreadId thread, Key key) { insert({key, --first_, thread}); }

    kernel::Maybe<ThreadId> take_first() {
        if (empty()) return std::nullopt;
        const auto thread = entries_.begin()->thread;
        entries_.erase(entries_.begin());
        return thread;
    }

    void remove(ThreadId thread) {
        kernel::check(places_.has(thread) && entries_.erase(places_[thread]) == 1,
                      "a queued thread is found in its queue");
    }

private:
    struct Entry {
        Key key{};
        std::int64_t place = 0;
        ThreadId thread{};

        friend bool operator<(const Entry& a, const Entry& b) {
            return a.key < b.key || (!(b.key < a.key) && a.place < b.place);
        }
    };

    void insert(const Entry& entry) {
        places_.make(entry.thread) = entry;
        entries_.insert(entry);
    }

    std::set<Entry> entries_;
    ByThread<Entry> places_;  // what it entered with last
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;
};

}  // namespace interlock::os
