// What only the whole document shows: who forks whom, who meets at a barrier, who holds what.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/config/values.hpp"
#include "sim/exchange/rt_app_document.hpp"

namespace interlock::exchange {

namespace {

using config::Node;
using config::refuse;

void check_threads(const Node& tasks, const Document& document) {
    if (document.threads.empty()) config::refuse_expected(tasks, "at least one thread");
    if (std::none_of(document.threads.begin(), document.threads.end(),
                     [](const Thread& thread) { return thread.instances > 0; }))
        refuse(tasks.place, "tasks: expected a thread that is not only forked");
}

void check_scheduling(const Thread& by, const Thread& forked, const Fork& fork) {
    const auto fields = [](const Thread& thread) {
        return thread.phases.front().scheduling.fields();
    };
    if (by.splits() || forked.splits() || fields(by) != fields(forked))
        refuse(fork.place, "fork: a spawned thread is scheduled like the one that spawns it, "
                           "and these two are not");
}

void check_fork(const Thread& by, const Fork& fork, Document& document) {
    const auto& threads = document.threads;
    const auto forked = std::find_if(threads.begin(), threads.end(), [&](const Thread& other) {
        return other.name == fork.thread;
    });
    if (forked == threads.end())
        refuse(fork.place, fmt::format("fork: there is no thread '{}'", fork.thread));
    if (by.endless() || forked->endless())
        refuse(fork.place, "fork: a scenario waits for the threads that it spawns; expected "
                           "no loop without end, here or there");
    check_scheduling(by, *forked, fork);
    if (forked->delay > 0)
        refuse(fork.place, fmt::format("fork: a scenario spawns threads without delay, and '{}' "
                                       "has one",
                                       fork.thread));
    if (forked->timer)
        document.notes.add(fork.place, fmt::format("fork: the timer of '{}' counts from its begin "
                                                   "here, there from the begin of all",
                                                   fork.thread));
}

/// Nobody but forked threads: rt-app waits for one fewer than none.
void check_barriers(const Document& document) {
    for (const auto& [name, barrier] : document.barriers)
        if (barrier.parties == 0)
            refuse(barrier.place, fmt::format("barrier: '{}' lets nobody through: rt-app counts "
                                              "who uses it, but not threads that are forked",
                                              name));
}

/// Follows the mutexes of a thread through its phases; a loop twice shows what more rounds do.
class Holder {
public:
    explicit Holder(const Thread& thread) : thread_(thread), splits_(thread.splits()) {}

    void check() {
        for (auto left = rounds(thread_.loop); left > 0; --left)
            for (const auto& phase : thread_.phases) {
                for (auto again = rounds(phase.loop); again > 0; --again) follow(phase);
                if (splits_) check_end();
            }
        check_end();
    }

private:
    static int rounds(std::int64_t loop) { return loop == 1 ? 1 : 2; }

    void follow(const Phase& phase) {
        for (const auto& use : phase.locks) {
            const bool holds = held_.contains(use.mutex);
            if (use.in_wait && splits_ && !holds)
                refuse(use.place, fmt::format("mutex: phases that differ in cpus or scheduling are "
                                              "threads of their own, and this one does not hold "
                                              "'{}'",
                                              use.mutex));
            if (use.in_wait) continue;
            if (use.takes)
                held_.emplace(use.mutex, use.place);
            else if (held_.erase(use.mutex) == 0)
                refuse(use.place,
                       fmt::format("unlock: the thread does not hold '{}' here", use.mutex));
        }
    }

    void check_end() const {
        if (held_.empty()) return;
        const auto& [mutex, place] = *held_.begin();
        if (splits_)
            refuse(place, fmt::format("lock: phases that differ in cpus or scheduling are threads "
                                      "of their own, and '{}' is still held at the end of one",
                                      mutex));
        refuse(place, fmt::format("lock: '{}' is still held at the end of the thread; expected an "
                                  "unlock",
                                  mutex));
    }

    const Thread& thread_;
    bool splits_;
    std::map<std::string, config::Place> held_;
};

}  // namespace

void check_document(const Node& tasks, Document& document) {
    check_threads(tasks, document);
    for (const auto& thread : document.threads) {
        Holder(thread).check();
        for (const auto& fork : thread.forks) check_fork(thread, fork, document);
    }
    check_barriers(document);
}

}  // namespace interlock::exchange
