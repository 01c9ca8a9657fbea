#include "sim/config/error.hpp"

#include <utility>

namespace interlock::config {

std::string text_of(const Location& location) {
    if (location.line == 0) return location.file;
    return location.file + ':' + std::to_string(location.line) + ':' +
           std::to_string(location.column);
}

Error::Error(Location at, const std::string& message)
    : std::runtime_error(text_of(at) + ": " + message), location(std::move(at)) {}

}  // namespace interlock::config
