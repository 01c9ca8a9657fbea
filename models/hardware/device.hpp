#pragma once

// A device as plain data: a disk, a network, a service elsewhere. What it takes to
// serve one operation, how many at a time, and what the kernel keeps of it in memory.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/workload/amount.hpp"

namespace interlock::hardware {

/// The kernel's copy of a device in memory.
struct Cache {
    double hits = 0;  ///< share of reads that find their data in it
    std::uint64_t copy_bytes_per_second = std::uint64_t{8} << 30U;  ///< to or from a program
    std::uint64_t dirty = std::uint64_t{1} << 30U;  ///< bytes written and not yet on the device

    friend bool operator==(const Cache&, const Cache&) = default;
};

/// An operation reaches the device after `latency`, waits until `iops` lets it in and one
/// of the servers is free, keeps the server for `service` and then until its bytes are
/// moved, and is done. All that move bytes share the bandwidth evenly.
struct Device {
    std::string name;
    std::optional<std::uint32_t> servers;                ///< none: one for everybody
    workload::Amount service = workload::Amount::of(0);  ///< of an operation
    workload::Amount latency = workload::Amount::of(0);  ///< likewise; keeps no server
    std::optional<std::uint64_t> bandwidth;              ///< bytes a second; none: no limit
    std::optional<std::uint64_t> bandwidth_each;         ///< the most that one operation gets
    std::optional<double> iops;                          ///< operations a second; none: no limit
    std::uint32_t iops_burst = 1;                        ///< that may be saved up
    std::optional<Cache> cache;

    /// What one operation alone moves a second.
    std::optional<std::uint64_t> alone() const {
        if (!bandwidth || !bandwidth_each) return bandwidth ? bandwidth : bandwidth_each;
        return std::min(*bandwidth, *bandwidth_each);
    }

    friend bool operator==(const Device&, const Device&) = default;
};

struct DevicePreset {
    std::string_view name;
    std::string_view sentence;
    Device (*make)();
};

/// In alphabetical order.
const std::vector<DevicePreset>& device_presets();

}  // namespace interlock::hardware
