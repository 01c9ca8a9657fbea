#include "sim/report/timeline.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

constexpr std::size_t slots_max = 4096;
constexpr std::size_t columns = 72;
constexpr std::size_t rows_max = 100;
constexpr std::size_t name_width_max = 24;

/// Begins at 0, the middle is in the middle, the end ends with the chart.
std::string axis(std::size_t indent, kernel::Duration length) {
    const auto middle = seconds_text(kernel::seconds(length) / 2);
    const auto end = seconds_text(kernel::seconds(length));
    auto line = padded_right("0", columns / 2 - display_width(middle) / 2) + middle;
    line += padded_left(end, columns - display_width(line));
    return std::string(indent + 1, ' ') + line + '\n';
}

}  // namespace

void Timeline::take(std::span<const kernel::Record> records) {
    for (const auto& record : records) apply(record);
}

void Timeline::apply(const kernel::Record& record) {
    end_ = std::max(end_, record.at);
    const auto kind = static_cast<record::Kind>(record.kind);
    using record::Kind;
    if (kind != Kind::thread_created && kind != Kind::thread_state && kind != Kind::thread_exited &&
        kind != Kind::lock_request && kind != Kind::lock_grant)
        return;
    auto* row = row_of(record.subject);
    if (row == nullptr) return;
    book(*row, record.at);
    switch (kind) {
    case Kind::thread_created: row->alive = true; break;
    case Kind::thread_state: row->state = record::state_of(record.detail); break;
    case Kind::thread_exited: row->alive = false; break;
    case Kind::lock_request: row->asks_for_lock = true; break;
    case Kind::lock_grant: row->asks_for_lock = false; break;
    default: break;
    }
}

Timeline::Row* Timeline::row_of(std::uint32_t thread) {
    if (thread >= rows_max) {
        left_out_ = std::max(left_out_, thread + 1 - static_cast<std::uint32_t>(rows_max));
        return nullptr;
    }
    if (thread >= rows_.size()) rows_.resize(thread + 1);
    return &rows_[thread];
}

Timeline::Shown Timeline::shown(const Row& row) {
    if (!row.alive) return Shown::absent;
    if (row.state == record::State::running) return Shown::running;
    if (row.asks_for_lock) return Shown::lock_wait;
    switch (row.state) {
    case record::State::cpu_wait: return Shown::cpu_wait;
    case record::State::io: return Shown::io;
    default: return Shown::absent;
    }
}

/// Doubles the width of the slots until `time` lies in one of them.
void Timeline::fit(kernel::Time time) {
    const auto span = time.time_since_epoch();
    while (span > slot_width_ * static_cast<kernel::Duration::rep>(slots_max)) {
        for (auto& row : rows_) {
            for (std::size_t i = 0; i < row.slots.size(); ++i)
                for (std::size_t what = 0; what < row.slots[i].size(); ++what) {
                    const auto time_there = row.slots[i][what];
                    row.slots[i][what] = {};
                    row.slots[i / 2][what] += time_there;
                }
            row.slots.resize((row.slots.size() + 1) / 2);
        }
        slot_width_ *= 2;
    }
}

void Timeline::book(Row& row, kernel::Time until) {
    const auto what = static_cast<std::size_t>(shown(row));
    fit(until);
    auto from = row.since;
    row.since = until;
    if (shown(row) == Shown::absent) return;
    while (from < until) {
        const auto index = static_cast<std::size_t>(from.time_since_epoch() / slot_width_);
        const kernel::Time slot_end{slot_width_ * static_cast<kernel::Duration::rep>(index + 1)};
        const auto to = std::min(until, slot_end);
        if (index >= row.slots.size()) row.slots.resize(index + 1);
        row.slots[index][what] += to - from;
        from = to;
    }
}

/// The columns from `from` to `to`, in slots.
char Timeline::cell(const Row& row, double from, double to) const {
    constexpr std::string_view letters = "#L.~";
    std::array<double, letters.size()> time{};
    double known = 0;
    for (auto i = static_cast<std::size_t>(from);
         i < row.slots.size() && static_cast<double>(i) < to; ++i) {
        const auto start = static_cast<double>(i);
        const auto part = std::min(to, start + 1) - std::max(from, start);
        for (std::size_t what = 0; what < letters.size(); ++what) {
            const auto share = part * static_cast<double>(row.slots[i][what].count());
            time[what] += share;
            known += share;
        }
    }
    const auto* const most = std::max_element(time.begin(), time.end());
    const auto absent = (to - from) * static_cast<double>(slot_width_.count()) - known;
    // A tie, or what rounding makes of one, goes to what can be seen.
    if (*most <= 0 || *most < absent * (1 - 1e-9)) return ' ';
    return letters[static_cast<std::size_t>(most - time.begin())];
}

std::string Timeline::drawn(const std::vector<std::string>& names) const {
    const auto length = end_.time_since_epoch();
    auto closed = rows_;  // who still lives at the end is booked up to it
    Timeline finished;
    finished.rows_ = std::move(closed);
    finished.slot_width_ = slot_width_;
    for (auto& row : finished.rows_) finished.book(row, end_);

    std::size_t name_width = 0;
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < finished.rows_.size(); ++i) {
        labels.push_back(
            shortened(i < names.size() ? names[i] : fmt::format("thread {}", i), name_width_max));
        name_width = std::max(name_width, display_width(labels.back()));
    }
    const auto slots =
        static_cast<double>(length.count()) / static_cast<double>(finished.slot_width_.count());
    std::string text;
    for (std::size_t i = 0; i < finished.rows_.size(); ++i) {
        text += padded_right(labels[i], name_width) + " |";
        for (std::size_t column = 0; column < columns; ++column)
            text += finished.cell(finished.rows_[i], slots * static_cast<double>(column) / columns,
                                  slots * static_cast<double>(column + 1) / columns);
        text += "|\n";
    }
    if (left_out_ > 0) text += fmt::format("and {} more threads\n", left_out_);
    text += axis(name_width + 1, length);
    return text + "# running   L lock wait   . CPU wait   ~ I/O   blank: blocked, or not there\n";
}

}  // namespace interlock::report
