#pragma once

// One interpreter of this host, and what it is asked: see drivers/driver.py and
// drivers/driver.rb.

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/host/child.hpp"

namespace interlock::host {

/// The texts of the programs that run plans.
std::string_view python_driver();
std::string_view python_driver_asyncio();  ///< which it imports
std::string_view ruby_driver();
std::string_view ocaml_driver();

/// The interpreter is none, or crashed, hung or answered nonsense; with its path.
class DriverFailed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A folder of our own in the system's place for such; gone with this.
class ScratchFolder {
public:
    /// Throws std::filesystem::filesystem_error.
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class Driver {
public:
    /// `interpreter`: the path of a Ruby or an OCaml, if its name begins so, or of a Python.
    /// Nothing is run yet.
    explicit Driver(std::string interpreter);
    /// One that is run by these words, the request's file behind them.
    Driver(std::string interpreter, std::vector<std::string> words)
        : interpreter_(std::move(interpreter)), words_(std::move(words)) {}

    /// Runs the interpreter once for the request, in the control group of that entrance (see
    /// Command). Its answer may be {"unable": why}. Throws DriverFailed, Interrupted.
    nlohmann::json ask(const nlohmann::json& request, std::chrono::milliseconds timeout,
                       const Interrupts* interrupts = nullptr,
                       const std::filesystem::path& group = {}) const;

    const std::string& interpreter() const { return interpreter_; }

private:
    std::string interpreter_;
    std::vector<std::string> words_;  ///< that run it; the request's file follows
    ScratchFolder folder_;
};

}  // namespace interlock::host
