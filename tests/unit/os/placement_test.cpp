// Where woken threads go.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/os/system.hpp"
#include "models/os/utilization.hpp"
#include "models/record/kinds.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

using kernel::Duration;
using kernel::Time;
using namespace std::chrono_literals;

/// Threads that compute and wait in turn, for ever.
class Sleepers final : public Driver {
public:
    struct Habit {
        Duration first_wait;
        Duration work;
        Duration wait;
    };
    explicit Sleepers(std::vector<Habit> habits)
        : habits_(std::move(habits)), turn_(habits_.size()) {}

    Operation next(ThreadId thread, Outcome /*last*/) override {
        const auto number = static_cast<std::size_t>(thread);
        const auto& habit = habits_[number];
        const auto turn = turn_[number]++;
        if (turn == 0) return io(habit.first_wait);
        return turn % 2 == 1 ? run(habit.work) : io(habit.wait);
    }
    void exited(ThreadId /*thread*/) override {}
    Work burst(ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    std::vector<Habit> habits_;
    std::vector<std::uint64_t> turn_;
};

/// How often a thread was queued for a CPU that another ran on while the other one idled.
class Queued final : public kernel::TraceSink {
public:
    explicit Queued(std::uint32_t watched) : watched_(watched) {}

    void take(std::span<const kernel::Record> records) override {
        for (const auto& one : records) {
            if (static_cast<record::Kind>(one.kind) != record::Kind::thread_state) continue;
            const auto state = static_cast<record::State>(one.detail);
            if (state == record::State::cpu_wait) {
                if (one.subject == watched_ && runs_[one.place] >= 0 && runs_[1 - one.place] < 0)
                    ++count;
            } else if (state == record::State::running) {
                runs_[one.place] = one.subject;
            }
            if (state != record::State::running)
                for (auto& runs : runs_)
                    if (runs == one.subject) runs = -1;
        }
    }

    std::size_t count = 0;

private:
    std::uint32_t watched_;
    std::array<std::int64_t, 2> runs_{-1, -1};
};

/// When a CPU first ran a thread from a given time on.
class FirstRun final : public kernel::TraceSink {
public:
    FirstRun(std::uint32_t cpu, Time from) : cpu_(cpu), from_(from) {}

    void take(std::span<const kernel::Record> records) override {
        for (const auto& one : records)
            if (static_cast<record::Kind>(one.kind) == record::Kind::thread_state &&
                static_cast<record::State>(one.detail) == record::State::running &&
                one.place == cpu_ && one.at > from_ && at == Time{})
                at = one.at;
    }

    Time at{};

private:
    std::uint32_t cpu_;
    Time from_;
};

/// Whether the first of three threads, which was on the first of two CPUs as the third
/// is, is queued there when it wakes up while that one runs and the second CPU is idle.
bool stays(std::vector<Sleepers::Habit> habits, double pack_below = 0) {
    hardware::Machine machine;
    machine.cores = 2;
    machine.costs = hardware::no_costs();
    machine.costs.pack_below = pack_below;
    kernel::Simulation simulation;
    Queued queued(0);
    simulation.trace().attach(queued);
    const auto wakes_up = habits[0].first_wait;
    Sleepers sleepers(std::move(habits));
    System system(machine, {}, kernel::Random(1, 0), simulation, sleepers);
    for (int i = 0; i < 3; ++i) system.create(0);
    system.run(Time{wakes_up + 1ms}, ~std::uint64_t{0});
    simulation.trace().flush();
    return queued.count > 0;
}

/// How long a thread last waited for a CPU.
class LastWait final : public kernel::TraceSink {
public:
    explicit LastWait(std::uint32_t watched) : watched_(watched) {}

