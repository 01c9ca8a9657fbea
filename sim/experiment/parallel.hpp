#pragma once

// The same jobs on any number of cores. Each job writes only what belongs to
// its index, so the outcome does not depend on who did what, or when.

#include <cstddef>
#include <functional>

namespace interlock::experiment {

/// Does job(0) to job(count - 1), on `workers` threads at most; on the
/// caller's alone with one. When jobs throw, those not yet begun are left out and
/// the exception of the lowest index comes out: the same one on any number of
/// workers, for jobs begin in order.
void for_each_index(std::size_t count, std::size_t workers,
                    const std::function<void(std::size_t)>& job);

/// How many workers `jobs` short simulations deserve: starting threads costs more
/// than a handful of them.
std::size_t workers_for(std::size_t jobs);

}  // namespace interlock::experiment
