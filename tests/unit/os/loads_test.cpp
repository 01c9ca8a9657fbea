#include <algorithm>
#include <array>

#include "models/os/loads.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

TEST_CASE("loads: the least and the greatest are those that looking at all would find", "[os]") {
    std::array<std::uint32_t, 5> each{};
    Loads loads(each.size());
    kernel::Random random(1, 0);
    for (int step = 0; step < 2000; ++step) {
        const auto i = static_cast<std::uint32_t>(random.next() % each.size());
        const RunqueueId queue{i};
        if (each.at(i) > 0 && random.next() % 2 == 0) {
            --each.at(i);
            loads.remove(queue);
        } else {
            ++each.at(i);
            loads.add(queue);
        }
        REQUIRE(loads.of(queue) == each.at(i));
        REQUIRE(loads.least() == *std::min_element(each.begin(), each.end()));
        REQUIRE(loads.greatest() == *std::max_element(each.begin(), each.end()));
    }
}

}  // namespace
}  // namespace interlock::os
