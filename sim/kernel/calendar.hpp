#pragma once

// The future events of a run, in an order that depends on its inputs alone.
//
// An event is ordered by its time, then by its class, then by when it was
// scheduled. The three, and the slot of its record, are one integer, so that a
// comparison is two instructions:
//
//     time 64 | class 4 | sequence 36 | slot 24
//
// The keys form an implicit heap of four children a node: half as deep as a
// binary one, four siblings lie in one cache line, and the least of them is
// found without a branch. Records stay where they are, in slots that are used
// again; each slot knows where its key is in the heap. docs/performance.md has
// the comparison with the roads not taken.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "sim/kernel/check.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::kernel {

/// Which of several events of one time comes first.
enum class EventClass : std::uint8_t { completion, wake, timer, tick };

/// What happens: what it is, and whom it concerns. Says nothing of how; the
/// room that schedules it gives `kind` its names.
struct Event {
    std::uint32_t kind = 0;
    std::uint32_t subject = 0;
};

/// Names one scheduled event for ever: once it was popped or cancelled, the id
/// names nothing, though the slot may be used again. The default names nothing.
struct EventId {
    std::uint64_t value = 0;
    explicit operator bool() const { return value != 0; }
    friend bool operator==(EventId, EventId) = default;
};

/// Gives a vector memory that begins with a cache line.
template <typename T>
struct LineAllocator {
    using value_type = T;
    static constexpr std::align_val_t line{64};

    LineAllocator() = default;
    template <typename U>
    explicit(false) LineAllocator(const LineAllocator<U>& /*other*/) {}

    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), line));
    }
    void deallocate(T* memory, std::size_t /*count*/) noexcept { ::operator delete(memory, line); }
    friend bool operator==(LineAllocator /*a*/, LineAllocator /*b*/) { return true; }
};

class Calendar {
public:
    static constexpr std::uint64_t sequences = std::uint64_t{1} << 36;
    static constexpr std::size_t pending_max = std::size_t{1} << 24;

    Calendar() = default;
    /// Starts to count elsewhere than at 0, to try what happens when the
    /// sequence numbers run out.
    explicit Calendar(std::uint64_t first_sequence) : sequence_(first_sequence) {}

    /// `at` must not lie before the last popped event.
    EventId schedule(Time at, EventClass order, Event event);
    /// True if the event was still pending.
    bool cancel(EventId id);
    /// True if the event was still pending. Keeps class and sequence, so that
    /// re-timing never reorders events of equal times.
    bool reschedule(EventId id, Time at);

    bool pending(EventId id) const {
        const auto slot = slot_of(id);
        return slot < records_.size() && records_[slot].generation == generation_of(id);
    }
    bool empty() const { return size() == 0; }
    std::size_t size() const { return end_ - root - (hole_ ? 1 : 0); }
    Time next_time() const;         ///< the calendar must not be empty
    bool any_until(Time at) const;  ///< whether an event is due by then
    Event pop();                    ///< the calendar must not be empty

private:
    using Key = Wide;
    using Position = std::uint32_t;
    using Slot = std::uint32_t;

    struct Record {
        Event event;
        std::uint32_t generation = 1;  ///< counts the uses of the slot; 0: used up
    };

    // The root is at 3, so that the children of any node fill a cache line:
    // those of p are at 4 (p - 2) and the three that follow.
    static constexpr Position root = 3;
    static constexpr unsigned slot_bits = 24;
    static constexpr unsigned low_bits = 64;
    static constexpr unsigned class_shift = 60;
    static constexpr Key never = ~Key{0};  // fills the last line behind the end

    static Position first_child(Position of) { return 4 * (of - 2); }
    static Position parent(Position of) { return of / 4 + 2; }
    static std::uint64_t high(Key key) { return static_cast<std::uint64_t>(key >> low_bits); }
    static std::uint64_t low(Key key) { return static_cast<std::uint64_t>(key); }
    static Slot slot_of(Key key) { return static_cast<Slot>(low(key) & (pending_max - 1)); }
    static Slot slot_of(EventId id) { return static_cast<Slot>(id.value & (pending_max - 1)); }
    static std::uint32_t generation_of(EventId id) {
        return static_cast<std::uint32_t>(id.value >> slot_bits);
    }
    /// The order of signed times is that of unsigned numbers with the sign turned.
    static constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    static std::uint64_t ordinal(Time at) {
        return static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ sign;
    }
    static Time time_of(Key key) {
        return Time{Duration{static_cast<std::int64_t>(high(key) ^ sign)}};
    }

