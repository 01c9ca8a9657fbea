// CPU-bound threads that take turns, 64 on 4 CPUs and 10 000 on 256: the os with
// its policy, the ledger's books and the fingerprint, against a bare
// std::priority_queue that does the same loop: take the CPU whose quantum ends
// first, put its thread at the end of a queue, let the next one run. Then the
// same threads with a sleep after every 3 ms, which no bare loop does.
//
//   switches [seconds]   of 4 CPUs; prints switches/s of all and their ratios

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

struct Size {
    std::uint32_t threads;
    std::uint32_t cpus;
};

struct Scheduling {
    std::string policy;
    std::uint32_t hz;
    os::Queues queues = os::Queues::per_cpu;
};

/// Threads that compute, and sleep in between if they do so at all.
class Spinners final : public os::Driver {
public:
    Spinners(std::uint32_t threads, Duration sleep) : sleep_(sleep), computed_(threads) {}
    os::Operation next(os::ThreadId thread, os::Outcome /*last*/) override {
        if (sleep_ == Duration::zero()) return os::run(std::chrono::hours(24 * 365));
        const auto i = os::index(thread);
        computed_[i] = !computed_[i];
        if (computed_[i]) ++bursts_;
        return computed_[i] ? os::run(std::chrono::milliseconds(3)) : os::sleep(sleep_);
    }
    void exited(os::ThreadId /*thread*/) override {}
    os::Work burst(os::ThreadId /*thread*/) override { return {}; }
    void happens(std::uint32_t /*subject*/) override {}

    std::uint64_t bursts() const { return bursts_; }

private:
    Duration sleep_;
    std::uint64_t bursts_ = 0;
    std::vector<bool> computed_;
};

/// Switches, or of threads that sleep their bursts.
std::uint64_t switches_of_system(const Scheduling& how, Size size, Duration sleep, Duration time) {
    const auto [threads, cpus] = size;
    hardware::Machine machine;
    machine.cores = cpus;
    os::Settings settings;
    settings.policy = how.policy;
    settings.parameters.quantum = std::chrono::milliseconds(1);
    settings.hz = how.hz;
    settings.queues = how.queues;
    kernel::Simulation simulation;
    kernel::Fingerprint fingerprint;
    record::Ledger ledger({.cpus = cpus, .instances = 0, .queues = 0, .objects = 0, .marks = 0},
                          kernel::Time{});
    simulation.trace().attach(fingerprint);
    simulation.trace().attach(ledger);
    Spinners spinners(threads, sleep);
    os::System system(machine, settings, kernel::Random(1, 0), simulation, spinners);
    for (std::uint32_t i = 0; i < threads; ++i) system.create(0);
    system.run(kernel::Time{time}, ~std::uint64_t{0});
    simulation.trace().flush();
    if (sleep != Duration::zero()) return spinners.bursts();
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

std::uint64_t switches_of_bare(std::int64_t quantum, Size size, Duration time) {
    const auto [threads, cpus] = size;
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

void compare(const Scheduling& how, Size size, Duration quantum, Duration time) {
    std::uint64_t bare = 0;
    std::uint64_t ours = 0;
    const auto [bare_s, ours_s] = bench::best_of(
        5, [&] { bare = switches_of_bare(quantum.count(), size, time); },
        [&] { ours = switches_of_system(how, size, {}, time); });
    const auto bare_rate = static_cast<double>(bare) / bare_s;
    const auto our_rate = static_cast<double>(ours) / ours_s;
    fmt::print("{:6} threads {:3} CPUs  {:12} {:5} Hz  bare {:6.2f} M switches/s  "
               "os {:6.2f} M switches/s  ratio {:.2f}\n",
               size.threads, size.cpus, how.policy, how.hz, bare_rate / 1e6, our_rate / 1e6,
               our_rate / bare_rate);
}

void sleepers(const Scheduling& how, Size size, Duration sleep, Duration time) {
    std::uint64_t ours = 0;
    const auto run = [&] { ours = switches_of_system(how, size, sleep, time); };
    const auto seconds = bench::best_of(2, run, run).first;
    fmt::print("{:6} threads {:3} CPUs  {:12} {:5} Hz  sleeping {:3} ms  os {:6.2f} M bursts/s\n",
               size.threads, size.cpus, how.policy, how.hz, sleep.count() / 1'000'000,
               static_cast<double>(ours) / seconds / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    using std::chrono::milliseconds;
    const std::chrono::seconds time(argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1000);
    constexpr Size small{64, 4};
    constexpr Size large{10'000, 256};
    // As many switches on all CPUs together.
    const auto of_large = time * small.cpus / large.cpus;
    const Scheduling round_robin{"round_robin", 0, os::Queues::global};
    const Scheduling eevdf{"eevdf", 1000};
    compare(round_robin, small, milliseconds(1), time);
    compare(eevdf, small, milliseconds(3), time);
    compare(round_robin, large, milliseconds(1), of_large);
    compare(eevdf, large, milliseconds(3), of_large);
    sleepers(round_robin, large, milliseconds(100), of_large);
    for (const auto sleep : {10, 100}) sleepers(eevdf, large, milliseconds(sleep), of_large);
    sleepers(eevdf, {100, 256}, milliseconds(3), of_large);
    return 0;
}
