#pragma once

// An ASCII Gantt chart: a row a thread, a column a share of the time, in each
// the state that had most of it.
//
// Time goes into slots whose width doubles whenever the run outgrows them, so
// that an hour costs no more memory than a second. A column covers many slots;
// at its edges a slot is shared out in proportion.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/record/kinds.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/trace.hpp"

namespace interlock::report {

class Timeline final : public kernel::TraceSink {
public:
    void take(std::span<const kernel::Record> records) override;

    /// The chart; `names` are those of the threads, in the order of their ids.
    std::string drawn(const std::vector<std::string>& names) const;

private:
    /// What a thread does, as the chart shows it; `absent` before its start, after its
    /// end, and while it is blocked.
    enum class Shown : std::uint8_t { running, lock_wait, cpu_wait, io, absent };

    using Slot = std::array<kernel::Duration, 5>;  ///< by Shown

    struct Row {
        record::State state = record::State::blocked;
        bool alive = false;
        bool asks_for_lock = false;
        kernel::Time since{};  ///< booked up to here
        std::vector<Slot> slots;
    };

    void apply(const kernel::Record& record);
    void book(Row& row, kernel::Time until);
    void fit(kernel::Time time);
    Row* row_of(std::uint32_t thread);
    static Shown shown(const Row& row);
    char cell(const Row& row, double from, double to) const;

    std::vector<Row> rows_;
    std::uint32_t left_out_ = 0;  ///< threads beyond those that are drawn
    kernel::Duration slot_width_{1};
    kernel::Time end_{};
};

}  // namespace interlock::report
