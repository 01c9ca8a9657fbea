#include <chrono>
#include <cstdint>
#include <vector>

#include "models/workload/program.hpp"
#include "tests/support/catch.hpp"

namespace interlock::workload {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<kernel::Time>;

kernel::Time at(kernel::Duration since_start) { return kernel::Time{since_start}; }

Workload one(Task task) {
    Workload workload;
    workload.programs.push_back({"work", {}});
    workload.tasks.push_back(std::move(task));
    return workload;
}

Times arrivals(const Workload& workload, std::uint64_t seed = 1, std::uint32_t replication = 0) {
    Times times;
    for (const auto& instance : instances(workload, seed, replication))
        times.push_back(instance.arrival);
    return times;
}

Task task(std::optional<std::uint32_t> count, Arrival arrival,
          std::optional<kernel::Duration> duration = std::nullopt) {
    Task task;
    task.name = "request";
    task.count = count;
    task.arrival = arrival;
    task.duration = duration;
    return task;
}

constexpr Arrival every_5ms{.kind = Arrival::Kind::every, .time = 5ms};
constexpr Arrival poisson_200{.kind = Arrival::Kind::poisson, .rate_per_second = 200};

bool random_step(StepKind step) {
    auto workload = one(task(1, {}));
    workload.programs[0].steps.push_back({std::move(step)});
    return random(workload);
}

const Amount drawn{.shape = Shape::exponential, .mean = 1e6};
const Amount fixed = Amount::of(1'000'000);

}  // namespace

TEST_CASE("instances: a task has one, or as many as it says, all at its time", "[workload]") {
    CHECK(arrivals(one(task({}, {}))) == Times{at(0ms)});
    CHECK(arrivals(one(task(3, {.time = 2ms}))) == Times{at(2ms), at(2ms), at(2ms)});
    CHECK(arrivals(one(task(0, {}))).empty());
}

TEST_CASE("instances: gaps begin at 0 and go on for a count or a time", "[workload]") {
    CHECK(arrivals(one(task(3, every_5ms))) == Times{at(0ms), at(5ms), at(10ms)});
    CHECK(arrivals(one(task({}, every_5ms, 11ms))) == Times{at(0ms), at(5ms), at(10ms)});
    CHECK(arrivals(one(task({}, every_5ms, 10ms))) == Times{at(0ms), at(5ms)});
    CHECK(arrivals(one(task(2, every_5ms, 11ms))) == Times{at(0ms), at(5ms)});
}

TEST_CASE("instances: poisson arrivals come at their rate, in order", "[workload]") {
    const auto times = arrivals(one(task({}, poisson_200, 100s)));
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(times.front() > at(0ms));
    CHECK(times.back() < at(100s));
    // 20 000 expected, with a standard deviation of 141.
    CHECK(static_cast<double>(times.size()) == Approx(20'000).margin(566));
}

TEST_CASE("instances: a longer time adds arrivals and moves none", "[workload]") {
    const auto few = arrivals(one(task({}, poisson_200, 1s)));
    const auto many = arrivals(one(task({}, poisson_200, 2s)));
    REQUIRE(few.size() < many.size());
    CHECK(std::equal(few.begin(), few.end(), many.begin()));
    CHECK(arrivals(one(task(5, poisson_200)), 1, 0) != arrivals(one(task(5, poisson_200)), 1, 1));
    CHECK(arrivals(one(task(5, poisson_200)), 1, 0) != arrivals(one(task(5, poisson_200)), 2, 0));
}

TEST_CASE("instances: a rate of once in a thousand years does not run over", "[workload]") {
    const auto times =
        arrivals(one(task(100, {.kind = Arrival::Kind::poisson, .rate_per_second = 3e-11})));
    CHECK(times.size() == 100);
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(times.front() > at(0ms));
}

TEST_CASE("instances: the tasks follow one another as in the file", "[workload]") {
    auto workload = one(task(2, {.time = 9ms}));
    workload.tasks.push_back(task(1, {}));
    const auto all = instances(workload, 1, 0);
    REQUIRE(all.size() == 3);
    CHECK(all[1].task == TaskId{0});
    CHECK(all[1].number == 1);
    CHECK(all[2].task == TaskId{1});
    CHECK(all[2].number == 0);
}

TEST_CASE("instances: a name has a number where there may be several", "[workload]") {
    const auto name = [](const Task& task, std::uint32_t number) {
        return instance_name(one(task), {TaskId{0}, number, {}});
    };
    CHECK(name(task({}, {}), 0) == "request");
    CHECK(name(task(1, {}), 0) == "request");
    CHECK(name(task(3, {}), 2) == "request 3");
    CHECK(name(task({}, every_5ms, 1s), 0) == "request 1");
}

TEST_CASE("instances: a workload is random if anything is drawn", "[workload]") {
    CHECK_FALSE(random(one(task(3, every_5ms))));
    CHECK(random(one(task(3, poisson_200))));
    CHECK_FALSE(random_step(Compute{fixed}));
    CHECK_FALSE(random_step(Sleep{{.shape = Shape::trace, .values = {1, 2}}}));
    CHECK_FALSE(random_step(Yield{}));
    CHECK(random_step(Compute{drawn}));
    CHECK(random_step(Io{drawn}));
    CHECK(random_step(Put{QueueId{}, drawn, {}}));
    CHECK(random_step(Touch{BlockId{}, drawn}));
    CHECK_FALSE(random_step(Touch{BlockId{}, {}}));
    CHECK(random_step(Repeat{3, {{Nogil{drawn}}}}));
    CHECK(random_step(Each{QueueId{}, {{Native{drawn}}}}));
    CHECK(random_step(Choose{{{1, {}}, {1, {}}}}));
    CHECK_FALSE(random_step(Choose{{{1, {{Compute{fixed}}}}}}));
    auto workload = one(task(1, {}));
    workload.tasks[0].bytes_in = Payload{drawn};
    CHECK(random(workload));
}

}  // namespace interlock::workload
