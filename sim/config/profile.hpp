#pragma once

// What `interlock calibrate` wrote of a host: `machine: host` reads it, and with
// it every interpreter that was calibrated there. A mapping of the same fields
// as a scenario's:
//
//   host: {...}                # what it is; read by people
//   machine: {cores: 2, ...}
//   os: {hz: 250}
//   interpreters:
//     cpython-3.11.7: {preset: cpython-3.11, thread_start: 31us, ...}

#include <string>
#include <string_view>
#include <vector>

#include "models/interpreter/runtime.hpp"
#include "models/os/settings.hpp"
#include "sim/config/machine.hpp"

namespace interlock::config {

class Profile {
public:
    /// Throws Error. `name` stands for the file in errors.
    Profile(const std::string& text, std::string name);
    /// Of a file. Throws Error.
    explicit Profile(const std::string& path);
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    const hardware::Machine& machine() const { return machine_; }
    const os::Settings& os() const { return os_; }
    /// What was calibrated under this name, or the first on top of this preset;
    /// null if neither.
    const Node* interpreter(std::string_view name) const;
    /// The names under `interpreters`, as written.
    std::vector<std::string> interpreters() const;

private:
    std::string file_;  // the places in the tree point to it
    Node root_;
    hardware::Machine machine_;
    os::Settings os_;
};

}  // namespace interlock::config
