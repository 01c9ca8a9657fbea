#pragma once

// Strategies run for real, honestly: in rounds, each in a new random order, so
// that what drifts on the host meets all of them; the first round is a warm-up
// and dropped. Round r runs replication r - 1 of everything.
//
// A sample was disturbed when, while it ran,
//   a hypervisor stole more than 1 % of the CPUs' time,
//   a quota stopped us,
//   others had more than 5 % of the CPUs' time, or
//   the speed of the busy loop, in CPU time, changed by more than a quarter.
// It is measured again, a bounded number of times; then it is left out, and a
// row that keeps fewer than half of its samples is inconclusive.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "sim/host/child.hpp"
#include "sim/host/driver.hpp"

namespace interlock::host {

/// One strategy on one backend.
struct Cell {
    const models::Case* question = nullptr;
    const Driver* driver = nullptr;
    double expected = 0;                   ///< seconds it should take: what is far beyond hangs
    std::optional<os::Quota> quota{};      ///< that it is run under
    std::optional<std::string> skipped{};  ///< why it is not run at all
};

struct Latency {
    std::uint32_t from = 0;  ///< index of a mark
    std::uint32_t to = 0;
    double seconds = 0;
};

struct Sample {
    std::uint32_t replication = 0;
    double makespan = 0;  ///< seconds
    double cpu = 0;       ///< CPU seconds of all its threads and processes
    double steal = 0;     ///< share of the CPUs' time
    double others = 0;    ///< likewise
    double drift = 0;     ///< of the busy loop's speed, as a share
    std::uint64_t throttled = 0;
    std::vector<Latency> latencies{};

    bool disturbed() const;
};

struct Samples {
    std::vector<Sample> kept;            ///< one a round at most, in order
    std::uint32_t repeated = 0;          ///< measured again
    std::uint32_t lost = 0;              ///< rounds without an undisturbed sample
    std::optional<std::string> skipped;  ///< which step cannot be run, and why
    std::optional<std::string> failed;   ///< it crashed or hung
};

struct RoundsOptions {
    std::uint32_t rounds = 20;  ///< beside the warm-up
    std::uint32_t repeats_max = 2;
    std::uint64_t seed = 1;
    std::int64_t slack_ns = 50'000;  ///< of the host's timers
    std::uint32_t cpus = 1;
    std::filesystem::path root{"/"};  ///< where proc and sys are, which tell of disturbances
    std::function<void(std::size_t done, std::size_t total)> progress{};
    const Interrupts* interrupts = nullptr;
};

/// In step with the cells. Throws Interrupted.
std::vector<Samples> measure(const std::vector<Cell>& cells, const RoundsOptions& options);

/// Between consecutive marks of each instance, of a driver's answer.
std::vector<Latency> latencies(const nlohmann::json& marks);

}  // namespace interlock::host
