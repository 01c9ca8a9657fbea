#pragma once

// What a system call's failure becomes.

#include <cerrno>
#include <system_error>

namespace interlock::host {

/// Throws std::system_error of errno; `what`: the call.
[[noreturn]] inline void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace interlock::host
