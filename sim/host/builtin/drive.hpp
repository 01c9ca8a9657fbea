#pragma once

// The builtin backend of real runs: C++ threads that take turns under an
// interpreter lock of CPython's protocol, and forked processes. Asked and
// answered as drivers/driver.py is; what a plan is, plan.hpp tells.
//
// Left out: spawn and the fork server, which need an interpreter to start;
// pickling, for there are no objects.

#include <iosfwd>
#include <string>

namespace interlock::host {

/// Obeys the request in the file and writes one JSON document; then ends the
/// program by itself, for what runs in the background does not hold it up.
/// The value is the exit code of one that could not be obeyed.
int drive(const std::string& request_file);

}  // namespace interlock::host
