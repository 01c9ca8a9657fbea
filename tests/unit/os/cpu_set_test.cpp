#include "models/os/cpu_set.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::os {

TEST_CASE("cpu set: is emptied in the order of the numbers", "[os]") {
    CpuSet set(200);
    for (const auto cpu : {130U, 3U, 199U, 64U, 3U}) set.insert(CpuId{cpu});
    std::vector<std::uint32_t> taken;
    while (!set.empty()) {
        taken.push_back(static_cast<std::uint32_t>(set.take_first()));
        if (taken.back() == 130) set.insert(CpuId{7});  // below what was taken
    }
    CHECK(taken == std::vector<std::uint32_t>{3, 64, 130, 7, 199});
}

TEST_CASE("cpu set: tells whether one alone is in it", "[os]") {
    CpuSet set(200);
    CHECK(set.none_but(CpuId{70}));
    set.insert(CpuId{70});
    CHECK(set.none_but(CpuId{70}));
    CHECK_FALSE(set.none_but(CpuId{6}));  // the same bit of another word
    set.insert(CpuId{150});
    CHECK_FALSE(set.none_but(CpuId{70}));
}

TEST_CASE("cpu set: is gone through in the order of the numbers", "[os]") {
    CpuSet set(200);
    for (const auto cpu : {130U, 3U, 199U, 64U}) set.insert(CpuId{cpu});
    set.erase(CpuId{3});
    set.erase(CpuId{5});  // was not there
    std::vector<std::uint32_t> found;
    for (auto cpu = set.next(CpuId{0}); cpu; cpu = set.next(CpuId{found.back() + 1}))
        found.push_back(static_cast<std::uint32_t>(*cpu));
    CHECK(found == std::vector<std::uint32_t>{64, 130, 199});
    CHECK(set.next(CpuId{130}) == CpuId{130});
    CHECK_FALSE(set.next(CpuId{200}));
    for (const auto cpu : {199U, 130U, 64U}) set.erase(CpuId{cpu});
    CHECK(set.empty());
}

}  // namespace interlock::os
