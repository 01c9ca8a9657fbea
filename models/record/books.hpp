#pragma once

// What the ledger has booked when a run is over.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/kernel/time.hpp"
#include "sim/stats/quantiles.hpp"

namespace interlock::record {

struct ThreadBooks {
    kernel::Time created{};
    std::optional<kernel::Time> exited;
    std::uint32_t process = 0;
    kernel::Duration running{};
    kernel::Duration lock_wait{};  ///< off the CPU between request and grant
    kernel::Duration cpu_wait{};
    kernel::Duration io{};
    kernel::Duration blocked{};
    kernel::Duration slowed{};  ///< part of running, lost to a speed below full; rounded down
    /// ns from request to grant, where another thread held the lock meanwhile.
    stats::Quantiles lock_waits;
    std::uint64_t lock_requests = 0;
    std::uint64_t drop_requests = 0;  ///< made by it
};

struct CpuBooks {
    kernel::Duration busy{};
    std::uint64_t switches = 0;  ///< times another thread than the last began to run
};

/// How often something happened to a lock.
struct LockCounts {
    std::uint64_t requests = 0;
    std::uint64_t contended = 0;  ///< of them: another thread held it before the grant
    std::uint64_t switches = 0;   ///< the holder was another than before
    std::uint64_t forced_switches = 0;
    std::uint64_t drop_requests = 0;
    std::uint64_t wasted_drop_requests = 0;  ///< of them: the holder let go by itself before
    std::uint64_t failed_wakeups = 0;  ///< woken by a thread, and asleep again without the lock

    LockCounts& operator+=(const LockCounts& other);
};

struct LockCount {
    std::string_view name;
    std::uint64_t LockCounts::*field;
};
/// All of them, by the names that users read.
inline constexpr std::array lock_counts{
    LockCount{"requests", &LockCounts::requests},
    LockCount{"contended", &LockCounts::contended},
    LockCount{"switches", &LockCounts::switches},
    LockCount{"forced_switches", &LockCounts::forced_switches},
    LockCount{"drop_requests", &LockCounts::drop_requests},
    LockCount{"wasted_drop_requests", &LockCounts::wasted_drop_requests},
    LockCount{"failed_wakeups", &LockCounts::failed_wakeups},
};

inline LockCounts& LockCounts::operator+=(const LockCounts& other) {
    for (const auto& count : lock_counts) this->*count.field += other.*count.field;
    return *this;
}

struct LockBooks {
    kernel::Duration held{};
    LockCounts counts;
    stats::Quantiles waits;  ///< ns, of the contended
};

struct InstanceBooks {
    std::optional<kernel::Time> arrived;
    std::optional<kernel::Time> started;
    std::optional<kernel::Time> finished;
    kernel::Duration
        cpu{};  ///< running time of its thread from started to finished, but while it awaited
    kernel::Duration io{};  ///< likewise, waiting for I/O; from the end of the warm-up on
};

struct ObjectBooks {
    std::uint64_t writes = 0;
    std::uint64_t lost = 0;
};

struct QueueBooks {
    std::uint32_t length_max = 0;
    kernel::Duration put_wait{};
    kernel::Duration get_wait{};
};

struct DeviceBooks {
    std::uint64_t served = 0;
    std::uint64_t bytes = 0;      ///< of these
    std::uint64_t queue_max = 0;  ///< operations that waited at the same time
    kernel::Duration busy{};      ///< of all servers
    stats::Quantiles waits;       ///< ns, until a server took it
    stats::Quantiles responses;   ///< ns, until it was done
};

/// Between two marks that followed one another in a task.
struct MarkBooks {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    stats::Quantiles latency;  ///< ns
};

struct Books {
    std::vector<ThreadBooks> threads;
    std::vector<CpuBooks> cpus;
    std::vector<LockBooks> locks;  ///< by process
    std::vector<InstanceBooks> instances;
    std::vector<ObjectBooks> objects;
    std::vector<QueueBooks> queues;
    std::vector<DeviceBooks> devices;
    std::vector<MarkBooks> marks;         ///< in the order of (from, to)
    std::uint64_t migrations = 0;         ///< a thread ran on another CPU than it last ran on
    std::uint64_t memory_peak = 0;        ///< bytes
    kernel::Duration throttled{};         ///< of all CPUs, by a quota
    kernel::Duration holder_throttled{};  ///< while the holder of a lock was queued on such a CPU
};

}  // namespace interlock::record
