// The classic hold model: take the earliest event, schedule another one an
// exponential increment later, so that the number of pending events stays the
// same (Jones: "An empirical comparison of priority-queue and event-set
// implementations", CACM 29, 1986). The calendar with its handles, classes and
// checks against a bare std::priority_queue of 16-byte entries. Both are fed
// by the same generator, and both count the events by kind.
//
//   hold [holds]      prints holds/s of both and their ratio, by pending events

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <queue>
#include <vector>

#include <fmt/core.h>

#include "sim/kernel/calendar.hpp"
#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/random.hpp"
#include "tests/bench/best_of.hpp"

namespace {

using namespace interlock;

constexpr std::uint32_t kinds = 4;
using Counts = std::array<std::uint64_t, kinds>;

/// The increments of both, drawn on the way: 1 ms on the average.
class Increments {
public:
    std::int64_t next() {
        return 1 + static_cast<std::int64_t>(-1e6 * kernel::log(1 - random_.uniform()));
    }

private:
    kernel::Random random_{1, kernel::stream_of("hold")};
};

Counts hold_calendar(std::uint32_t pending, std::uint64_t holds) {
    Increments increments;
    kernel::Calendar calendar;
    Counts counts{};
    for (std::uint32_t i = 0; i < pending; ++i)
        calendar.schedule(kernel::Time{kernel::Duration{increments.next()}},
                          kernel::EventClass::timer, {i % kinds, i});
    for (std::uint64_t i = 0; i < holds; ++i) {
        const auto now = calendar.next_time();
        const auto event = calendar.pop();
        ++counts[event.kind];
        calendar.schedule(now + kernel::Duration{increments.next()}, kernel::EventClass::timer,
                          event);
    }
    return counts;
}

struct Entry {
    std::int64_t at;
    std::uint32_t kind;
    std::uint32_t subject;
    friend bool operator>(const Entry& a, const Entry& b) { return a.at > b.at; }
};
static_assert(sizeof(Entry) == 16);

Counts hold_bare(std::uint32_t pending, std::uint64_t holds) {
    Increments increments;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    Counts counts{};
    for (std::uint32_t i = 0; i < pending; ++i) queue.push({increments.next(), i % kinds, i});
    for (std::uint64_t i = 0; i < holds; ++i) {
        auto entry = queue.top();
        queue.pop();
        ++counts[entry.kind];
        entry.at += increments.next();
        queue.push(entry);
    }
    return counts;
}

std::uint64_t total(const Counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t holds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4'000'000;
    for (const std::uint32_t pending : {100U, 10'000U}) {
        Counts bare{};
        Counts ours{};
        const auto [bare_s, ours_s] = bench::best_of(
            7, [&] { bare = hold_bare(pending, holds); },
            [&] { ours = hold_calendar(pending, holds); });
        // Events of equal times come in different orders, so only the sums agree.
        if (total(bare) != holds || total(ours) != holds) return 3;
        const auto rate = [holds](double seconds) {
            return static_cast<double>(holds) / seconds / 1e6;
        };
        fmt::print(
            "pending {:6}  bare {:6.2f} M holds/s  calendar {:6.2f} M holds/s  ratio {:.2f}\n",
            pending, rate(bare_s), rate(ours_s), bare_s / ours_s);
    }
    return 0;
}
