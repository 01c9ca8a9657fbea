#pragma once

// What is wrong with a scenario, and where.

#include <stdexcept>
#include <string>

namespace interlock::config {

/// Line and column count from 1. An option of the command line has neither:
/// then both are 0, and `file` is the option as it was typed.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
};

/// "file:line:column", or "file" alone without a line.
std::string text_of(const Location& location);

/// The user's mistake. what() is "file:line:column: message".
class Error : public std::runtime_error {
public:
    Error(Location at, const std::string& message);

    Location location;
};

}  // namespace interlock::config
