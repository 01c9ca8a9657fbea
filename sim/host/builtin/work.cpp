#include "sim/host/builtin/work.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/host/clocks.hpp"
#include "sim/stats/median.hpp"

namespace interlock::host::builtin {

namespace {

using nlohmann::json;

/// Where results go, so that the work is not left out.
void keep(std::uint64_t value) {
    static std::atomic<std::uint64_t> sink{0};
    sink.store(value, std::memory_order_relaxed);
}

using Work = void (*)(std::uint64_t);

/// With a check point that never finds anything.
void compute_alone(std::uint64_t rounds) {
    static std::atomic<bool> never{false};
    compute(rounds, [] {
        if (never.load(std::memory_order_relaxed)) keep(1);
    });
}

struct Kind {
    const char* name;
    Work work;
};

constexpr std::array kinds{Kind{"compute", compute_alone}, Kind{"native", native},
                           Kind{"nogil", nogil}};

/// The median of pieces of about 4 ms.
double rate_of(Work work, double seconds) {
    constexpr double piece_ns = 4e6;
    const auto spent = [&](std::uint64_t rounds) {
        const auto before = thread_cpu_ns();
        work(rounds);
        return thread_cpu_ns() - before;
    };
    std::uint64_t rounds = 10'000;
    auto took = spent(rounds);
    while (took < piece_ns / 4) {
        rounds *= 2;
        took = spent(rounds);
    }
    rounds = static_cast<std::uint64_t>(static_cast<double>(rounds) * piece_ns / took);
    std::vector<double> found;
    const auto end = wall_ns() + seconds * 1e9;
    do found.push_back(static_cast<double>(rounds) / spent(rounds) * 1e9);
    while (wall_ns() < end);
    return stats::median(found);
}

void find_kinds(const json& steps, std::map<std::string, bool>& found) {
    for (const auto& step : steps) {
        found[step.at("do").get<std::string>()] = true;
        if (step.contains("steps")) find_kinds(step.at("steps"), found);
        if (step.contains("branches"))
            for (const auto& branch : step.at("branches")) find_kinds(branch, found);
    }
}

}  // namespace

void piece(std::uint64_t rounds) {
    // From memory: not the same for all calls, as far as the compiler knows.
    static std::atomic<std::uint64_t> seed{1};
    std::uint64_t x = seed.load(std::memory_order_relaxed);
    for (; rounds > 0; --rounds) x = (x ^ (x << 7U)) * 3 + rounds;
    keep(x);
}

void native(std::uint64_t rounds) { piece(rounds); }

void nogil(std::uint64_t rounds) {
    std::array<std::uint64_t, 4> x{1, 2, 3, 4};
    for (; rounds > 0; --rounds)
        for (auto& one : x) one = (one ^ (one << 13U)) + rounds;
    keep(x[0] + x[1] + x[2] + x[3]);
}

Rates rates_of(const json& plan, double seconds) {
    std::map<std::string, bool> used;
    for (const auto& steps : plan.at("programs")) find_kinds(steps, used);
    Rates all;
    for (const auto& kind : kinds)
        if (used.contains(kind.name)) all[kind.name] = rate_of(kind.work, seconds);
    return all;
}

Rates rates(double seconds) {
    Rates all;
    for (const auto& kind : kinds) all[kind.name] = rate_of(kind.work, seconds);
    return all;
}

}  // namespace interlock::host::builtin