    void put(Position position, Key key) {
        keys_[position] = key;
        positions_[slot_of(key)] = position;
    }
    struct Child {
        Key key;
        Position position;
    };
    Child least_of_four(Position first) const;
    void sift_down(Position hole, Key key);
    void sift_up(Position hole, Key key);
    void settle(Position hole, Key key);
    void close_hole();
    void remove_last();
    void release(Slot slot);
    Slot take_slot() {
        if (free_.empty()) [[unlikely]]
            add_slot();
        const auto slot = free_.back();
        free_.pop_back();
        return slot;
    }
    void add_slot();
    void add_line();
    void renumber();

    std::vector<Key, LineAllocator<Key>> keys_;
    std::vector<Position> positions_;  // by slot; of no meaning while the slot is free
    std::vector<Record> records_;      // by slot
    std::vector<Slot> free_;           // the last to be freed is the first to be used
    Position end_ = root;
    bool hole_ = false;  // the root was popped and is not filled yet: its key is 0
    std::uint64_t sequence_ = 0;
    std::uint64_t now_ = 0;  // ordinal of the last popped event
};

/// The minimum of 128-bit numbers compiles to conditional moves: which of the
/// four it is cannot be foreseen, so a branch would be wrong half of the time.
/// Their low halves differ, for no two events have the same sequence.
inline Calendar::Child Calendar::least_of_four(Position first) const {
    const Key* const key = &keys_[first];
    const auto least = std::min(std::min(key[0], key[1]), std::min(key[2], key[3]));
    const auto is = [&](std::size_t child) {
        return static_cast<Position>(low(least) == low(key[child]));
    };
    return {least, first + (is(1) | is(3)) + 2 * (is(2) | is(3))};
}

/// Fills the hole with `key`, which may have to sink.
inline void Calendar::sift_down(Position hole, Key key) {
    for (auto child = first_child(hole); child < end_; child = first_child(hole)) {
        const auto least = least_of_four(child);
        if (key < least.key) break;
        put(hole, least.key);
        hole = least.position;
    }
    put(hole, key);
}

/// Fills the hole with `key`, which may have to rise.
inline void Calendar::sift_up(Position hole, Key key) {
    while (hole != root && key < keys_[parent(hole)]) {
        put(hole, keys_[parent(hole)]);
        hole = parent(hole);
    }
    put(hole, key);
}

inline EventId Calendar::schedule(Time at, EventClass order, Event event) {
    const auto time = ordinal(at);
    check(time >= now_, "an event is not scheduled before the last one that happened");
    if (sequence_ == sequences) [[unlikely]]
        renumber();
    const auto slot = take_slot();
    auto& record = records_[slot];
    record.event = event;
    const Key key =
        Key{time} << low_bits | (std::uint64_t{static_cast<std::uint8_t>(order)} << class_shift |
                                 sequence_++ << slot_bits | slot);
    if (hole_) {
        hole_ = false;
        sift_down(root, key);
    } else {
        if (end_ == keys_.size() || keys_.empty()) [[unlikely]]
            add_line();
        sift_up(end_++, key);
    }
    return {std::uint64_t{record.generation} << slot_bits | slot};
}

inline Time Calendar::next_time() const {
    check(!empty(), "the next time is asked of events that pend");
    return time_of(hole_ ? least_of_four(first_child(root)).key : keys_[root]);
}

inline bool Calendar::any_until(Time at) const {
    if (empty()) return false;
    const auto time = ordinal(at);
    if (!hole_) return high(keys_[root]) <= time;
    const Key* const key = &keys_[first_child(root)];
    return high(key[0]) <= time || high(key[1]) <= time || high(key[2]) <= time ||
           high(key[3]) <= time;
}

/// Leaves a hole at the root, for most events schedule another: that one then
/// sinks once, where closing the hole and adding at the end would move twice.
inline Event Calendar::pop() {
    check(!empty(), "an event is popped of those that pend");
    if (hole_) close_hole();
    const auto key = keys_[root];
    now_ = high(key);
    keys_[root] = 0;
    hole_ = true;
    const auto slot = slot_of(key);
    const auto event = records_[slot].event;
    release(slot);
    return event;
}

inline void Calendar::release(Slot slot) {
    // A slot whose generations are used up is given up, so that an old id
    // never names a new event.
    if (++records_[slot].generation != 0) [[likely]]
        free_.push_back(slot);
}

}  // namespace interlock::kernel
