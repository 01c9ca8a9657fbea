// The lock of objects without an interpreter lock, and what shared counts cost.

#include "models/interpreter/parking_lock.hpp"

#include <chrono>
#include <string>

#include "models/os/c_library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::interpreter {
namespace {

using namespace std::chrono_literals;

constexpr os::ThreadId a{0};
constexpr os::ThreadId b{1};

/// Two threads, stepped by hand; the time is what the test says.
class Stepper {
public:
    explicit Stepper(std::uint32_t spins) : lock_({.spins = spins}, library_) {
        lock_.add_thread(a, library_);
        lock_.add_thread(b, library_);
    }
    /// Until the thread has the lock (true) or sleeps; `yields` counts.
    bool take(LockCall& call, os::ThreadId thread, kernel::Duration now) {
        call = {.kind = LockCall::Kind::take, .thread = thread};
        return go_on(call, now);
    }
    bool go_on(LockCall& call, kernel::Duration now) {
        for (;;) {
            call.now = kernel::Time{now};
            const auto verb = lock_.next(call, os::Outcome::done).operation.verb;
            if (verb == os::Verb::done) return true;
            if (verb == os::Verb::semaphore_wait) return false;
            if (verb == os::Verb::yield) ++yields;
        }
    }
    void drop(os::ThreadId thread, kernel::Duration now) {
        LockCall call{.kind = LockCall::Kind::drop, .thread = thread};
        go_on(call, now);
    }
    bool held() const { return lock_.held(); }
    int yields = 0;

private:
    os::CLibraryState library_{os::CLibrary::glibc_2_25, 0ns};
    ParkingLock lock_;
};

TEST_CASE("parking lock: who waits spins 40 times, then parks", "[locks]") {
    Stepper step(40);
    LockCall first;
    LockCall second;
    CHECK(step.take(first, a, 0us));
    CHECK_FALSE(step.take(second, b, 1us));
    CHECK(step.yields == 40);
}

TEST_CASE("parking lock: within a millisecond others barge in, then it is handed over", "[locks]") {
    Stepper step(0);
    LockCall first;
    LockCall second;
    REQUIRE(step.take(first, a, 0us));
    REQUIRE_FALSE(step.take(second, b, 0us));
    step.drop(a, 999us);
    CHECK_FALSE(step.held());
    CHECK(step.take(first, a, 999us));         // before b has run
    CHECK_FALSE(step.go_on(second, 1'000us));  // it parks again: it has waited since 0
    step.drop(a, 1'001us);
    CHECK(step.held());  // by b, which sleeps still
    CHECK(step.go_on(second, 1'010us));
}

std::string readers(const std::string& sharing, const std::string& machine) {
    return R"(
name: t
machine: )" +
           machine +
           R"(
interpreter: {preset: cpython-3.14t, thread_start: 0s, thread_join: 0s, task_dispatch: 0s}
programs: {read: [{repeat: 5000, steps: [{read: value}]}]}
tasks: [{name: t, program: read, count: 4}]
objects: {value: {shared: )" +
           sharing + R"(}}
strategies: [{direct: {}}]
)";
}

// 20 000 accesses of 30 ns, on four CPUs at once: 150 us. The line of the count goes
// from CPU to CPU, in 50 ns each time, so with it they take 20 000 x 50 ns.
TEST_CASE("free-threaded: a shared count makes threads take turns", "[interpreter]") {
    const std::string four = "{cores: 4, threads_per_core: 1, costs: none}";
    const auto counted = support::run(readers("counted", four)).front();
    CHECK_THAT(kernel::seconds(*counted.makespan), Catch::Matchers::WithinRel(1e-3, 0.01));
    const auto sharing = GENERATE("immortal", "deferred");
    const auto free = support::run(readers(sharing, four)).front();
    CHECK(*free.makespan == 150us);
}

TEST_CASE("free-threaded: on one CPU a shared count costs nothing", "[interpreter]") {
    const auto one =
        support::run(readers("counted", "{cores: 1, threads_per_core: 1, costs: none}")).front();
    CHECK(*one.makespan == 600us);
}

// Two threads hold a lock for 100 us at a time, with nothing between: handed over, each
// has its turn within 1.1 ms; a semaphore goes to who has just released it.
TEST_CASE("free-threaded: a contended lock is handed over after a millisecond", "[interpreter]") {
    const auto run = [](const std::string& interpreter) {
        return support::run(R"(
name: t
machine: {cores: 2, threads_per_core: 1, costs: {wake_idle_short: 50us, wake_idle_long: 50us}}
interpreter: )" + interpreter +
                            R"(
programs: {hold: [{repeat: 100, steps: [{mark: asked}, {acquire: l}, {mark: got}, {compute: 100us}, {release: l}]}]}
tasks: [{name: t, program: hold, count: 2}]
strategies: [{direct: {}}]
)")
            .front();
    };
    const auto longest = [](const models::Result& result) {
        for (const auto& mark : result.marks)
            if (mark.from == "asked") return mark.latency.max();
        FAIL("there are marks");
        return std::int64_t{0};
    };
    CHECK(longest(run("{preset: cpython-3.14t}")) < 1'300'000);
    CHECK(longest(run("{preset: cpython-3.14t, parking_locks: false}")) > 5'000'000);
}

}  // namespace
}  // namespace interlock::interpreter
