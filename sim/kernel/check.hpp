#pragma once

#include <stdexcept>

namespace interlock::kernel {

/// Our mistake, never the user's: the program stops rather than print a number.
class BrokenInvariant : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

[[noreturn]] void broken(const char* promise);

/// On in every build. `promise` says what should have held, in words:
/// "a pending event lies in the future".
inline void check(bool condition, const char* promise) {
    if (!condition) [[unlikely]]
        broken(promise);
}

}  // namespace interlock::kernel
