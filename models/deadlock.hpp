#pragma once

#include <string>

#include "models/interpreter/engine.hpp"
#include "models/workload/program.hpp"

namespace interlock::models {

/// Who waits for whom, of a run in which nothing can happen any more: first
/// the cycle, if there is one, then what the others wait for.
std::string explain_deadlock(const interpreter::Engine& engine, const workload::Workload& workload);

}  // namespace interlock::models
