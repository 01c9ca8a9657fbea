// Who holds which lock of the program, followed through its steps.
//
//   state of a lock    free, held, or perhaps (held on some ways only)
//   acquire            -> held (to take a lock twice is a deadlock, which is a
//                         result of the run and no mistake of the file)
//   release            of a lock that is not held on every way is refused; -> free
//   choose             where the branches differ: perhaps
//   repeat, each       the body again from what it left, until that no longer
//                      changes; each may be none at all
//   end of program     a lock that is surely held is refused
//
// Left out, on purpose: which branch is ever taken, locks handed between
// threads. A lock that is only perhaps held at the end is let through.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sim/config/checks.hpp"
#include "sim/config/suggest.hpp"

namespace interlock::config {

namespace {

using namespace workload;

enum class Held : std::uint8_t { free, held, perhaps };

struct LockState {
    Held held = Held::free;
    std::uint32_t taken_at = 0;  ///< the step that took it last
};

/// Only locks that were ever touched are in it.
using States = std::map<LockId, LockState>;

class LockFollower {
public:
    LockFollower(const Workload& work, const std::vector<Place>& places)
        : work_(&work), places_(&places) {}

    void check(const Program& program) {
        States states;
        follow(program.steps, states);
        if (budget_ == 0) return;
        for (const auto& [lock, state] : states)
            if (state.held == Held::held)
                refuse((*places_)[state.taken_at], "acquire: the lock '" + name(lock) +
                                                       "' is still held at the end of '" +
                                                       program.name + "'; expected a release");
    }

private:
    const std::string& name(LockId lock) const {
        return work_->locks[static_cast<std::size_t>(lock)];
    }

    void follow(const std::vector<Step>& steps, States& states) {
        for (const auto& step : steps) {
            if (!pay(1)) return;
            if (const auto* acquire = std::get_if<Acquire>(&step.kind))
                states[acquire->lock] = {Held::held, step.place};
            if (const auto* release = std::get_if<Release>(&step.kind))
                give_back(release->lock, step.place, states);
            if (const auto* repeat = std::get_if<Repeat>(&step.kind)) {
                follow_again(repeat->steps, repeat->count > 1, states);
            }
            if (const auto* each = std::get_if<Each>(&step.kind)) {
                if (!pay(states.size())) return;
                const auto before = states;
                follow_again(each->steps, true, states);
                join(states, before);
            }
            if (const auto* choose = std::get_if<Choose>(&step.kind)) branch(*choose, states);
        }
    }

    void give_back(LockId lock, std::uint32_t place, States& states) const {
        const auto state = states.find(lock);
        if (state == states.end() || state->second.held == Held::free)
            refuse((*places_)[place], "release: the thread does not hold the lock '" + name(lock) +
                                          "' here; " + expected(lock, states));
        if (state->second.held == Held::perhaps)
            refuse((*places_)[place], "release: the thread holds the lock '" + name(lock) +
                                          "' here on some ways only; expected an acquire on each");
        state->second.held = Held::free;
    }

    /// An acquire, or the name of a lock that is held.
    std::string expected(LockId lock, const States& states) const {
        std::vector<std::string> held;
        for (const auto& [other, state] : states)
            if (state.held == Held::held) held.push_back(name(other));
        const auto meant = nearest(name(lock), held);
        return meant ? "did you mean '" + *meant + "'?" : "expected an acquire before it";
    }

    /// Twice is enough: what a body does to a lock is what it does last.
    void follow_again(const std::vector<Step>& steps, bool again, States& states) {
        if (!pay(states.size())) return;
        const auto before = states;
        follow(steps, states);
        if (again && !same(before, states)) follow(steps, states);
    }

    void branch(const Choose& choose, States& states) {
        States joined;
        bool first = true;
        for (const auto& branch : choose.branches) {
            if (!pay(states.size())) return;
            auto after = states;
            follow(branch.steps, after);
            if (first)
                joined = std::move(after);
            else
                join(joined, after);
            first = false;
        }
        states = std::move(joined);
    }

    static bool same(const States& a, const States& b) {
        return a.size() == b.size() &&
               std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
                   return x.first == y.first && x.second.held == y.second.held;
               });
    }

    static void join(States& into, const States& other) {
        for (auto& [lock, state] : into) {
            const auto there = other.find(lock);
            const auto held = there == other.end() ? Held::free : there->second.held;
            if (held != state.held) state.held = Held::perhaps;
        }
        for (const auto& [lock, state] : other)
            if (into.find(lock) == into.end() && state.held != Held::free)
                into[lock] = {Held::perhaps, state.taken_at};
    }

    /// Loops in loops may double the work each; past the budget the answer is
    /// that nothing was found.
    bool pay(std::size_t work) {
        budget_ -= std::min(budget_, work);
        return budget_ > 0;
    }

    const Workload* work_;
    const std::vector<Place>* places_;
    std::size_t budget_ = 2'000'000;
};

}  // namespace

void check_locks(const Workload& work, const std::vector<Place>& places) {
    LockFollower follower(work, places);
    for (const auto& program : work.programs) follower.check(program);
}

}  // namespace interlock::config
