#pragma once

// How long, or how many bytes: a constant, or a distribution to draw from.

#include <cstdint>
#include <vector>

#include "sim/kernel/wide.hpp"

namespace interlock::workload {

/// The distributions a duration or size may be drawn from. Parameters are in
/// ns or bytes; the mean is `mean` for every shape that has one.
enum class Shape : std::uint8_t {
    constant,     // mean
    uniform,      // from low to high
    exponential,  // mean
    lognormal,    // mean, cv = sd / mean
    pareto,       // mean, tail index `parameter` > 1
    erlang,       // mean, stages `parameter`
    choice,       // one of `values`, equally likely
    trace,        // `values` in turn, by how often the step was reached; then from the start again
};

struct Amount {
    Shape shape = Shape::constant;
    double mean = 0;
    double parameter = 0;  ///< cv, tail index or stages
    double low = 0;
    double high = 0;
    std::vector<std::int64_t> values{};

    static Amount of(std::int64_t value) {
        Amount amount;
        amount.mean = static_cast<double>(value);
        amount.values = {value};
        return amount;
    }
    bool drawn() const { return shape != Shape::constant && shape != Shape::trace; }

    friend bool operator==(const Amount&, const Amount&) = default;
};

/// Where a draw stands: never the strategy, the machine or the order of
/// events, so that every strategy and the real runs do the same work.
struct DrawKey {
    std::uint64_t seed = 1;
    std::uint32_t replication = 0;
    std::uint32_t instance = 0;  ///< number of the task instance, in file order
    std::uint32_t place = 0;     ///< number of the step in the file
    std::uint32_t visit = 0;     ///< how often this instance reached the step before
    std::uint32_t part = 0;      ///< which of several draws of this visit
};

/// The visit of a thread that the instance has spawned, from 1; 0: of its own.
constexpr std::uint32_t visit_of(std::uint32_t spawned_as, std::uint32_t visit) {
    return visit + (spawned_as << 20U);
}

/// What is drawn of an operation at a device, beside the bytes of the step.
enum class OfOperation : std::uint8_t { service, latency, hit };

/// The draw of one of the operations that a visit of a step makes.
constexpr DrawKey key_of(DrawKey visit, std::uint32_t call, OfOperation what) {
    visit.part = 1 + call * 3 + static_cast<std::uint32_t>(what);
    return visit;
}

/// The part of a step's bytes that one of its calls moves: they share them evenly.
constexpr std::uint64_t part_of(std::int64_t bytes, std::uint32_t call, std::uint32_t calls) {
    const auto all = static_cast<kernel::Wide>(bytes);
    return static_cast<std::uint64_t>(all * (call + 1) / calls - all * call / calls);
}

/// Where the payloads of tasks stand, behind all steps, and the data of the main process.
constexpr std::uint32_t payload_place(std::uint32_t task, bool out) {
    return 0x8000'0000U + task * 2 + (out ? 1 : 0);
}
constexpr std::uint32_t data_place = ~std::uint32_t{0};

/// In ns or bytes, at least 0, rounded to the nearest; at most about 2^62.
std::int64_t draw(const Amount& amount, const DrawKey& key);

/// The expectation, in ns or bytes: what bounds and estimates use.
double expectation(const Amount& amount);

/// Uniform in [0, 1), for `choose`.
double draw_uniform(const DrawKey& key);

}  // namespace interlock::workload
