#include "models/hardware/siblings.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "sim/kernel/check.hpp"

namespace interlock::hardware {

using workload::work_classes;
using workload::WorkClass;

namespace {

constexpr std::uint64_t one = 1'000'000;

/// E[1 / (1 + N)], where each of the others is among the N with its probability.
double served(const std::vector<double>& wants, std::size_t own) {
    std::vector<double> of_count{1};  // probability of N = 0, 1, …
    for (std::size_t i = 0; i < wants.size(); ++i) {
        if (i == own) continue;
        of_count.push_back(0);
        for (auto n = of_count.size() - 1; n > 0; --n)
            of_count[n] = of_count[n] * (1 - wants[i]) + of_count[n - 1] * wants[i];
        of_count[0] *= 1 - wants[i];
    }
    double sum = 0;
    for (std::size_t n = 0; n < of_count.size(); ++n)
        sum += of_count[n] / static_cast<double>(n + 1);
    return sum;
}

/// The rate of the first of these threads, by the shares in which each dispatches alone. Only
/// the four operations are used, which give the same everywhere.
Speed beside(const std::vector<double>& shares) {
    constexpr int rounds = 200;
    auto wants = shares;
    std::vector<double> times(shares.size(), 1);
    for (int round = 0; round < rounds; ++round) {
        auto next = wants;
        for (std::size_t i = 0; i < shares.size(); ++i) {
            const auto stretched = shares[i] / served(wants, i);
            times[i] = stretched + 1 - shares[i];
            next[i] = stretched / times[i];
        }
        if (next == wants) break;
        wants = std::move(next);
    }
    const auto ppm = static_cast<double>(one) / times.front() + 0.5;
    return {static_cast<std::uint32_t>(ppm)};
}

/// All ways to have up to `most` others, from the class `from` on.
void for_each_others(Siblings::Counts& others, std::size_t from, std::uint32_t most,
                     const std::function<void()>& visit) {
    if (from == work_classes) return visit();
    for (std::uint32_t count = 0; count <= most; ++count) {
        others[from] = static_cast<std::uint8_t>(count);
        for_each_others(others, from + 1, most - count, visit);
    }
    others[from] = 0;
}

}  // namespace

Siblings::Siblings(const Machine& machine)
    : width_(machine.threads_per_core), constant_(machine.smt_speed), matrix_(machine.smt_matrix) {
    if (!machine.smt_dispatch || width_ == 1) return;
    const auto share = [&](std::size_t work_class) {
        return static_cast<double>((*machine.smt_dispatch)[work_class].ppm) / one;
    };
    constexpr std::size_t keys = work_classes << (3 * work_classes);
    dispatch_.assign(keys, Speed{});
    Counts others{};
    for (std::size_t own = 0; own < work_classes; ++own)
        for_each_others(others, 0, width_ - 1, [&] {
            std::vector<double> shares{share(own)};
            for (std::size_t other = 0; other < work_classes; ++other)
                shares.insert(shares.end(), others[other], share(other));
            dispatch_[key(static_cast<WorkClass>(own), others)] = beside(shares);
        });
}

/// Of up to seven others: three bits a class.
std::size_t Siblings::key(WorkClass own, const Counts& others) {
    auto key = static_cast<std::size_t>(own);
    for (const auto count : others) key = key << 3U | count;
    return key;
}

Ratio Siblings::factor(WorkClass own, Counts running) const {
    const auto threads = std::accumulate(running.begin(), running.end(), 0U);
    if (threads < 2) return {};
    auto& same = running[static_cast<std::size_t>(own)];
    kernel::check(same > 0, "a thread that runs is among those that do");
    --same;
    if (!dispatch_.empty()) return {.value = dispatch_[key(own, running)].ppm, .divisor = one};
    if (!matrix_)
        return {.value = kernel::Wide{constant_.ppm} * 2, .divisor = kernel::Wide{one} * threads};
    kernel::Wide sum = 0;
    for (std::size_t other = 0; other < work_classes; ++other)
        sum += kernel::Wide{(*matrix_)[static_cast<std::size_t>(own)][other].ppm} * running[other];
    return {.value = sum * 2, .divisor = kernel::Wide{one} * threads * (threads - 1)};
}

/// Beside threads whose work is not counted a core may have others: of two, then, one
/// works, which does no more than alone.
std::uint64_t Siblings::yield_max(const std::array<bool, work_classes>& used) const {
    std::uint64_t best = one;
    if (!by_class()) return width_ == 1 ? best : std::max(best, std::uint64_t{constant_.ppm} * 2);
    for (std::uint32_t threads = 2; threads <= width_; ++threads)
        for (std::size_t own = 0; own < work_classes; ++own)
            for (std::size_t other = 0; other < work_classes; ++other) {
                if (!used[own] || (threads == 2 && !used[other])) continue;
                Counts running{};
                running[other] = static_cast<std::uint8_t>(threads - 1);
                ++running[own];
                const auto ratio = factor(static_cast<WorkClass>(own), running);
                const auto yield = ratio.value * one * threads / ratio.divisor;
                best = std::max(best, static_cast<std::uint64_t>(yield) + 1);
            }
    return best;
}

}  // namespace interlock::hardware
