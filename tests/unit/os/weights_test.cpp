#include "models/os/weights.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

TEST_CASE("weights: nice 0 is 1024, the ends of the table are Linux's", "[os]") {
    CHECK(weight_of_nice(0) == 1024);
    CHECK(weight_of_nice(5) == 335);
    CHECK(weight_of_nice(-20) == 88761);
    CHECK(weight_of_nice(19) == 15);
}

TEST_CASE("weights: a step of nice is a quarter more or less", "[os]") {
    for (int nice = -20; nice < 19; ++nice) {
        const auto ratio = 1.0 * weight_of_nice(nice) / weight_of_nice(nice + 1);
        CHECK(ratio > 1.19);
        CHECK(ratio < 1.31);
    }
}

}  // namespace
}  // namespace interlock::os
