#include "sim/host/quota_group.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "sim/host/environment.hpp"

namespace interlock::host {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_at(const fs::path& path) {
    throw std::system_error(errno, std::generic_category(), path.string());
}

void put(const fs::path& file, const std::string& text) {
    errno = 0;
    std::ofstream stream(file);
    stream << text << std::flush;
    if (!stream) fail_at(file);
}

long long microseconds(kernel::Duration time) { return time.count() / 1'000; }

void set(const fs::path& folder, const CpuGroup& above, const os::Quota& it) {
    const auto quota = microseconds(it.quota);
    const auto period = microseconds(it.period);
    const auto burst = std::to_string(microseconds(it.burst));
    if (above.version == 2) {
        put(folder / "cpu.max", fmt::format("{} {}", quota, period));
        if (it.burst.count() > 0) put(folder / "cpu.max.burst", burst);
        return;
    }
    put(folder / "cpu.cfs_period_us", std::to_string(period));
    put(folder / "cpu.cfs_quota_us", std::to_string(quota));
    if (it.burst.count() > 0) put(folder / "cpu.cfs_burst_us", burst);
}

}  // namespace

QuotaGroup::QuotaGroup(const os::Quota& quota, const fs::path& root) {
    const auto above = cpu_group(root);
    if (!above) throw std::system_error(ENOENT, std::generic_category(), "a group of CPU time");
    if (above->version == 2) put(above->folder / "cgroup.subtree_control", "+cpu");
    const auto folder = above->folder / fmt::format("interlock-{}", getpid());
    constexpr mode_t everybody_reads = 0755;
    if (mkdir(folder.c_str(), everybody_reads) != 0 && errno != EEXIST) fail_at(folder);
    folder_ = folder;
    try {
        set(folder_, *above, quota);
    } catch (...) {
        rmdir(folder_.c_str());
        throw;
    }
}

QuotaGroup::~QuotaGroup() { rmdir(folder_.c_str()); }

std::optional<std::string> QuotaGroup::why_not(const os::Quota& quota, const fs::path& root) {
    try {
        const QuotaGroup tried(quota, root);
        return std::nullopt;
    } catch (const std::system_error& error) {
        return std::string("no control group for its quota: ") + error.what();
    }
}

}  // namespace interlock::host
