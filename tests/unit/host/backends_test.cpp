#include "sim/host/backends.hpp"

#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

TEST_CASE("backends: a name is wanted by itself, or by a whole part of it", "[host]") {
    CHECK(is_wanted("cpython-3.11.7", "cpython-3.11.7"));
    CHECK(is_wanted("cpython-3.11.7", "cpython-3.11"));
    CHECK(is_wanted("cpython-3.11.7", "cpython"));
    CHECK_FALSE(is_wanted("cpython-3.11.7", "cpython-3.1"));
    CHECK_FALSE(is_wanted("cpython-3.13.0t", "cpython-3.13.0"));
    CHECK_FALSE(is_wanted("builtin", "built"));
}

TEST_CASE("backends: the builtin is the first, and always there", "[host]") {
    const auto all = find_backends("/no/such/program", {}, {});
    REQUIRE(all.size() == 1);
    CHECK(all.front().name == "builtin");
}

TEST_CASE("backends: an interpreter that is named must answer", "[host]") {
    CHECK_THROWS_AS(find_backends("/x", {}, {.with = {"/no/such/python"}, .names = {}}),
                    DriverFailed);
}

TEST_CASE("backends: each of those that are named is found", "[host]") {
    CHECK_THROWS_WITH(find_backends("/x", {}, {.with = {}, .names = {"builtin", "cobol-85"}}),
                      "--backend: no cobol-85 was found that answers");
}

}  // namespace
}  // namespace interlock::host
