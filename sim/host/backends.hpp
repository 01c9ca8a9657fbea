#pragma once

// By what scenarios can be run for real on this host: our own threads and
// processes, always there, and every interpreter that was found or named.

#include <memory>
#include <string>
#include <vector>

#include "sim/host/driver.hpp"
#include "sim/host/interpreters.hpp"

namespace interlock::host {

struct Backend {
    std::string name;    ///< builtin, cpython-3.11.7
    std::string preset;  ///< of its model: builtin, cpython-3.11
    std::unique_ptr<Driver> driver;
};

struct BackendsWanted {
    std::vector<std::string> with;   ///< paths of interpreters beside those found; they must answer
    std::vector<std::string> names;  ///< or beginnings of names, up to a '.' or '-'; empty: all
};

/// `program`: the path of Interlock itself. The builtin is the first. Of two
/// interpreters of one name the first found stays. Throws DriverFailed,
/// Interrupted.
std::vector<Backend> find_backends(const std::string& program, const Places& places,
                                   const BackendsWanted& wanted,
                                   const Interrupts* interrupts = nullptr);

/// Whether `name` is `wanted`, or begins with it as "cpython-3.1.2" does with
/// "cpython-3.1" and "cpython".
bool is_wanted(const std::string& name, const std::string& wanted);

}  // namespace interlock::host
