// Work of others on the machine: threads that each compute and sleep in turn, for as long as the
// program runs. They take CPUs, caches' speed and a quota from it, and nothing else: they have no
// interpreter, no memory and no devices, and no figure of the threads of the program counts them.
//
//   idle                sleep, compute, and again
//   every               compute, sleep for the rest of the period since the end of the last
//                       sleep, and again; one that is late begins the next at once, and from then
//   neither             compute for ever

#include <fmt/format.h>

#include "models/interpreter/engine.hpp"
#include "models/os/weights.hpp"

namespace interlock::interpreter {

void Engine::add_load(const os::OtherLoad& load) {
    Script script;
    const auto add = [&script](Act act, const workload::Amount& amount, workload::Since since) {
        script.push_back({.act = act,
                          .object = static_cast<std::uint32_t>(since),
                          .place = static_cast<std::uint32_t>(script.size()),
                          .amount = &amount,
                          .timeout = {}});
    };
    if (load.idle) add(Act::sleep, *load.idle, workload::Since::now);
    add(Act::native, load.busy, workload::Since::now);
    if (load.every) add(Act::sleep, *load.every, workload::Since::last);
    script.push_back({.act = Act::go_round, .timeout = {}});
    const auto number = scripts_.add(std::move(script));
    os::Facts how;
    how.weight = os::weight_of_nice(load.nice);
    for (std::uint32_t i = 0; i < load.count; ++i) {
        const ProcessId home{static_cast<std::uint32_t>(processes_.size())};
        auto name = load.count == 1 ? load.name : fmt::format("{} {}", load.name, i + 1);
        auto& process = processes_.emplace_back();
        process.name = name;
        process.objects.resize(workload_.objects.size());
        process.world = add_world();
        // Not those of any instance of a task: they are counted from 0.
        const auto draws_as = ~static_cast<std::uint32_t>(agents_.size());
        const auto id =
            make_agent({}, std::move(name), home, number, {.other = true, .draws_as = draws_as},
                       how, os::Allowed(load.affinity));
        worlds_[process.world].main = id;
        agent(id).background = true;
    }
}

Engine::Step Engine::go_round() {
    const auto waits_for_ever = [this](std::uint32_t thread) {
        return agents_[thread].other || system_.waits_for_ever(os::ThreadId{thread});
    };
    std::uint32_t thread = 0;
    while (thread < agents_.size() && waits_for_ever(thread)) ++thread;
    if (thread < agents_.size() || system_.awaits_events()) return jump();
    stalled_ = true;
    system_.stop();
    return jump();
}

}  // namespace interlock::interpreter
