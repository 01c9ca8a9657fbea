#include "models/hardware/station.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using kernel::Time;

constexpr std::uint64_t mb = 1'000'000;
constexpr std::uint64_t gb_per_s = 1'000'000'000;

/// Operations and when they come; the client is the place in this list.
using Coming = std::vector<std::pair<Duration, Demand>>;

std::string microseconds(Time time) {
    const auto ns = time.time_since_epoch().count();
    return std::to_string(ns / 1'000) + (ns % 1'000 == 0 ? "" : "+");
}

/// "0 100-300" a client that began at 100 us and was done at 300 us, in the order of the ends;
/// a + where it is not a whole number of them.
std::string run(const Device& device, const Coming& coming) {
    Station station(device);
    std::vector<std::string> begun(coming.size());
    std::string text;
    std::vector<Station::Happened> happened;
    const auto look = [&](Time now) {
        station.advance(now);
        station.take_happened(happened);
        for (const auto& one : happened) {
            if (one.what == Station::What::begun) begun[one.client] = microseconds(now);
            if (one.what == Station::What::done)
                text += (text.empty() ? "" : ", ") + std::to_string(one.client) + ' ' +
                        begun[one.client] + '-' + microseconds(now);
        }
    };
    std::size_t next = 0;
    while (next < coming.size() || station.due()) {
        if (next < coming.size() && (!station.due() || Time{coming[next].first} < *station.due())) {
            const Time now{coming[next].first};
            station.add(next, coming[next].second, now);
            ++next;
            look(now);
        } else {
            look(*station.due());
        }
    }
    return text;
}

Device servers(std::uint32_t count) {
    Device device;
    device.servers = count;
    return device;
}

Device bandwidth(std::uint64_t all) {
    Device device;
    device.bandwidth = all;
    return device;
}

Demand service(Duration time) { return {.service = time}; }
Demand bytes(std::uint64_t count) { return {.bytes = count}; }

TEST_CASE("station: one server takes them in the order of coming", "[hardware]") {
    CHECK(
        run(servers(1), {{0us, service(500us)}, {100us, service(500us)}, {200us, service(1us)}}) ==
        "0 0-500, 1 500-1000, 2 1000-1001");
}

TEST_CASE("station: two servers; the third waits for the first that is free", "[hardware]") {
    CHECK(
        run(servers(2), {{0us, service(500us)}, {0us, service(200us)}, {100us, service(300us)}}) ==
        "1 0-200, 0 0-500, 2 200-500");
}

TEST_CASE("station: without a number of servers nobody waits", "[hardware]") {
    CHECK(run({}, {{0us, service(500us)}, {0us, service(500us)}, {400us, service(10us)}}) ==
          "2 400-410, 0 0-500, 1 0-500");
}

TEST_CASE("station: what takes no time is done when it comes", "[hardware]") {
    CHECK(run(servers(1), {{7us, {}}, {7us, {}}}) == "0 7-7, 1 7-7");
}

TEST_CASE("station: a bandwidth is shared evenly", "[hardware]") {
    // 1 MB/ms. The first alone until 5 ms, then each at half: the first has 5 MB left, as many as
    // the second: both need 10 ms.
    CHECK(run(bandwidth(gb_per_s), {{0ms, bytes(10 * mb)}, {5ms, bytes(5 * mb)}}) ==
          "0 0-15000, 1 5000-15000");
    // The short one leaves at 4 ms, having moved 2 MB; the long one is alone again.
    CHECK(run(bandwidth(gb_per_s), {{0ms, bytes(10 * mb)}, {0ms, bytes(2 * mb)}}) ==
          "1 0-4000, 0 0-12000");
    // A third of a rate is no whole number: by less than a nanosecond each ends later.
    CHECK(run(bandwidth(gb_per_s), {{0ms, bytes(mb)}, {0ms, bytes(mb)}, {0ms, bytes(mb)}}) ==
          "0 0-3000+, 1 0-3000+, 2 0-3000+");
}

TEST_CASE("station: max-min: what one may not have, nobody else needs less of", "[hardware]") {
    auto device = bandwidth(gb_per_s);
    device.bandwidth_each = gb_per_s / 2;
    // One or two of them are at their own limit, four at a quarter.
    CHECK(run(device, {{0ms, bytes(mb)}}) == "0 0-2000");
    CHECK(run(device, {{0ms, bytes(mb)}, {0ms, bytes(mb)}}) == "0 0-2000, 1 0-2000");
    CHECK(run(device, {{0ms, bytes(mb)}, {0ms, bytes(mb)}, {0ms, bytes(mb)}, {0ms, bytes(mb)}}) ==
          "0 0-4000, 1 0-4000, 2 0-4000, 3 0-4000");
}

