#include "models/os/ticks.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

namespace interlock::os {
namespace {

using kernel::Duration;
using kernel::Time;

Time at(std::int64_t ns) { return Time{Duration{ns}}; }

TEST_CASE("a tick is the first at or after a time, in whatever order times are asked for", "[os]") {
    Ticks ticks(Duration{4}, Duration{3});  // 3, 7, 11, ...
    REQUIRE(ticks);
    CHECK(ticks.from(at(0)) == at(3));
    CHECK(ticks.from(at(3)) == at(3));
    CHECK(ticks.from(at(4)) == at(7));
    CHECK(ticks.from(at(7)) == at(7));
    CHECK(ticks.from(at(8)) == at(11));
    CHECK(ticks.from(at(100)) == at(103));
    CHECK(ticks.from(at(99)) == at(99));
    CHECK(ticks.from(at(95)) == at(95));
    CHECK(ticks.from(at(12)) == at(15));
    CHECK(ticks.from(at(-9)) == at(3));
    CHECK(ticks.from(Time::max() - Duration{2}) == Time::max());
    CHECK(ticks.from(at(8)) == at(11));
}

TEST_CASE("the last tick up to a time is it where it ticks then", "[os]") {
    Ticks ticks(Duration{4}, Duration{3});
    CHECK(ticks.up_to(at(11)) == at(11));
    CHECK(ticks.up_to(at(10)) == at(7));
    CHECK(ticks.up_to(at(12)) == at(11));
    CHECK(ticks.up_to(at(2)) == at(-1));
}

TEST_CASE("without ticks what is due is done when it is due", "[os]") {
    Ticks never;
    CHECK(!never);
    CHECK(!never.interval());
    CHECK(never.from(at(5)) == at(5));
    CHECK(never.up_to(at(5)) == at(5));
}

}  // namespace
}  // namespace interlock::os
