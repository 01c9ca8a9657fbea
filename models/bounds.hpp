#pragma once

// Laws of work, span and lock: below which no makespan of a strategy can lie,
// because they charge nothing but the work itself.

#include <cstdint>
#include <vector>

#include "models/predict.hpp"
#include "models/scenario.hpp"
#include "models/workload/program.hpp"

namespace interlock::models {

/// The largest of
///   work   CPU work of all tasks / throughput of the machine; that of the
///          crew's tasks / throughput of as many CPUs as the strategy has workers
///   span   the longest chain of arrivals and tasks through `after`, each as
///          long as it takes alone
///   memory what all tasks move / the memory's bandwidth
///   lock   CPU work under the lock, where one interpreter does it all
///   device what is asked of a device / its servers, its bandwidth or its rate of operations
/// and for `serial` the sum of everything. Background tasks count for nothing;
/// of loops whose rounds are not known beforehand (`each`) none is counted, and
/// what follows the first two million steps neither: it remains a bound.
Bounds bounds(const Case& question, const std::vector<workload::Instance>& instances,
              std::uint64_t seed, std::uint32_t replication);

}  // namespace interlock::models
