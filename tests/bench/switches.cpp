// 64 CPU-bound threads on 4 CPUs that take turns: the os with its policy, the
// ledger's books and the fingerprint, against a bare std::priority_queue that
// does the same loop: take the CPU whose quantum ends first, put its thread at
// the end of a queue, let the next one run.
//
//   switches [seconds]   prints switches/s of all and their ratios

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "models/os/system.hpp"
#include "models/record/ledger.hpp"
#include "sim/kernel/fingerprint.hpp"
#include "tests/bench/best_of.hpp"

namespace {

using namespace interlock;
using kernel::Duration;

constexpr std::uint32_t threads = 64;
constexpr std::uint32_t cpus = 4;

/// Threads that never do anything but compute.
class Spinners final : public os::Driver {
public:
    os::Operation next(os::ThreadId /*thread*/, os::Outcome /*last*/) override {
        return os::run(std::chrono::hours(24 * 365));
    }
    void exited(os::ThreadId /*thread*/) override {}
    os::Work burst(os::ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}
};

std::uint64_t switches_of_system(const std::string& policy, std::uint32_t hz, Duration time) {
    hardware::Machine machine;
    machine.cores = cpus;
    os::Settings settings;
    settings.policy = policy;
    settings.parameters.quantum = std::chrono::milliseconds(1);
    settings.hz = hz;
    kernel::Simulation simulation;
    kernel::Fingerprint fingerprint;
    record::Ledger ledger({.cpus = cpus, .instances = 0, .queues = 0, .objects = 0, .marks = 0},
                          kernel::Time{});
    simulation.trace().attach(fingerprint);
    simulation.trace().attach(ledger);
    Spinners spinners;
    os::System system(machine, settings, kernel::Random(1, 0), simulation, spinners);
    for (std::uint32_t i = 0; i < threads; ++i) system.create(0);
    system.run(kernel::Time{time}, ~std::uint64_t{0});
    simulation.trace().flush();
    const auto books = ledger.close(system.now());
    std::uint64_t sum = 0;
    for (const auto& cpu : books.cpus) sum += cpu.switches;
    return sum;
}

struct Entry {
    std::int64_t at;
    std::uint32_t cpu;
    std::uint32_t thread;
    friend bool operator>(const Entry& a, const Entry& b) { return a.at > b.at; }
};

std::uint64_t switches_of_bare(std::int64_t quantum, Duration time) {
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ends;
    std::deque<std::uint32_t> waiting;
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < threads; ++i) waiting.push_back(i);
    for (std::uint32_t i = 0; i < cpus; ++i) {
        ends.push({quantum, i, waiting.front()});
        waiting.pop_front();
    }
    while (ends.top().at <= time.count()) {
        auto entry = ends.top();
        ends.pop();
        waiting.push_back(entry.thread);
        entry.thread = waiting.front();
        waiting.pop_front();
        entry.at += quantum;
        ends.push(entry);
        ++sum;
    }
    return sum;
}

void compare(const std::string& policy, std::uint32_t hz, Duration quantum, Duration time) {
    std::uint64_t bare = 0;
    std::uint64_t ours = 0;
    const auto [bare_s, ours_s] = bench::best_of(
        5, [&] { bare = switches_of_bare(quantum.count(), time); },
        [&] { ours = switches_of_system(policy, hz, time); });
    const auto bare_rate = static_cast<double>(bare) / bare_s;
    const auto our_rate = static_cast<double>(ours) / ours_s;
    fmt::print("{:12}  bare {:6.2f} M switches/s  os {:6.2f} M switches/s  ratio {:.2f}\n", policy,
               bare_rate / 1e6, our_rate / 1e6, our_rate / bare_rate);
}

}  // namespace

int main(int argc, char** argv) {
    const std::chrono::seconds time(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1000);
    compare("round_robin", 0, std::chrono::milliseconds(1), time);
    compare("eevdf", 1000, std::chrono::milliseconds(3), time);
    return 0;
}
