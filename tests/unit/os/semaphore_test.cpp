#include <chrono>
#include <cstdint>
#include <optional>
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
    explicit Fixture(std::uint32_t value) : semaphore(library.add_semaphore(value)) {}

    CLibraryState library{CLibrary::glibc_2_25, 20ns};
    SemaphoreId semaphore;
    support::Stepper step{library, 3};
};

TEST_CASE("semaphore: a value that is there is taken without the kernel", "[os]") {
    Fixture f(1);
    CHECK(f.step.run(a, wait(f.semaphore)) == "run");
    CHECK(f.step.library().value(f.semaphore) == 0);
    CHECK(f.step.run(b, wait(f.semaphore)) == "run sleep");
}

TEST_CASE("semaphore: a post enters the kernel only if somebody waits", "[os]") {
    Fixture f(0);
    CHECK(f.step.run(a, post(f.semaphore)) == "run");
    CHECK(f.step.run(b, wait(f.semaphore)) == "run");
    f.step.run(b, wait(f.semaphore));
    CHECK(f.step.run(a, post(f.semaphore)) == "run wake");
    CHECK(f.step.finish(b) == "run");
    CHECK(f.step.done(b));
}

TEST_CASE("semaphore: who comes by takes the value before the woken waiter", "[os]") {
    Fixture f(0);
    f.step.run(a, wait(f.semaphore));
    f.step.run(b, post(f.semaphore));
    CHECK(f.step.run(c, wait(f.semaphore)) == "run");
    CHECK(f.step.finish(a) == "run sleep");
}

TEST_CASE("semaphore: a wait that times out leaves nothing behind", "[os]") {
    Fixture f(0);
    f.step.run(a, wait(f.semaphore, 5ms));
    f.step.time_out(a);
    CHECK(f.step.finish(a) == "run");
    CHECK(f.step.timed_out(a));
    CHECK(f.step.run(b, post(f.semaphore)) == "run");
    CHECK(f.step.library().value(f.semaphore) == 1);
}

TEST_CASE("semaphore: a wait of no time tries once", "[os]") {
    Fixture f(1);
    CHECK(f.step.run(a, wait(f.semaphore, 0ms)) == "run");
    CHECK_FALSE(f.step.timed_out(a));
    CHECK(f.step.run(a, wait(f.semaphore, 0ms)) == "run run");
    CHECK(f.step.timed_out(a));
}

TEST_CASE("semaphore: it can be tried and posted from outside", "[os]") {
    CLibraryState library(CLibrary::glibc_2_25, 20ns);
    const auto semaphore = library.add_semaphore(1);
    CHECK(library.try_wait(semaphore));
    CHECK_FALSE(library.try_wait(semaphore));
    CHECK_FALSE(library.post_from_outside(semaphore).has_value());
    CHECK(library.value(semaphore) == 1);

    library.try_wait(semaphore);
    auto call = library.begin(wait(semaphore), {});
    CHECK(library.next(call, Outcome::done, {}).verb == Verb::run);
    const auto sleep = library.next(call, Outcome::done, {});
    REQUIRE(sleep.verb == Verb::futex_wait);
    const auto word = library.post_from_outside(semaphore);
    REQUIRE(word.has_value());
    CHECK(static_cast<std::uint32_t>(*word) == sleep.object);
}

/// One thread posts; the others wait, with a deadline or without, once each.
struct Takers {
    Takers(std::uint32_t takers, std::uint8_t posted, std::optional<kernel::Duration> deadline)
        : timeout(deadline), begun(takers + 1), left(posted), posts(posted) {}

    std::uint32_t threads() const { return static_cast<std::uint32_t>(begun.size()); }
    CLibraryState& library() { return c_library; }

    Operation next(std::uint32_t thread, Outcome last) {
        if (thread == 0) {
            if (left == 0) return done();
            --left;
            return post(semaphore);
        }
        if (begun[thread] == 0) {
            begun[thread] = 1;
            return wait(semaphore, timeout);
        }
        taken += last == Outcome::timed_out ? 0 : 1;
        return done();
    }

    std::string broken(bool ended) const {
        if (ended && c_library.value(semaphore) + taken != posts) return "a post was lost:";
        return "";
    }

    void append_to(support::Key& key) const {
        c_library.append_to(key);
        key.insert(key.end(), {left, taken});
        key.insert(key.end(), begun.begin(), begun.end());
    }

    CLibraryState c_library{CLibrary::glibc_2_25, 1ns};
    SemaphoreId semaphore = c_library.add_semaphore(0);
    std::optional<kernel::Duration> timeout;
    std::vector<std::uint8_t> begun;
    std::uint64_t left;
    std::uint64_t posts;
    std::uint64_t taken = 0;
};

TEST_CASE("semaphore: in every order no post is lost", "[os][exhaustive]") {
    SECTION("two waits, two posts") {
        const auto all = support::explore(Takers(2, 2, {}));
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= 200);  // 209 when this was written
    }
    SECTION("three waits, three posts") {
        const auto all = support::explore(Takers(3, 3, {}));
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= 2'000);  // 2089
    }
    SECTION("two waits of which each may time out, two posts") {
        const auto all = support::explore(Takers(2, 2, 5ms), 1);
        CAPTURE(all.broken);
        CHECK(all.broken.empty());
        CHECK(all.all_can_end);
        CHECK(all.states >= 450);  // 473
    }
}

}  // namespace
}  // namespace interlock::os
