#include "sim/kernel/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::kernel {
namespace {

using namespace std::chrono_literals;

constexpr Time at(Duration since_start) { return Time{since_start}; }

/// The subjects of all pending events, in the order in which they happen.
std::vector<std::uint32_t> drain(Calendar& calendar) {
    std::vector<std::uint32_t> subjects;
    while (!calendar.empty()) subjects.push_back(calendar.pop().subject);
    return subjects;
}

using Order = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("calendar: events happen in the order of their times", "[kernel]") {
    Calendar calendar;
    calendar.schedule(at(3ms), EventClass::timer, {0, 3});
    calendar.schedule(at(1ms), EventClass::timer, {0, 1});
    calendar.schedule(at(2ms), EventClass::timer, {0, 2});
    CHECK(calendar.size() == 3);
    CHECK(calendar.next_time() == at(1ms));
    CHECK(drain(calendar) == Order{1, 2, 3});
    CHECK(calendar.empty());
}

TEST_CASE("calendar: equal times go by class, then by when they were scheduled", "[kernel]") {
    Calendar calendar;
    calendar.schedule(at(1ms), EventClass::tick, {0, 5});
    calendar.schedule(at(1ms), EventClass::timer, {0, 4});
    calendar.schedule(at(1ms), EventClass::wake, {0, 2});
    calendar.schedule(at(1ms), EventClass::completion, {0, 1});
    calendar.schedule(at(1ms), EventClass::wake, {0, 3});
    CHECK(drain(calendar) == Order{1, 2, 3, 4, 5});
}

TEST_CASE("calendar: an event of the present may come before those of its time that wait",
          "[kernel]") {
    Calendar calendar;
    calendar.schedule(at(1ms), EventClass::timer, {0, 1});
    calendar.schedule(at(1ms), EventClass::timer, {0, 3});
    CHECK(calendar.pop().subject == 1);
    calendar.schedule(at(1ms), EventClass::completion, {0, 2});
    CHECK(drain(calendar) == Order{2, 3});
}

TEST_CASE("calendar: nothing is scheduled or moved before the last event", "[kernel]") {
    Calendar calendar;
    calendar.schedule(at(2ms), EventClass::timer, {0, 1});
    const auto later = calendar.schedule(at(3ms), EventClass::timer, {0, 2});
    calendar.pop();
    CHECK_THROWS_AS(calendar.schedule(at(1ms), EventClass::timer, {0, 3}), BrokenInvariant);
    CHECK_THROWS_AS(calendar.reschedule(later, at(1ms)), BrokenInvariant);
    CHECK_NOTHROW(calendar.schedule(at(2ms), EventClass::timer, {0, 4}));
}

TEST_CASE("calendar: an empty one has no next event", "[kernel]") {
    Calendar calendar;
    CHECK_THROWS_AS(calendar.pop(), BrokenInvariant);
    CHECK_THROWS_AS(calendar.next_time(), BrokenInvariant);
    CHECK_FALSE(calendar.any_until(Time::max()));
    calendar.schedule(at(0ms), EventClass::timer, {});
    calendar.pop();
    CHECK_THROWS_AS(calendar.pop(), BrokenInvariant);
}

TEST_CASE("calendar: a cancelled event does not happen", "[kernel]") {
    Calendar calendar;
    calendar.schedule(at(1ms), EventClass::timer, {0, 1});
    const auto id = calendar.schedule(at(2ms), EventClass::timer, {0, 2});
    calendar.schedule(at(3ms), EventClass::timer, {0, 3});
    CHECK(calendar.pending(id));
    CHECK(calendar.cancel(id));
    CHECK_FALSE(calendar.pending(id));
    CHECK_FALSE(calendar.cancel(id));
    CHECK(drain(calendar) == Order{1, 3});
}

TEST_CASE("calendar: an old id never names the event that took its slot", "[kernel]") {
    Calendar calendar;
    const auto popped = calendar.schedule(at(1ms), EventClass::timer, {0, 1});
    calendar.pop();
    const auto cancelled = calendar.schedule(at(2ms), EventClass::timer, {0, 2});
    calendar.cancel(cancelled);
    const auto pending = calendar.schedule(at(3ms), EventClass::timer, {0, 3});
    for (const auto id : {popped, cancelled, EventId{}}) {
        CHECK_FALSE(calendar.pending(id));
        CHECK_FALSE(calendar.cancel(id));
        CHECK_FALSE(calendar.reschedule(id, at(9ms)));
    }
    CHECK(calendar.pending(pending));
}

TEST_CASE("calendar: an event that is moved keeps its place among equal times", "[kernel]") {
    Calendar calendar;
    const auto first = calendar.schedule(at(1ms), EventClass::timer, {0, 1});
    calendar.schedule(at(2ms), EventClass::timer, {0, 2});
    const auto third = calendar.schedule(at(5ms), EventClass::timer, {0, 3});
    CHECK(calendar.reschedule(first, at(2ms)));
    CHECK(calendar.reschedule(third, at(2ms)));
    CHECK(drain(calendar) == Order{1, 2, 3});
}

TEST_CASE("calendar: events keep their order when the sequence numbers run out", "[kernel]") {
    Calendar calendar(Calendar::sequences - 3);
    const auto a = calendar.schedule(at(2ms), EventClass::timer, {0, 1});
    calendar.schedule(at(1ms), EventClass::timer, {0, 0});
    const auto b = calendar.schedule(at(2ms), EventClass::timer, {0, 2});
    SECTION("with all pending") {}
    SECTION("with one just popped") { CHECK(calendar.pop().subject == 0); }
    for (std::uint32_t subject = 3; subject < 20; ++subject)
        calendar.schedule(at(2ms), EventClass::timer, {0, subject});
    CHECK(calendar.pending(a));
    CHECK(calendar.cancel(b));
    auto order = drain(calendar);
    if (order.front() == 0) order.erase(order.begin());
    CHECK(order == Order{1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
}

// Against the plainest thing that could be right: an ordered map.
TEST_CASE("calendar: any mix of commands does what an ordered map does", "[kernel]") {
    using Key = std::tuple<Time, EventClass, std::uint64_t>;
    const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{40}));
    CAPTURE(seed);
    Random random(seed, stream_of("calendar"));
    Calendar calendar(seed % 4 == 0 ? Calendar::sequences - 1000 : 0);
    std::map<Key, std::uint32_t> expected;
    std::vector<std::pair<EventId, Key>> handles;
    Time now{};
    std::uint64_t sequence = 0;
    const auto soon = [&] { return now + Duration{static_cast<std::int64_t>(random.below(50))}; };
    const auto growing = seed % 3;
    for (int i = 0; i < 3000; ++i) {
        const auto choice = random.below(8 + growing);
        if (choice < 3 || choice >= 8) {
            const Key key{soon(), static_cast<EventClass>(random.below(4)), sequence++};
            const auto subject = static_cast<std::uint32_t>(sequence);
            handles.emplace_back(
                calendar.schedule(std::get<0>(key), std::get<1>(key), {7, subject}), key);
            expected.emplace(key, subject);
        } else if (choice < 6 && !expected.empty()) {
            REQUIRE(calendar.next_time() == std::get<0>(expected.begin()->first));
            REQUIRE(calendar.any_until(calendar.next_time()));
            REQUIRE_FALSE(calendar.any_until(calendar.next_time() - 1ns));
            now = calendar.next_time();
            REQUIRE(calendar.pop().subject == expected.begin()->second);
            expected.erase(expected.begin());
        } else if (!handles.empty()) {
            auto& [id, key] = handles[random.below(handles.size())];
            const auto known = expected.find(key);
            REQUIRE(calendar.pending(id) == (known != expected.end()));
            if (choice == 6) {
                REQUIRE(calendar.cancel(id) == (expected.erase(key) == 1));
            } else {
                const auto later = soon();
                REQUIRE(calendar.reschedule(id, later) == (known != expected.end()));
                if (known == expected.end()) continue;
                const auto subject = known->second;
                expected.erase(known);
                std::get<0>(key) = later;
                expected.emplace(key, subject);
            }
        }
        REQUIRE(calendar.size() == expected.size());
        REQUIRE(calendar.empty() == expected.empty());
    }
    for (const auto& entry : expected) REQUIRE(calendar.pop().subject == entry.second);
    CHECK(calendar.empty());
}

}  // namespace interlock::kernel
