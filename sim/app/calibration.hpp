#pragma once

// The profile of this host, where the commands look for it, and how it is made.

#include <string>
#include <vector>

#include "sim/host/backends.hpp"
#include "sim/host/child.hpp"

namespace interlock::app {

/// Its path, or empty if this host was not calibrated.
std::string existing_profile();

/// Of this program, for the backend that it is itself.
std::string own_path();

/// Measures the host (if asked to, or if it was never measured) and these
/// backends, and writes the profile; what it has of others stays. Gives its
/// path. Throws host::CannotWrite, host::DriverFailed, host::Interrupted.
std::string calibrate(const std::vector<host::Backend>& backends, bool host_too,
                      const host::Interrupts& interrupts);

}  // namespace interlock::app
