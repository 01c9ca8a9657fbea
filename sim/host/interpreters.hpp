#pragma once

// The interpreters of this host, found as a user has them: by name in PATH, and
// each version that pyenv has installed.

#include <filesystem>
#include <string>
#include <vector>

#include "sim/host/child.hpp"

namespace interlock::host {

struct Interpreter {
    std::string path;            ///< as it calls itself
    std::string implementation;  ///< cpython, pypy, ruby, ocaml
    std::string version;         ///< 3.11.7
    bool free_threaded = false;  ///< runs without a lock

    /// cpython-3.11.7, cpython-3.14.0t
    std::string backend() const;
    /// The name of its model: cpython-3.11, cpython-3.14t.
    std::string preset() const;
};

/// Where to look.
struct Places {
    std::vector<std::filesystem::path> folders;  ///< of PATH, in order
    std::filesystem::path pyenv;                 ///< its root; empty: none
    std::filesystem::path rbenv{};               ///< likewise
};

/// From PATH, PYENV_ROOT and HOME.
Places places_of_user();

/// What may be a Python, a Ruby or an OCaml, each file once however many names it has: first
/// what PATH finds, then pyenv's and rbenv's, the oldest version first.
std::vector<std::string> candidates(const Places& places);

/// Asks it what it is. Throws DriverFailed, Interrupted.
Interpreter identify(const std::string& path, const Interrupts* interrupts = nullptr);

/// All that answer, each once; `named` first, and these must answer: throws DriverFailed.
std::vector<Interpreter> find_interpreters(const Places& places,
                                           const std::vector<std::string>& named,
                                           const Interrupts* interrupts = nullptr);

}  // namespace interlock::host
