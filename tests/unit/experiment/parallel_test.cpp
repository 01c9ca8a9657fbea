#include "sim/experiment/parallel.hpp"

#include <stdexcept>
#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::experiment {

TEST_CASE("parallel: every index once, on any number of workers", "[experiment]") {
    for (const std::size_t workers : {0U, 1U, 2U, 8U, 200U}) {
        std::vector<int> visits(100, 0);
        for_each_index(visits.size(), workers, [&](std::size_t index) { ++visits[index]; });
        CHECK(visits == std::vector<int>(100, 1));
    }
}

TEST_CASE("parallel: no job, no call", "[experiment]") {
    for_each_index(0, 8, [](std::size_t) { FAIL("there is no job"); });
}

TEST_CASE("parallel: of several failures the lowest index comes out", "[experiment]") {
    for (const std::size_t workers : {1U, 2U, 8U}) {
        const auto job = [](std::size_t index) {
            if (index % 10 == 7) throw std::runtime_error(std::to_string(index));
        };
        CHECK_THROWS_WITH(for_each_index(100, workers, job), "7");
    }
}

TEST_CASE("parallel: a handful of jobs starts no threads", "[experiment]") {
    CHECK(workers_for(1) == 1);
    CHECK(workers_for(4) == 1);
    CHECK(workers_for(100) >= 1);
}

}  // namespace interlock::experiment
