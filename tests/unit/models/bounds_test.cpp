#include <chrono>
#include <limits>

#include "models/bounds.hpp"
#include "tests/support/catch.hpp"

namespace interlock::models {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;
using workload::Amount;
using workload::Step;

Amount amount(Duration time) { return Amount::of(time.count()); }

Step compute(Duration time) { return {.kind = workload::Compute{amount(time)}}; }
Step nogil(Duration time) { return {.kind = workload::Nogil{amount(time)}}; }
Step native(Duration time) { return {.kind = workload::Native{amount(time)}}; }
Step io(Duration time) { return {.kind = workload::Io{.time = amount(time)}}; }

/// Programs and tasks of the same number; a machine of so many full-speed cores.
struct Builder {
    explicit Builder(StrategyKind kind, std::uint32_t workers = 1, std::uint32_t cores = 4) {
        question.strategy.kind = kind;
        question.strategy.workers = workers;
        question.machine.cores = cores;
        question.runtime.lock = "cpython-3.2";
    }

    workload::Task& task(std::vector<Step> steps, std::uint32_t count = 1) {
        auto& work = question.workload;
        work.programs.push_back({.name = "p", .steps = std::move(steps)});
        workload::Task task;
        task.name = "t" + std::to_string(work.tasks.size());
        task.program = workload::ProgramId{static_cast<std::uint32_t>(work.programs.size() - 1)};
        task.count = count;
        work.tasks.push_back(task);
        return work.tasks.back();
    }

    Duration lower() const {
        return bounds(question, workload::instances(question.workload, 1, 0), 1, 0).makespan_lower;
    }

