#pragma once

// What `interlock calibrate` measures of the host: the costs that the model
// charges (models/hardware/machine.hpp), and some figures beside them.
//
// Wholes are measured where that can be done (a hand-off from one thread to
// another, a sleep) and the model's parts derived by subtraction, so that the
// model's sum is what was measured. Follows the suite of the specification,
// section 2.2. Left out: caches and NUMA beyond their sizes; siblings of more
// than one pair are taken from sysfs.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/os/settings.hpp"
#include "sim/host/child.hpp"
#include "sim/host/environment.hpp"
#include "sim/host/figure.hpp"

namespace interlock::host {

struct HostFigures {
    std::vector<Figure> figures;
    std::vector<std::string> warnings;
    hardware::Machine machine;  ///< with what was measured
    os::Settings os;
};

/// A field of `costs` and its figure, which have one name. No member: not a duration.
struct CostFigure {
    const char* name;
    kernel::Duration hardware::Costs::*member;
};

/// All that are measured, in the order of a profile.
const std::vector<CostFigure>& cost_figures();

/// Told after each of the parts.
using Parts = std::function<void(std::size_t done, std::size_t total)>;

/// About 15 s. What needs affinity that is not permitted keeps the model's
/// default, and a warning says so. Throws Interrupted, std::system_error.
HostFigures measure_host(const Environment& environment, const Parts& progress = {},
                         const Interrupts* interrupts = nullptr);

/// The named figure; there must be one.
const Figure& figure_named(const std::vector<Figure>& figures, const std::string& name);

}  // namespace interlock::host
