#pragma once

// What this host is, and how disturbed it was: read from the files by which
// Linux tells it. Below another root they can be made up, for tests.
//
// Source of the formats: proc(5), Documentation/admin-guide/cgroup-v2.rst,
// Documentation/ABI/stable/sysfs-devices-system-cpu of Linux 6.1.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace interlock::host {

struct Cache {
    std::uint32_t level = 1;
    std::string type;  ///< Data, Instruction, Unified
    std::uint64_t bytes = 0;
    std::vector<std::uint32_t> cpus;  ///< that share it
};

struct Environment {
    std::vector<std::uint32_t> online;
    std::vector<std::uint32_t> allowed;                ///< by affinity, of those online
    std::vector<std::vector<std::uint32_t>> siblings;  ///< hardware threads, a group a core
    std::uint32_t sockets = 1;
    std::vector<Cache> caches;    ///< each once
    std::optional<double> quota;  ///< CPUs, of the tightest cgroup
    std::string kernel;           ///< its release
    std::string model;            ///< of the processor
    std::uint64_t memory = 0;     ///< bytes
};

/// `root`: where proc and sys are. Affinity and the kernel's release are always
/// this process's and this host's. What cannot be read stays at its default.
Environment environment(const std::filesystem::path& root = "/");

/// The control group that we are in, of the hierarchy that shares CPU time out.
struct CpuGroup {
    int version = 2;  ///< of control groups
    std::filesystem::path folder;
};

/// None: there is no such hierarchy.
std::optional<CpuGroup> cpu_group(const std::filesystem::path& root = "/");

/// What runs up: compare two.
struct Disturbance {
    std::uint64_t steal = 0;      ///< ticks that a hypervisor gave to others
    std::uint64_t busy = 0;       ///< ticks in which a CPU of ours did something
    std::uint64_t ticks = 0;      ///< of all CPUs, in all
    std::uint64_t throttled = 0;  ///< periods in which a quota stopped us
    double load = 0;              ///< threads that want to run, over the last minute
    double own = 0;               ///< CPU seconds of this process and its ended children
};

Disturbance disturbance(const std::filesystem::path& root = "/");

/// Share of the CPUs' time that was stolen between the two, 0 to 1.
double steal_share(const Disturbance& before, const Disturbance& after);

/// CPU seconds that others had between the two; to a tick or so on each CPU.
double others_cpu(const Disturbance& before, const Disturbance& after);

/// "0-2,8" -> 0, 1, 2, 8. Empty for what is no such list.
std::vector<std::uint32_t> cpu_list(const std::string& text);

}  // namespace interlock::host
