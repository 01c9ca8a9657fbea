#include "models/workload/uses.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::workload {
namespace {

Workload workload_of(const std::string& text) {
    return support::scenario("machine: {cores: 1}\ninterpreter: none\n" + text +
                             "strategies: [serial]\n")
        .cases.at(0)
        .workload;
}

TEST_CASE("uses: a program puts what those put that it spawns", "[workload]") {
    const auto work = workload_of(R"(
programs:
  child: [{put: b}]
  parent: [{repeat: 2, steps: [{put: a}]}, {spawn: child}, join]
  reader: [{each: a, steps: [yield]}, {each: b, steps: [yield]}]
tasks: [{program: parent, count: 2}, {program: child}, {program: reader}]
)");
    REQUIRE(work.queues.at(0).name == "b");  // in the order of being named
    CHECK(producers(work, instances(work, 1, 0)) == std::vector<std::uint32_t>{3, 2});
}

TEST_CASE("uses: those meet at a barrier who use it, or as many as told", "[workload]") {
    const auto work = workload_of(R"(
barriers: {told: {parties: 2}}
programs:
  a: [{choose: [{steps: [{barrier: all}]}, {steps: [yield]}]}]
  b: [{barrier: all}, {barrier: told}]
  c: [yield]
tasks: [{program: a, count: 3}, {program: b}, {program: c}]
)");
    const auto counts = parties(work, instances(work, 1, 0));
    for (std::size_t i = 0; i < counts.size(); ++i)
        CHECK(counts[i] == (work.barriers[i].name == "told" ? 2 : 4));
}

TEST_CASE("uses: a number of [0, 1) chooses a branch by its share", "[workload]") {
    const auto shares = upper_shares({{.weight = 3, .steps = {}}, {.weight = 1, .steps = {}}});
    CHECK(shares == std::vector<double>{0.75, 1});
    CHECK(chosen(shares, 0) == 0);
    CHECK(chosen(shares, 0.749) == 0);
    CHECK(chosen(shares, 0.75) == 1);
    CHECK(chosen(shares, 0.999) == 1);
}

}  // namespace
}  // namespace interlock::workload
