#include "sim/kernel/maybe.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

#include "tests/support/catch.hpp"

namespace interlock::kernel {

using namespace std::chrono_literals;

enum class Id : std::uint32_t {};

TEST_CASE("maybe: holds a value or none in the room of the value", "[kernel]") {
    STATIC_REQUIRE(sizeof(Maybe<Id>) == sizeof(Id));
    STATIC_REQUIRE(sizeof(Maybe<Duration>) == sizeof(Duration));
    Maybe<Id> id;
    CHECK_FALSE(id.has_value());
    id = Id{0};
    REQUIRE(id.has_value());
    CHECK(*id == Id{0});
    CHECK(id == Id{0});
    id.reset();
    CHECK(id == std::nullopt);
}

TEST_CASE("maybe: takes over what an optional holds", "[kernel]") {
    CHECK(Maybe<Duration>(std::optional(3ms)) == Duration(3ms));
    CHECK_FALSE(Maybe<Duration>(std::optional<Duration>()));
    CHECK(*Maybe<Time>(Time{}) == Time{});
}

}  // namespace interlock::kernel
