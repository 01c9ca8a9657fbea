#include "sim/kernel/calendar.hpp"

#include <algorithm>

namespace interlock::kernel {

bool Calendar::cancel(EventId id) {
    if (!pending(id)) return false;
    const auto slot = slot_of(id);
    const auto hole = positions_[slot];
    const auto last = keys_[end_ - 1];
    remove_last();
    if (hole != end_) settle(hole, last);
    release(slot);
    return true;
}

bool Calendar::reschedule(EventId id, Time at) {
    if (!pending(id)) return false;
    const auto time = ordinal(at);
    check(time >= now_, "an event is not moved before the last one that happened");
    const auto hole = positions_[slot_of(id)];
    settle(hole, Key{time} << low_bits | low(keys_[hole]));
    return true;
}

void Calendar::settle(Position hole, Key key) {
    if (hole != root && key < keys_[parent(hole)])
        sift_up(hole, key);
    else
        sift_down(hole, key);
}

void Calendar::close_hole() {
    hole_ = false;
    const auto last = keys_[end_ - 1];
    remove_last();
    if (end_ != root) sift_down(root, last);
}

void Calendar::remove_last() { keys_[--end_] = never; }

void Calendar::add_slot() {
    check(records_.size() < pending_max, "no more than 2^24 events pend");
    free_.push_back(static_cast<Slot>(records_.size()));
    // Room for all slots to be free at once: release() never allocates.
    free_.reserve(std::bit_ceil(records_.size() + 1));
    records_.emplace_back();
    positions_.push_back(0);
}

/// Every line is full: of keys, or of `never` behind the end.
void Calendar::add_line() {
    keys_.resize(std::max<std::size_t>(keys_.size(), root + 1) + 4, never);
}

/// Counts the pending events anew from 0, in the order in which they were
/// scheduled. No two change their order, so the heap stands as it is.
void Calendar::renumber() {
    std::vector<Position> by_sequence;
    for (auto position = hole_ ? root + 1 : root; position < end_; ++position)
        by_sequence.push_back(position);
    const auto sequence_at = [this](Position position) {
        return low(keys_[position]) >> slot_bits & (sequences - 1);
    };
    std::sort(by_sequence.begin(), by_sequence.end(),
              [&](Position a, Position b) { return sequence_at(a) < sequence_at(b); });
    constexpr auto sequence_mask = Key{sequences - 1} << slot_bits;
    sequence_ = 0;
    for (const auto position : by_sequence)
        keys_[position] = (keys_[position] & ~sequence_mask) | Key{sequence_++} << slot_bits;
}

}  // namespace interlock::kernel
