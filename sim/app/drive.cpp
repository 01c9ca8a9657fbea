#include "sim/host/builtin/drive.hpp"
#include "sim/app/commands.hpp"

namespace interlock::app {

/// Not for people: `validate` runs it, as it runs the drivers of interpreters.
int drive(const Arguments& arguments) {
    if (arguments.size() != 1) throw UsageError("drive: expected the file of a request");
    return host::drive(arguments.front());
}

}  // namespace interlock::app
