#pragma once

// The operating system as plain data.

#include <cstdint>
#include <optional>
#include <string>

#include "sim/kernel/time.hpp"

namespace interlock::os {

enum class Queues : std::uint8_t { per_cpu, global };

/// Whose condition variables: who may consume a signal differs.
enum class CLibrary : std::uint8_t {
    glibc_2_25,  ///< two groups of waiters; a group is closed when all of it is signalled
    fifo,        ///< one queue, the longest waiter is handed the signal: what textbooks assume
};

struct Settings {
    std::string policy = "eevdf";             ///< a name of os::policies
    std::optional<kernel::Duration> quantum;  ///< round_robin; none: its default
    std::optional<std::uint32_t> hz;  ///< none: the policy's; 0: decisions fall exactly when due
    std::optional<Queues> queues;     ///< none: the policy's
    CLibrary c_library = CLibrary::glibc_2_25;

    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace interlock::os