TEST_CASE("station: a server is kept for the service and for the bytes", "[hardware]") {
    auto disk = servers(1);
    disk.bandwidth = gb_per_s;
    const Demand demand{.service = 3ms, .bytes = 2 * mb};
    CHECK(run(disk, {{0ms, demand}, {0ms, demand}}) == "0 0-5000, 1 5000-10000");
}

TEST_CASE("station: latency keeps no server", "[hardware]") {
    const Demand demand{.service = 3ms, .latency = 10ms};
    CHECK(run(servers(1), {{0ms, demand}, {0ms, demand}}) == "0 10000-13000, 1 13000-16000");
}

TEST_CASE("station: operations are let in at a rate, after as many as were saved up",
          "[hardware]") {
    Device device;
    device.iops = 1'000;
    device.iops_burst = 2;
    // Two at once, then one a millisecond; by 10 ms two are saved up again, no more.
    CHECK(run(device,
              {{0ms, {}}, {0ms, {}}, {0ms, {}}, {0ms, {}}, {10ms, {}}, {10ms, {}}, {10ms, {}}}) ==
          "0 0-0, 1 0-0, 2 1000-1000, 3 2000-2000, 4 10000-10000, 5 10000-10000, 6 11000-11000");
}

TEST_CASE("station: bytes are used as they are moved, not when the last of them is", "[hardware]") {
    // 1 MB/ms: alone until 4 ms, then both at half until the first is done at 16 ms.
    Station station(bandwidth(gb_per_s));
    station.count_from(Time{2ms});
    station.add(0, bytes(10 * mb), Time{0ms});
    station.advance(Time{0ms});
    CHECK(station.use(Time{1ms}).bytes == 0);
    CHECK(station.use(Time{3ms}).bytes == 1e6);
    station.add(1, bytes(9 * mb), Time{4ms});
    station.advance(Time{4ms});
    CHECK(station.use(Time{5ms}).bytes == 3e6);
    station.advance(Time{16ms});
    CHECK(station.use(Time{17ms}).bytes == 15e6);  // 3 of the second are left
    station.advance(Time{19ms});
    CHECK(station.use(Time{30ms}).bytes == 17e6);

    auto device = bandwidth(gb_per_s);
    device.bandwidth_each = gb_per_s / 4;
    Station limited(device);
    for (std::uint64_t client = 0; client < 3; ++client) limited.add(client, bytes(mb), Time{0ms});
    limited.advance(Time{0ms});
    CHECK(limited.use(Time{2ms}).bytes == 1.5e6);
}

TEST_CASE("station: of the operations that could be let in, those saved up are some",
          "[hardware]") {
    Device device;
    device.iops = 1'000;
    device.iops_burst = 3;
    const auto used = [&](Duration from, Duration until) {
        Station station(device);
        station.count_from(Time{from});
        for (std::uint64_t client = 0; client < 5; ++client) station.add(client, {}, Time{0ms});
        station.advance(Time{0ms});
        while (station.due() && *station.due() <= Time{until}) station.advance(*station.due());
        const auto use = station.use(Time{until});
        return std::pair(use.let_in, use.allowance);
    };
    // Three at 0, then one at 1 and one at 2 ms.
    CHECK(used(0ms, 0ms) == std::pair(std::uint64_t{3}, 3.0));
    CHECK(used(0ms, 1ms) == std::pair(std::uint64_t{4}, 4.0));
    CHECK(used(0ms, 4ms) == std::pair(std::uint64_t{5}, 7.0));
    // By 1.5 ms half of one is saved up, for who waits.
    CHECK(used(1500us, 2ms) == std::pair(std::uint64_t{1}, 1.0));
    CHECK(used(1500us, 3ms) == std::pair(std::uint64_t{1}, 2.0));
    // By 4 ms two are, and by 9 ms all that can be.
    CHECK(used(4ms, 5ms) == std::pair(std::uint64_t{0}, 3.0));
    CHECK(used(9ms, 10ms) == std::pair(std::uint64_t{0}, 4.0));
}

TEST_CASE("station: what would last beyond all time ends at its end", "[hardware]") {
    Station station(bandwidth(1));
    station.add(0, bytes(std::uint64_t{1} << 62U), Time{});
    station.advance(Time{});
    REQUIRE(station.due());
    CHECK(*station.due() == Time{Duration{std::int64_t{1} << 62U}});
    station.advance(*station.due());
    CHECK_FALSE(station.due());
}

}  // namespace
}  // namespace interlock::hardware
