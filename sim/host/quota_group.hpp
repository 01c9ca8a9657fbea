#pragma once

// A control group of our own with a quota of CPU time, in which a program is run.
//
// Source of the formats: Documentation/admin-guide/cgroup-v2.rst (cpu.max, cpu.max.burst) and
// Documentation/scheduler/sched-bwc.rst (cpu.cfs_quota_us and others) of Linux 6.1.
//
// Left out: to ask a service manager for a group; where ours may not be divided, there is none.

#include <filesystem>
#include <optional>
#include <string>

#include "models/os/bandwidth.hpp"

namespace interlock::host {

class QuotaGroup {
public:
    /// Below our own group. Throws std::system_error if that may not be.
    explicit QuotaGroup(const os::Quota& quota, const std::filesystem::path& root = "/");
    /// Nobody is in it any more, or it stays.
    ~QuotaGroup();
    QuotaGroup(const QuotaGroup&) = delete;
    QuotaGroup& operator=(const QuotaGroup&) = delete;

    /// The file into which a process writes itself that enters it.
    std::filesystem::path entrance() const { return folder_ / "cgroup.procs"; }

    /// Why there cannot be one of that quota here, if so.
    static std::optional<std::string> why_not(const os::Quota& quota,
                                              const std::filesystem::path& root = "/");

private:
    std::filesystem::path folder_;
};

}  // namespace interlock::host
