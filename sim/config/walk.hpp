#pragma once

#include <vector>

#include "models/workload/program.hpp"

namespace interlock::config {

/// Calls `visit(step)` for every step, those within others included, in file
/// order.
template <typename Visit>
void for_each_step(const std::vector<workload::Step>& steps, const Visit& visit) {
    for (const auto& step : steps) {
        visit(step);
        if (const auto* each = std::get_if<workload::Each>(&step.kind))
            for_each_step(each->steps, visit);
        if (const auto* repeat = std::get_if<workload::Repeat>(&step.kind))
            for_each_step(repeat->steps, visit);
        if (const auto* choose = std::get_if<workload::Choose>(&step.kind))
            for (const auto& branch : choose->branches) for_each_step(branch.steps, visit);
    }
}

template <typename Visit>
void for_each_step(const workload::Workload& work, const Visit& visit) {
    for (const auto& program : work.programs) for_each_step(program.steps, visit);
}

}  // namespace interlock::config
