#pragma once

namespace interlock::report {

/// Of the program: in the JSON, and what --version prints.
inline constexpr const char* version = "0.1.0";

}  // namespace interlock::report
