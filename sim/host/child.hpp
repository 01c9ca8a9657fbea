#pragma once

// A program that is run for its output, and never left behind.
//
// It gets a process group of its own; when it has ended, or its time is up, or
// the user has pressed Ctrl-C, the whole group is killed, and it dies with us
// even if we are killed ourselves. What it left running in the group dies too.
//
// Left out: a child that starts a session of its own escapes, as from a shell.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace interlock::host {

/// The user wants to stop: SIGINT or SIGTERM came.
class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error("interrupted") {}
};

/// While it lives, SIGINT and SIGTERM wait to be looked at instead of ending
/// the program. One at a time, by the main thread, before others are started.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    /// Readable once a signal waits; for poll().
    int descriptor() const { return descriptor_; }
    /// Throws Interrupted if one has come, or comes before `rest` is over.
    void check(std::chrono::milliseconds rest = {}) const;

private:
    int descriptor_ = -1;
};

struct Command {
    std::vector<std::string> words;                    ///< the program's path, and what follows it
    std::string input{};                               ///< for its standard input
    std::map<std::string, std::string> environment{};  ///< beside ours, and before it
    std::filesystem::path group{};  ///< entrance of a control group that it enters; empty: ours
    std::chrono::milliseconds timeout{60'000};
    std::size_t output_max = std::size_t{64} << 20;  ///< bytes; more than that ends it
};

enum class Ending : std::uint8_t {
    exited,       ///< `status` is its exit code
    killed,       ///< `status` is the signal
    timed_out,    ///< and was killed
    too_long,     ///< its output passed `output_max`, and it was killed
    not_started,  ///< `status` is errno
};

struct Finished {
    Ending ending = Ending::not_started;
    int status = 0;
    std::string output;
    std::string errors;  ///< what it wrote to standard error

    bool well() const { return ending == Ending::exited && status == 0; }
    /// How it ended, in words, with the last line of its errors: "exited with 1: ..."
    std::string text() const;
};

/// Runs it to its end. Throws Interrupted once the group is dead, if
/// `interrupts` are watched; std::system_error if the host has no pipe or
/// process to give.
Finished run(const Command& command, const Interrupts* interrupts = nullptr);

}  // namespace interlock::host
