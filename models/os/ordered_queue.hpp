#pragma once

// Waiting threads by a key, the least first; equal keys in order of entering.
// To enter, to leave and to take the first cost O(log n). OrderedEntries leaves it to
// its owner to know with what a thread entered; OrderedQueue knows it by itself, in room
// for all threads, which is much where each of many CPUs has a queue.

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
class OrderedEntries {
public:
    struct Entry {
        Key key{};
        std::int64_t place = 0;
        ThreadId thread{};

        friend bool operator<(const Entry& a, const Entry& b) {
            return a.key < b.key || (!(b.key < a.key) && a.place < b.place);
        }
    };

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
    Entry append(ThreadId thread, Key key) { return insert({key, ++last_, thread}); }
    /// Before those of the same key.
    Entry prepend(ThreadId thread, Key key) { return insert({key, --first_, thread}); }

    kernel::Maybe<ThreadId> take_first() {
        if (empty()) return std::nullopt;
        const auto thread = entries_.begin()->thread;
        entries_.erase(entries_.begin());
        return thread;
    }

    void remove(const Entry& entry) {
        kernel::check(entries_.erase(entry) == 1, "a queued thread is found in its queue");
    }

private:
    Entry insert(const Entry& entry) {
        entries_.insert(entry);
        return entry;
    }

    std::set<Entry> entries_;
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;
};

template <typename Key>
class OrderedQueue {
public:
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    const Key& first_key() const { return entries_.first_key(); }
    ThreadId at(std::size_t i) const { return entries_.at(i); }
    void append(ThreadId thread, Key key) { entered_.make(thread) = entries_.append(thread, key); }
    void prepend(ThreadId thread, Key key) {
        entered_.make(thread) = entries_.prepend(thread, key);
    }
    kernel::Maybe<ThreadId> take_first() { return entries_.take_first(); }
    void remove(ThreadId thread) {
        kernel::check(entered_.has(thread), "a queued thread is found in its queue");
        entries_.remove(entered_[thread]);
    }

private:
    OrderedEntries<Key> entries_;
    ByThread<typename OrderedEntries<Key>::Entry> entered_;  // with what it did last
};

}  // namespace interlock::os