    void take(std::span<const kernel::Record> records) override {
        for (const auto& one : records) {
            if (static_cast<record::Kind>(one.kind) != record::Kind::thread_state) continue;
            if (one.subject != watched_) continue;
            const auto state = static_cast<record::State>(one.detail);
            if (state == record::State::cpu_wait) since_ = one.at;
            if (state != record::State::running) continue;
            last = {.time = one.at - since_, .cpu = one.place};
        }
    }

    struct Wait {
        Duration time{};
        std::uint32_t cpu = 0;  ///< on which it ran then
    };
    Wait last;

private:
    std::uint32_t watched_;
    Time since_{};
};

/// Of a thread that comes back to a CPU on which another computes, beside an idle one.
LastWait::Wait beside_idle(std::uint32_t sockets) {
    hardware::Machine machine;
    machine.sockets = sockets;
    machine.cores = 4;
    machine.costs = hardware::no_costs();
    Settings settings;
    settings.policy = "sched_batch";  // who wakes preempts nobody
    kernel::Simulation simulation;
    LastWait wait(4);
    simulation.trace().attach(wait);
    // Two compute for ever in the first socket, if there are two; two more keep the others busy
    // until the fifth has begun to wait.
    Sleepers sleepers(
        {{0ms, 10s, 0ms}, {0ms, 10s, 0ms}, {0ms, 9ms, 10s}, {0ms, 9ms, 10s}, {60ms, 1ms, 10s}});
    System system(machine, settings, kernel::Random(1, 0), simulation, sleepers);
    for (std::uint32_t cpu = 0; cpu < 4; ++cpu) system.create(0, {}, {}, Allowed({cpu}));
    system.create(0, {}, ThreadId{0});
    system.run(Time{90ms}, ~std::uint64_t{0});
    simulation.trace().flush();
    return wait.last;
}

TEST_CASE("placement: a woken thread looks for an idle CPU in its socket only", "[os]") {
    const auto near = beside_idle(1);
    CHECK(near.time == 0ms);
    CHECK(near.cpu >= 2);
    // The idle socket pulls it, at the second of its ticks of 4 ms: at the first it looks at its
    // own.
    const auto far = beside_idle(2);
    CHECK(far.time > 0ms);
    CHECK(far.time <= 8ms);
    CHECK(far.cpu >= 2);
}

TEST_CASE("placement: of two CPUs an idle one is looked for below a use of 60 %", "[os]") {
    // 2 (1 - (x / 0.85)^2) is 1 at x = 0.601; used by 0.55 they are below, by 0.65
    // above. Real Linux 6.18 on two CPUs changes between 0.575 and 0.6 likewise.
    // Another computes on the first without a pause; the second is used for some of each ms.
    const auto beside = [](Duration work) {
        return stays({{300ms + 600us, 20us, 1s}, {1us, work, 1ms - work}, {1us, 10s, 1s}});
    };
    CHECK_FALSE(beside(100us));
    CHECK(beside(300us));
}

TEST_CASE("placement: a kernel that packs its CPUs leaves woken threads on a busy one", "[os]") {
    // Another uses the first for some of each ms; nobody uses the second.
    const auto with = [](Duration work, double pack_below) {
        return stays({{300ms + 50us, 20us, 1s}, {10s, 1us, 10s}, {1ms, work, 1ms - work}},
                     pack_below);
    };
    CHECK(with(500us, 0.6));
    CHECK_FALSE(with(700us, 0.6));
    CHECK_FALSE(with(500us, 0));
}

/// When the second CPU takes one of two threads that compute on the first, ms after
/// its own has ended; of 200 machines, in order.
std::vector<double> pulled_after(double new_idle_pull, Duration idle_balance) {
    std::vector<double> found;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        hardware::Machine machine;
        machine.cores = 2;
        machine.costs = hardware::no_costs();
        machine.costs.new_idle_pull = new_idle_pull;
        machine.costs.idle_balance = idle_balance;
        kernel::Simulation simulation;
        FirstRun first(1, Time{20ms});
        simulation.trace().attach(first);
        Sleepers sleepers({{1us, 10s, 1s}, {1us, 20ms, 10s}, {2us, 10s, 1s}});
        System system(machine, {}, kernel::Random(1, seed), simulation, sleepers);
        for (int i = 0; i < 3; ++i) system.create(0);
        system.run(Time{200ms}, ~std::uint64_t{0});
        simulation.trace().flush();
        found.push_back(static_cast<double>((first.at - Time{20'001us}).count()) / 1e6);
    }
    std::sort(found.begin(), found.end());
    return found;
}

TEST_CASE("placement: a CPU that goes idle takes what waits at once, or at a later tick", "[os]") {
    const auto at_once = [](const std::vector<double>& waits) {
        return static_cast<double>(std::count(waits.begin(), waits.end(), 0));
    };
    // All, but for the one in eight whose candidate ran in the last 0.5 of the 4 ms
    // between two switches: 175 of 200, four standard deviations of 4.7.
    CHECK(at_once(pulled_after(1, 0ms)) == Approx(175).margin(19));
    const auto later = pulled_after(0, 12ms);
    CHECK(later.front() > 0);
    CHECK(later.back() <= 24 + 4);  // to twice the mean, and then to the next tick of 4 ms
    // Evenly up to 24 ms, and half a tick: 14 +- 4 standard errors of 24 / sqrt(12 x 200).
    CHECK(later[100] == Approx(14).margin(3.5));
    // 0.3 x 175; four standard deviations of 6.2.
    CHECK(at_once(pulled_after(0.3, 12ms)) == Approx(52.5).margin(25));
}

TEST_CASE("utilization: an average that goes half of the way in 32 ms", "[os]") {
    Utilization use;
    Decay decay;
    CHECK(use.at(Time{1s}) == 0);
    use.set(Time{1s}, true, decay);
    CHECK(use.at(Time{1s + 32ms}) == Approx(0.5));
    CHECK(use.at(Time{1s + 64ms}) == Approx(0.75));
    use.add(Time{1s + 64ms}, -0.25);  // a thread leaves, and takes its share along
    CHECK(use.at(Time{1s + 96ms}) == Approx(0.75));
    use.set(Time{1s + 96ms}, false, decay);
    CHECK(use.at(Time{1s + 128ms}) == Approx(0.375));
}

/// Its first thread rests for a second, computes for `busy`, then starts four that compute, 2 ms
/// apart.
class Parent final : public Driver {
public:
    explicit Parent(Duration busy) : busy_(busy) {}

    System* system = nullptr;

    Operation next(ThreadId thread, Outcome /*last*/) override {
        if (thread != ThreadId{0}) return run(1s);
        const auto turn = turn_++;
        if (turn == 0) return io(1s);
        if (turn == 1) return run(busy_);
        if (turn > 5) return io(1s);
        system->create(0, {}, thread);
        return run(2ms);
    }
    void exited(ThreadId /*thread*/) override {}
    Work burst(ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    Duration busy_;
    int turn_ = 0;
};

/// For each of the four whether it was queued for its parent's CPU ("own") or the other.
class Started final : public kernel::TraceSink {
public:
    void take(std::span<const kernel::Record> records) override {
        for (const auto& one : records) {
            if (static_cast<record::Kind>(one.kind) != record::Kind::thread_state) continue;
            const auto state = static_cast<record::State>(one.detail);
            if (one.subject == 0 && state == record::State::running) parent_ = one.place;
            if (one.subject == known_ + 1 && state == record::State::cpu_wait) {
                ++known_;
                where += one.place == parent_ ? "own " : "other ";
            }
        }
    }

    std::string where;

private:
    std::uint32_t known_ = 0;
    std::uint32_t parent_ = 0;
};

std::string started_after(Duration busy, double pack_below = 0) {
    hardware::Machine machine;
    machine.cores = 2;
    machine.costs = hardware::no_costs();
    machine.costs.pack_below = pack_below;
    kernel::Simulation simulation;
    Started started;
    simulation.trace().attach(started);
    Parent parent(busy);
    System system(machine, {}, kernel::Random(1, 1), simulation, parent);
    parent.system = &system;
    system.create(0);
    system.run(Time{1s + busy + 20ms}, ~std::uint64_t{0});
    simulation.trace().flush();
    return started.where;
}

// Both as seen on Linux 6.18, forks 2 ms apart by a process that had slept.
TEST_CASE("placement: new threads go to the CPU of the less busy kind", "[os]") {
    // 25 of 25 times: the parent's CPU is fully busy, used by 1 - 2^(-200 / 32) = 0.99. The
    // idle one is expected to be used by 1 / 2 after the first, 1 / 2 + 1 / 4 after the
    // second, and above 1 / 1.17 = 0.855, overloaded, only after the third.
    CHECK(started_after(200ms) == "other other other own ");
    // 23 of 25 times: the parent's, used by 1 - 2^(-82 / 32) = 0.83, has spare capacity; with
    // half of the rest for the second thread, 0.91, it is overloaded.
    CHECK(started_after(80ms) == "other own other other ");
}

// As seen on a Linux 6.18 that packs virtual CPUs below a use of 0.63, forks 2 ms apart. Left
// out below that: the fourth, which went to the other CPU there, and to the parent's here.
TEST_CASE("placement: a kernel that packs its CPUs starts threads on their parent's", "[os]") {
    // 13 of 15 times: used by 1 - 2^(-20 / 32) = 0.35, and by half of the rest for the first.
    CHECK(started_after(20ms, 0.63).starts_with("own other own "));
    // 12 of 15 times: used by 1 - 2^(-40 / 32) = 0.58.
    CHECK(started_after(40ms, 0.63).starts_with("own other own "));
    // 15 of 15 times: used by more than 0.63, as if it did not pack.
    CHECK(started_after(200ms, 0.63) == "other other other own ");
}

/// The second thread computes for long. The first starts it, goes on for 30 us, sleeps for `rest`.
class Resting final : public Driver {
public:
    explicit Resting(Duration rest) : rest_(rest) {}

    System* system = nullptr;

    Operation next(ThreadId thread, Outcome /*last*/) override {
        if (thread != ThreadId{0}) return run(1s);
        const auto turn = turn_++;
        if (turn == 0) return run(1us);
        if (turn == 2) return io(rest_);
        if (turn == 1) system->create(0, {}, thread);
        return run(30us);
    }
    void exited(ThreadId /*thread*/) override {}
    Work burst(ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

private:
    Duration rest_;
    int turn_ = 0;
};

/// Whether the first of two threads on one CPU has it right after its sleep.
bool runs_at_once_after(Duration rest) {
    hardware::Machine machine;
    machine.cores = 1;
    machine.costs = hardware::no_costs();
    kernel::Simulation simulation;
    FirstRun first(0, Time{31us + rest - 1ns});
    simulation.trace().attach(first);
    Resting driver(rest);
    System system(machine, {}, kernel::Random(1, 1), simulation, driver);
    driver.system = &system;
    system.create(0);
    system.run(Time{500us}, ~std::uint64_t{0});
    simulation.trace().flush();
    return first.at == Time{31us + rest};
}

// A new thread of Python that tells its parent, who sleeps: seen on Linux 6.18 in its trace of
// switches, the parent takes the CPU when the child has run for longer than it went on itself.
TEST_CASE("wake: who still owed when it slept is judged by what was accounted", "[os]") {
    // The child runs from 31 us on and was placed at the parent's time, 0. The parent has run for
    // 30 us more. At its wake nothing of the child's run is accounted: it still owes, and is not
    // placed anew. Then it is: of 30 us and `rest` the less one is eligible.
    CHECK(runs_at_once_after(40us));
    CHECK_FALSE(runs_at_once_after(20us));
}

}  // namespace
}  // namespace interlock::os
