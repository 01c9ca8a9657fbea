#pragma once

// The operating system as plain data.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/os/bandwidth.hpp"
#include "models/workload/amount.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::os {

enum class Queues : std::uint8_t { per_cpu, global };

/// Whose condition variables: who may consume a signal differs.
enum class CLibrary : std::uint8_t {
    glibc_2_25,  ///< two groups of waiters; a group is closed when all of it is signalled
    fifo,        ///< one queue, the longest waiter is handed the signal: what textbooks assume
};

/// Whose EEVDF: Linux's changed from release to release.
enum class LinuxRelease : std::uint8_t { v6_6, v6_12, v6_17 };

/// Of mlfq, unless it is said.
inline constexpr std::uint32_t mlfq_levels = 3;

/// Of policies; none: the policy's own.
struct PolicyParameters {
    std::optional<kernel::Duration> quantum{};
    std::optional<kernel::Duration> aging{};  ///< priority: a step of waiting that gains one
    std::vector<kernel::Duration> quanta{};   ///< mlfq: a level each, the highest first
    std::optional<std::uint32_t> levels{};    ///< mlfq: of `quantum` each
    std::vector<std::uint32_t> allotment{};   ///< mlfq: quanta at each level, or at all; empty: 1
    std::optional<kernel::Duration> boost{};
    bool stay = false;
    bool front = false;
    LinuxRelease release = LinuxRelease::v6_17;  ///< eevdf
    std::optional<kernel::Duration> slice{};     ///< eevdf: the base slice, however many CPUs
    bool lazy = false;  ///< eevdf: a wake-up by another CPU is noticed at the next tick

    friend bool operator==(const PolicyParameters&, const PolicyParameters&) = default;
};

/// Work of others on the machine: threads that each compute and sleep in turn, for ever.
struct OtherLoad {
    std::string name = "load";
    std::uint32_t count = 1;
    workload::Amount busy{};                  ///< CPU time at full speed
    std::optional<workload::Amount> idle{};   ///< sleeps so long before each; none: see `every`
    std::optional<workload::Amount> every{};  ///< begins so often; none, nor `idle`: never sleeps
    int nice = 0;
    std::vector<std::uint32_t> affinity{};  ///< CPUs on which they may run; none said: all

    friend bool operator==(const OtherLoad&, const OtherLoad&) = default;
};

struct Settings {
    std::string preset{};          ///< where the others started from; empty: none was named
    std::string policy = "eevdf";  ///< a name of os::policies
    PolicyParameters parameters{};
    bool classes = false;  ///< of Linux: some threads are of a scheduling class of their own
    std::optional<std::uint32_t> hz;  ///< none: the policy's; 0: decisions fall exactly when due
    std::optional<Queues> queues;     ///< none: the policy's
    std::optional<Quota> quota;
    CLibrary c_library = CLibrary::glibc_2_25;
    std::vector<OtherLoad> load{};

    friend bool operator==(const Settings&, const Settings&) = default;
};

/// A kernel by name: its policy, and its ticks where the policy's own are not its usual ones.
struct OsPreset {
    std::string_view name;
    std::string_view sentence;
    std::string_view policy;
    PolicyParameters parameters{};
    std::optional<std::uint32_t> hz{};
};

/// In alphabetical order.
const std::vector<OsPreset>& os_presets();

}  // namespace interlock::os
