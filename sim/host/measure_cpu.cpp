// CPUs: how they slow each other, and what operations on shared memory cost.

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/host/clocks.hpp"
#include "sim/host/measure_parts.hpp"

namespace interlock::host {

namespace {

constexpr int batches = 31;

/// As an interpreter works: a program of small operations, chosen one by one.
std::uint64_t interpret(std::uint64_t rounds) {
    constexpr std::array<std::uint8_t, 8> program{0, 1, 2, 3, 1, 0, 3, 2};
    volatile std::uint64_t left = rounds;  // as the interpreter's own counter, in memory
    std::uint64_t x = 1;
    for (std::size_t i = 0; left != 0; left = left - 1, i = (i + 1) % program.size()) {
        switch (program[i]) {
        case 0: x += left; break;
        case 1: x ^= x << 7U; break;
        case 2: x = x * 3 + 1; break;
        default: x ^= x >> 9U;
        }
    }
    return x;
}

/// Several chains that do not wait for each other.
std::uint64_t wide(std::uint64_t rounds) {
    std::array<std::uint64_t, 6> x{1, 2, 3, 4, 5, 6};
    for (; rounds > 0; --rounds)
        for (auto& one : x) one = (one ^ (one << 13U)) + rounds;
    std::uint64_t sum = 0;
    for (const auto one : x) sum += one;
    return sum;
}

using Kernel = std::uint64_t (*)(std::uint64_t);

/// Rounds a nanosecond of CPU time.
double rate(Kernel kernel, std::uint64_t rounds) {
    static std::atomic<std::uint64_t> sink{0};
    const auto before = thread_cpu_ns();
    sink.fetch_add(kernel(rounds), std::memory_order_relaxed);
    return static_cast<double>(rounds) / (thread_cpu_ns() - before);
}

/// Spins on a CPU while it is told to.
class Neighbour {
public:
    Neighbour(std::uint32_t cpu, Kernel kernel)
        : thread_([this, cpu, kernel](const std::stop_token& stop) {
              const Pinned pinned(cpu);
              while (!stop.stop_requested()) {
                  if (busy_.load(std::memory_order_relaxed))
                      rate(kernel, 20'000);
                  else
                      usleep(100);
              }
          }) {}
    void be_busy(bool busy) {
        busy_ = busy;
        usleep(1'000);
    }

private:
    std::atomic<bool> busy_{false};
    std::jthread thread_;
};

/// Speed of the first CPU while the second is busy, as a share of its speed alone.
Figure beside(const Measurements& it, Kernel kernel, const std::string& name) {
    const Pinned pinned(it.cpus[0]);
    Neighbour neighbour(it.cpus[1], kernel);
    constexpr std::uint64_t rounds = 1'000'000;
    constexpr int turns = 250;  // spread over a second: a hypervisor moves CPUs about
    std::vector<double> ratios;
    for (int i = 0; i < turns; ++i) {
        it.rest();
        neighbour.be_busy(false);
        const auto alone = rate(kernel, rounds);
        neighbour.be_busy(true);
        ratios.push_back(rate(kernel, rounds) / alone);
    }
    return figure(name, "ratio", ratios,
                  "CPU-time speed beside a busy CPU against alone right before, " +
                      std::to_string(turns) + " times");
}

/// Threads that pass a turn to each other through one cache line, both awake.
/// On CPUs that others keep busy a turn takes a time slice: then it gives up early.
Figure line_transfer(std::uint32_t first, std::uint32_t second) {
    constexpr int samples_wanted = 300;
    constexpr int trips = 200;
    constexpr double patience_ns = 2e9;
    std::vector<double> samples;
    std::atomic<int> turn{0};
    const std::jthread other([&](const std::stop_token& stop) {
        const Pinned pinned(second);
        for (int mine = 1; !stop.stop_requested(); mine += 2) {
            while (turn.load(std::memory_order_acquire) != mine)
                if (stop.stop_requested()) return;
            turn.store(mine + 1, std::memory_order_release);
        }
    });
    const Pinned pinned(first);
    const auto start = wall_ns();
    int now = 0;
    while (samples.size() < samples_wanted && wall_ns() - start < patience_ns) {
        const auto begin = wall_ns();
        for (int i = 0; i < trips; ++i, now += 2) {
            turn.store(now + 1, std::memory_order_release);
            while (turn.load(std::memory_order_acquire) != now + 2) {
            }
        }
        samples.push_back((wall_ns() - begin) / (2 * trips));
    }
    return figure("line_transfer", "ns", samples,
                  "half a round trip of a cache line between two spinning CPUs");
}

Figure per_call(const std::string& name, const std::string& how,
                const std::function<void()>& call) {
    constexpr int calls = 5'000;
    std::vector<double> samples;
    for (int batch = 0; batch < batches; ++batch) {
        const auto before = thread_cpu_ns();
        for (int i = 0; i < calls; ++i) call();
        samples.push_back((thread_cpu_ns() - before) / calls);
    }
    return figure(name, "ns", samples, how);
}

}  // namespace

void measure_cpus(Measurements& it) {
    if (it.cpus.size() >= 2) {
        it.add(beside(it, interpret, "speed_beside"));
        it.add(beside(it, wide, "speed_beside_wide"));
        it.add(line_transfer(it.cpus[0], it.cpus[1]));
    }
    std::mutex mutex;
    auto operation = per_call("user_operation", "half of an uncontended lock and unlock", [&] {
        mutex.lock();
        mutex.unlock();
    });
    operation.value /= 2;
    it.add(operation);
    it.add(per_call("clock_read", "reading the monotonic clock", [] { wall_ns(); }));
    std::uint32_t nobody = 0;
    it.add(per_call("syscall", "waking nobody", [&] {
        syscall(SYS_futex, &nobody, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }));
}

}  // namespace interlock::host