    Case question;
};

workload::After after(std::uint32_t task, bool each = false) {
    return {.task = workload::TaskId{task}, .each = each};
}

TEST_CASE("bounds: one after the other, everything adds up", "[models]") {
    Builder build(StrategyKind::serial);
    build.task({compute(2ms), io(5ms), nogil(3ms), native(1ms)}, 3);
    CHECK(build.lower() == 33ms);
}

TEST_CASE("bounds: threads share the lock, and gain on what does not need it", "[models]") {
    // A fifth under the lock, as in Amdahl's law: 4 tasks of 2 + 8 ms are 40 ms of
    // work; the lock alone takes 8 ms, four cores take 10 ms, and so does a task.
    Builder build(StrategyKind::threads, 4);
    build.task({compute(2ms), nogil(8ms)}, 4);
    CHECK(build.lower() == 10ms);
    SECTION("on two cores the work is the bound") {
        build.question.machine.cores = 2;
        CHECK(build.lower() == 20ms);
    }
    SECTION("two workers use two cores of the four") {
        build.question.strategy.workers = 2;
        CHECK(build.lower() == 20ms);
    }
    SECTION("with more of it under the lock, the lock is") {
        build.task({compute(10ms)}, 4);
        CHECK(build.lower() == 48ms);
    }
    SECTION("a process has a lock of its own") {
        build.task({compute(10ms)}, 4);
        build.question.strategy.kind = StrategyKind::processes;
        CHECK(build.lower() == 20ms);
    }
    SECTION("an interpreter may have none") {
        build.task({compute(10ms)}, 4);
        build.question.runtime.lock = "none";
        CHECK(build.lower() == 20ms);
    }
}

TEST_CASE("bounds: without main, the makespan begins with the first arrival", "[models]") {
    Builder direct(StrategyKind::direct);
    direct.task({compute(2ms)}).arrival.time = 10ms;
    direct.task({compute(2ms)}).arrival.time = 15ms;
    CHECK(direct.lower() == 7ms);
    Builder threads(StrategyKind::threads, 2);
    threads.task({compute(2ms)}).arrival.time = 10ms;
    CHECK(threads.lower() == 12ms);
}

TEST_CASE("bounds: no more runs at once than there are threads, in `direct` all of them",
          "[models]") {
    Builder build(StrategyKind::direct);
    build.question.runtime.lock = "none";
    build.task({compute(10ms)}, 8);
    CHECK(build.lower() == 20ms);
}

TEST_CASE("bounds: a diamond takes as long as its longer side", "[models]") {
    //            side, 2 x 4 ms
    //   top 1 ms               bottom 2 ms
    //            other, 7 ms of io
    Builder build(StrategyKind::processes, 8, 8);
    build.task({compute(1ms)});
    build.task({compute(4ms)}, 2).after = {after(0)};
    build.task({io(7ms)}).after = {after(0)};
    build.task({compute(2ms)}).after = {after(1), after(2)};
    CHECK(build.lower() == 10ms);
}

TEST_CASE("bounds: a chain of instances waits for its own numbers only", "[models]") {
    // Instances arrive at 0, 10, 20 ms and take 4 ms; each is followed by one of 3 ms.
    Builder build(StrategyKind::processes, 8, 8);
    auto& first = build.task({compute(4ms)}, 3);
    first.arrival.kind = workload::Arrival::Kind::every;
    first.arrival.time = 10ms;
    build.task({compute(3ms)}, 3).after = {after(0, true)};
    CHECK(build.lower() == 27ms);
    SECTION("one that waits for all begins at 24 ms") {
        build.task({compute(5ms)}).after = {after(0)};
        CHECK(build.lower() == 29ms);
    }
}

TEST_CASE("bounds: what the run does not wait for does not count", "[models]") {
    Builder build(StrategyKind::serial);
    build.task({compute(1s)}).background = true;
    build.task({compute(3ms)});
    CHECK(build.lower() == 3ms);
}

TEST_CASE("bounds: a faster interpreter shortens bytecode, not C code", "[models]") {
    Builder build(StrategyKind::serial);
    build.task({compute(10ms), native(4ms)});
    build.question.runtime.speed.ppm = 2'000'000;
    CHECK(build.lower() == 9ms);
}

TEST_CASE("bounds: siblings of slow and fast cores add what they yield", "[models]") {
    // Cores of 1 and 0.5; two threads on one yield 1.24 of it: 1 + 0.5 + 0.24 + 0.12.
    Builder build(StrategyKind::processes, 1, 2);
    build.question.machine.threads_per_core = 2;
    build.question.machine.smt_speed.ppm = 620'000;
    build.question.machine.speed = {{1'000'000}, {500'000}};
    build.task({compute(1860ms)}, 1);
    build.task({compute(1ms)}, 1860);
    const auto with = [&](std::uint32_t workers) {
        build.question.strategy.workers = workers;
        return kernel::seconds(build.lower());
    };
    CHECK(with(1) == Approx(3.72));
    CHECK(with(2) == Approx(3.72 / 1.5));
    CHECK(with(3) == Approx(3.72 / 1.74));
    CHECK(with(4) == Approx(2.0));
    CHECK(with(64) == Approx(2.0));
}

TEST_CASE("bounds: siblings that only hinder each other add nothing", "[models]") {
    Builder build(StrategyKind::processes, 2, 1);
    build.question.machine.threads_per_core = 2;
    build.question.machine.smt_speed.ppm = 400'000;
    build.task({compute(5ms)}, 2);
    CHECK(build.lower() == 10ms);
}

TEST_CASE("bounds: rounds are counted where they are known", "[models]") {
    Builder build(StrategyKind::serial);
    build.task({{.kind = workload::Repeat{.count = 10, .steps = {compute(1ms), io(2ms)}}},
                {.kind = workload::Each{.queue = {}, .steps = {compute(1s)}}},
                compute(5ms)});
    CHECK(build.lower() == 35ms);
}

TEST_CASE("bounds: what is drawn is what the run will draw", "[models]") {
    Builder build(StrategyKind::serial);
    Amount drawn;
    drawn.shape = workload::Shape::exponential;
    drawn.mean = 1e6;
    const Step step{.kind = workload::Compute{drawn}, .place = 1};
    const Step repeat{.kind = workload::Repeat{.count = 3, .steps = {step}}, .place = 0};
    build.task({repeat}, 2);
    std::int64_t sum = 0;
    for (std::uint32_t instance = 0; instance < 2; ++instance)
        for (std::uint32_t visit = 0; visit < 3; ++visit)
            sum += draw(drawn, {.seed = 1, .instance = instance, .place = 1, .visit = visit});
    CHECK(build.lower() == Duration{sum});
}

TEST_CASE("bounds: of branches the one that will be taken", "[models]") {
    Builder build(StrategyKind::serial);
    const workload::Choose choose{
        {{.weight = 1, .steps = {compute(1ms)}}, {.weight = 1, .steps = {compute(100ms)}}}};
    build.task({{.kind = choose, .place = 4}}, 20);
    Duration sum{};
    for (std::uint32_t i = 0; i < 20; ++i)
        sum += workload::draw_uniform({.seed = 1, .instance = i, .place = 4}) < 0.5 ? 1ms : 100ms;
    CHECK(build.lower() == sum);
}

TEST_CASE("bounds: spawned threads work beside the one that spawns them", "[models]") {
    Builder build(StrategyKind::serial);
    build.question.workload.programs.push_back(
        {.name = "child", .steps = {compute(3ms), nogil(4ms)}});
    build.task({{.kind = workload::Spawn{.program = {}, .count = 2}}, compute(1ms)});
    CHECK(build.lower() == 7ms);  // under the lock 2 x 3 + 1, and a child alone 3 + 4
    build.question.machine.cores = 1;
    CHECK(build.lower() == 15ms);
}

TEST_CASE("bounds: endless work is a long time, found quickly", "[models]") {
    Builder build(StrategyKind::serial);
    constexpr auto many = std::numeric_limits<std::uint32_t>::max();
    Step step = compute(std::chrono::hours(1'000'000));
    SECTION("all the same") {
        for (int depth = 0; depth < 8; ++depth)
            step = {.kind = workload::Repeat{.count = many, .steps = {step}}};
    }
    SECTION("drawn") {
        std::get<workload::Compute>(step.kind).time.shape = workload::Shape::exponential;
        for (int depth = 0; depth < 3; ++depth)
            step = {.kind = workload::Repeat{.count = many, .steps = {step}}};
    }
    build.task({step}, 3);
    CHECK(build.lower() >= std::chrono::hours(24 * 365 * 70));
}

}  // namespace
}  // namespace interlock::models
