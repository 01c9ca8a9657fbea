#pragma once

// Threads over the C library, stepped by hand.

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "models/os/c_library.hpp"
#include "models/os/operation.hpp"
#include "tests/support/explore.hpp"

namespace interlock::support {

/// Threads that do what they are given, one operation after the other.
class Orders {
public:
    Orders(os::CLibraryState library, std::uint32_t threads)
        : library_(std::move(library)), orders_(threads), outcomes_(threads) {}

    void give(std::uint32_t thread, const os::Operation& operation) {
        orders_[thread].push_back(operation);
    }
    os::Outcome outcome(std::uint32_t thread) const { return outcomes_[thread]; }

    std::uint32_t threads() const { return static_cast<std::uint32_t>(orders_.size()); }
    os::CLibraryState& library() { return library_; }
    os::Operation next(std::uint32_t thread, os::Outcome last) {
        outcomes_[thread] = last;
        if (orders_[thread].empty()) return os::done();
        const auto order = orders_[thread].front();
        orders_[thread].pop_front();
        return order;
    }

private:
    os::CLibraryState library_;
    std::vector<std::deque<os::Operation>> orders_;
    std::vector<os::Outcome> outcomes_;
};

/// Says what the threads ask of the kernel: "run", "wait" (futex_wait that
/// found the word changed), "sleep" (one that did not), "wake".
class Stepper {
public:
    Stepper(os::CLibraryState library, std::uint32_t threads)
        : world_(Orders(std::move(library), threads), 255) {
        for (std::uint32_t thread = 0; thread < threads; ++thread) step(thread);
    }

    os::CLibraryState& library() { return world_.program().library(); }
    bool asleep(std::uint32_t thread) const { return world_.asleep(thread); }
    bool done(std::uint32_t thread) const { return world_.over(thread); }
    bool timed_out(std::uint32_t thread) const {
        return world_.program().outcome(thread) == os::Outcome::timed_out;
    }

    /// The thread begins the operation, and does none of it yet.
    void begin(std::uint32_t thread, const os::Operation& operation) {
        world_.program().give(thread, operation);
        world_.resume(thread);
        step(thread);
    }

    /// One operation of the kernel.
    std::string step(std::uint32_t thread) {
        const auto verb = world_.operation(thread).verb;
        for (const auto move : world_.moves())
            if (move.thread == thread && move.kind == Move::Kind::step) {
                world_.apply(move);
                return name(verb, world_.asleep(thread));
            }
        return "stuck";
    }

    /// Until it sleeps or its operation is over.
    std::string finish(std::uint32_t thread) {
        std::string text;
        while (!done(thread) && !asleep(thread)) {
            const auto word = step(thread);
            if (!word.empty()) text += (text.empty() ? "" : " ") + word;
        }
        return text;
    }

    std::string run(std::uint32_t thread, const os::Operation& operation) {
        begin(thread, operation);
        return finish(thread);
    }

    /// The timer of a sleeper ends.
    void time_out(std::uint32_t thread) {
        world_.apply({.kind = Move::Kind::time_out, .thread = static_cast<std::uint8_t>(thread)});
    }

private:
    static std::string name(os::Verb verb, bool asleep) {
        switch (verb) {
        case os::Verb::run: return "run";
        case os::Verb::futex_wait: return asleep ? "sleep" : "wait";
        case os::Verb::futex_wake: return "wake";
        default: return "";
        }
    }

    World<Orders> world_;
};

}  // namespace interlock::support
