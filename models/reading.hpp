#pragma once

// What one replication was, as its books and its engine say when it is over.

#include <vector>

#include "models/interpreter/engine.hpp"
#include "models/predict.hpp"
#include "models/record/books.hpp"

namespace interlock::models {

struct Reading {
    const Case& question;
    const std::vector<workload::Instance>& instances;
    const interpreter::Engine& engine;
    kernel::Time from;  ///< the warm-up is over: what was before is not counted
};

/// Into all of the result that is counted or measured; not how it ended, the bounds and reasons.
void read(record::Books books, const Reading& of, Result& result);

}  // namespace interlock::models
