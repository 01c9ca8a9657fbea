#pragma once

// A result in words: one sentence on why it took as long as it did, and the
// findings worth a line of their own.

#include <string>

#include "models/predict.hpp"
#include "models/scenario.hpp"

namespace interlock::models {

/// The findings that follow from the figures: race, convoy, starvation,
/// oversubscribed. (A deadlock and a shortage of memory are found by the run.)
void find(const Case& question, Result& result);

/// The cause that decides the makespan, as a clause that can follow "because":
/// "the lock is held 99.8 % of the time by bytecode". Empty if it did not end.
std::string why(const Case& question, const Result& result);

}  // namespace interlock::models
