#pragma once

// The profile of this host, where the commands look for it.

#include <string>

namespace interlock::app {

/// Its path, or empty if this host was not calibrated.
std::string existing_profile();

}  // namespace interlock::app
