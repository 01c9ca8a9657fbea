#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "models/os/c_library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/explore.hpp"
#include "tests/support/stepper.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t a = 0;
constexpr std::uint32_t b = 1;
constexpr std::uint32_t c = 2;

struct Fixture {
    CLibraryState library{CLibrary::glibc_2_25, 20ns};
    MutexId mutex = library.add_mutex();
    support::Stepper step{library, 3};
};

TEST_CASE("mutex: without contention it never enters the kernel", "[os]") {
    Fixture f;
    CHECK(f.step.run(a, lock(f.mutex)) == "run");
    CHECK(f.step.run(a, unlock(f.mutex)) == "run");
}

TEST_CASE("mutex: who finds it locked says so and sleeps, and the unlock wakes one", "[os]") {
    Fixture f;
    f.step.run(a, lock(f.mutex));
    CHECK(f.step.run(b, lock(f.mutex)) == "run run sleep");
    CHECK(f.step.run(c, lock(f.mutex)) == "run sleep");  // somebody has said so already
    CHECK(f.step.run(a, unlock(f.mutex)) == "run wake");
    CHECK(f.step.finish(b) == "run");
    CHECK(f.step.done(b));
    CHECK(f.step.asleep(c));
    // b took it as contended, so c is not forgotten.
    CHECK(f.step.run(b, unlock(f.mutex)) == "run wake");
    CHECK(f.step.finish(c) == "run");
    CHECK(f.step.done(c));
}

TEST_CASE("mutex: a woken waiter has no right to it", "[os]") {
    Fixture f;
    f.step.run(a, lock(f.mutex));
    f.step.run(b, lock(f.mutex));
    f.step.run(a, unlock(f.mutex));  // b is runnable now
    CHECK(f.step.run(c, lock(f.mutex)) == "run");
    CHECK(f.step.finish(b) == "run sleep");
}

TEST_CASE("mutex: an unlock on the way to sleep is noticed", "[os]") {
    Fixture f;
    f.step.run(a, lock(f.mutex));
    f.step.begin(b, lock(f.mutex));
    f.step.step(b);  // looks
    f.step.step(b);  // says that it waits
    CHECK(f.step.run(a, unlock(f.mutex)) == "run wake");
    CHECK(f.step.finish(b) == "wait run");
    CHECK(f.step.done(b));
}

TEST_CASE("mutex: an atomic operation that costs nothing takes effect at once", "[os]") {
    CLibraryState library(CLibrary::glibc_2_25, 0ns);
    const auto mutex = library.add_mutex();
    auto call = library.begin(lock(mutex), {});
    CHECK(library.next(call, Outcome::done, {}).verb == Verb::done);
    call = library.begin(unlock(mutex), {});
    CHECK(library.next(call, Outcome::done, {}).verb == Verb::done);
}

/// Each thread locks, is inside for a while, and unlocks, a few times.
struct Visitors {
    struct Visitor {
        enum class At : std::uint8_t { outside, locked, leaving };
        At at = At::outside;
        std::uint8_t visits = 0;
    };

    Visitors(std::uint32_t count, std::uint8_t visits_each)
        : visitors(count, Visitor{.visits = visits_each}) {}

    std::uint32_t threads() const { return static_cast<std::uint32_t>(visitors.size()); }
    CLibraryState& library() { return c_library; }

    Operation next(std::uint32_t thread, Outcome /*last*/) {
        auto& me = visitors[thread];
        switch (me.at) {
        case Visitor::At::outside:
            if (me.visits == 0) return done();
            me.at = Visitor::At::locked;
            return lock(mutex);
        case Visitor::At::locked:
            ++inside;
            me.at = Visitor::At::leaving;
            return run(1ns);
        case Visitor::At::leaving: break;
        }
        --inside;
        --me.visits;
        me.at = Visitor::At::outside;
        return unlock(mutex);
    }

    std::string broken(bool /*ended*/) const { return inside > 1 ? "two are inside:" : ""; }

    void append_to(support::Key& key) const {
        c_library.append_to(key);
        key.push_back(inside);
        for (const auto& visitor : visitors)
            key.insert(key.end(), {static_cast<std::uint64_t>(visitor.at), visitor.visits});
    }

    CLibraryState c_library{CLibrary::glibc_2_25, 1ns};
    MutexId mutex = c_library.add_mutex();
    std::vector<Visitor> visitors;
    std::uint64_t inside = 0;
};

TEST_CASE("mutex: in every order one thread is inside, and all get in", "[os][exhaustive]") {
    SECTION("two threads, three times each") {
        const auto all = support::explore(Visitors(2, 3));
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= 500);  // 514 when this was written
    }
    SECTION("three threads, twice each") {
        const auto all = support::explore(Visitors(3, 2));
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= 6'000);  // 6093
    }
}

}  // namespace
}  // namespace interlock::os
