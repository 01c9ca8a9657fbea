#include "sim/host/plan.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::host {
namespace {

using nlohmann::json;

json plan(const std::string& text, std::uint32_t replication = 0) {
    const auto scenario = support::scenario(text);
    return plan_of(scenario.cases.at(0), scenario.seed, replication);
}

const std::string bare = "machine: {cores: 1, costs: none}\ninterpreter: none\n";

TEST_CASE("plan: says the steps, the tasks and the strategy", "[host]") {
    const auto it = plan(bare + R"(
programs:
  work: [{acquire: m}, {repeat: 3, steps: [{compute: 2ms}]}, {release: m}, {io: 4ms, calls: 2}]
tasks:
  - {name: a, program: work, count: 2, arrive: 5ms}
  - {name: b, program: work, after: a}
strategies: [{processes: 4, start: spawn, chunksize: 2}]
)");
    CHECK(it["plan"] == 1);
    CHECK(it["strategy"] == json::parse(R"({"kind": "processes", "workers": 4, "pool": false,
        "ready": false, "chunksize": 2, "start": "spawn", "in_each": 1, "event_loops": false,
        "mn_threads": false})"));
    CHECK(it["locks"] == 1);
    const auto& steps = it["programs"][0];
    CHECK(steps[0]["do"] == "acquire");
    CHECK(steps[1]["count"] == 3);
    CHECK(steps[1]["steps"][0]["ns"] == 2'000'000);
    CHECK(steps[3]["calls"] == 2);
    REQUIRE(it["instances"].size() == 3);
    CHECK(it["instances"][1]["arrival_ns"] == 5'000'000);
    CHECK(it["instances"][1]["draws"].empty());
    CHECK(it["tasks"][1]["after"] == json::parse(R"([{"task": 0, "each": false}])"));
}

TEST_CASE("plan: another interpreter's bytecode takes another time", "[host]") {
    const auto scenario = support::scenario(R"(
machine: {cores: 1, costs: none}
interpreter: {preset: cpython-3.11, speed: 1.0}
programs: {work: [{compute: 2ms}, {nogil: 2ms}]}
tasks: [{program: work}]
strategies: [serial, {serial: {}, interpreter: {preset: cpython-3.11, speed: 0.5}, name: slow}]
)");
    const auto slow = plan_of(scenario.cases.at(1), 1, 0);
    CHECK(slow["programs"][0][0]["ns"] == 4'000'000);
    CHECK(slow["programs"][0][1]["ns"] == 2'000'000);
}

/// Of an instance, all its threads together.
std::int64_t sum(const json& draws, const std::string& place) {
    std::int64_t all = 0;
    for (const auto& thread : draws.at(place))
        for (const auto& value : thread) all += value.get<std::int64_t>();
    return all;
}

TEST_CASE("plan: the draws are those of the simulation", "[host]") {
    // All that is drawn is CPU work, and nothing else costs any.
    const std::string text = bare + R"(
programs:
  work:
    - {repeat: 5, steps: [{compute: {exponential: 2ms}}]}
    - {spawn: child, count: 3}
    - join
  child: [{compute: {uniform: [1ms, 3ms]}}]
tasks: [{program: work, count: 4}]
strategies: [{direct: {}}]
)";
    for (const std::uint32_t replication : {0U, 1U}) {
        const auto it = plan(text, replication);
        std::int64_t all = 0;
        for (const auto& instance : it["instances"])
            for (const auto& [place, draws] : instance["draws"].items())
                all += sum(instance["draws"], place);
        const auto results = support::run(support::scenario(text), replication);
        CHECK(results.at(0).totals.running.count() == all);
    }
}

TEST_CASE("plan: a consumer may have to draw for every item", "[host]") {
    const auto it = plan(bare + R"(
programs:
  maker: [{repeat: 6, steps: [{put: jobs}]}]
  eater: [{each: jobs, steps: [{compute: {exponential: 1ms}}]}]
tasks: [{program: maker, count: 2}, {program: eater}]
strategies: [{direct: {}}]
)");
    CHECK(it["queues"][0]["producers"] == 2);
    const auto& draws = it["instances"][2]["draws"];
    REQUIRE(draws.size() == 1);
    CHECK(draws.front()[0].size() == 12);
}

TEST_CASE("plan: choices are made", "[host]") {
    const auto it = plan(bare + R"(
programs:
  work: [{repeat: 50, steps: [{choose: [{weight: 1, steps: [yield]}, {weight: 0, steps: [join]}]}]}]
tasks: [{program: work}]
strategies: [serial]
)");
    const auto& draws = it["instances"][0]["draws"];
    REQUIRE(draws.size() == 1);
    CHECK(draws.front()[0] == json(std::vector<int>(50, 0)));
}

TEST_CASE("plan: what cannot be handed over is refused", "[host]") {
    CHECK_THROWS_AS(plan(bare + R"(
programs: {work: [{repeat: 2000000, steps: [{compute: {exponential: 1us}}]}]}
tasks: [{program: work}]
strategies: [serial]
)"),
                    Unplannable);
}

}  // namespace
}  // namespace interlock::host
