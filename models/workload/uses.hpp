#pragma once

// What programs use, found by walking their steps.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "models/workload/program.hpp"

namespace interlock::workload {

/// Whether `is` holds for a step, at any depth.
bool any_step(const std::vector<Step>& steps, const std::function<bool(const StepKind&)>& is);

/// The time or size of a step that has one.
const Amount* amount_of(const StepKind& kind);

/// What a CPU step takes of the machine; none: it is no CPU step.
const Footprint* footprint_of(const StepKind& kind);

/// Whether a step is a CPU step with a footprint of which `is` holds, for any_step().
inline auto with_footprint(bool (Footprint::*is)() const) {
    return [is](const StepKind& kind) {
        const auto* footprint = footprint_of(kind);
        return footprint != nullptr && (footprint->*is)();
    };
}

/// By program and queue: whether it, or one that it spawns, puts into it.
std::vector<std::vector<bool>> puts_of_programs(const Workload& workload);

/// Of each queue: the instances that put into it. Who takes `each` item of it
/// has ended when they all have.
std::vector<std::uint32_t> producers(const Workload& workload,
                                     const std::vector<Instance>& instances);

/// Of each barrier: how many meet there, as told, or the instances that use it.
std::vector<std::uint32_t> parties(const Workload& workload,
                                   const std::vector<Instance>& instances);

/// The cumulated shares of the branches of a choice, the last 1.
std::vector<double> upper_shares(const std::vector<Branch>& branches);

/// The branch that a number of [0, 1) falls into.
std::size_t chosen(const std::vector<double>& upper_shares, double uniform);

}  // namespace interlock::workload
