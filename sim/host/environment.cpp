#include "sim/host/environment.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

#include "sim/host/clocks.hpp"

namespace interlock::host {

namespace {

namespace fs = std::filesystem;

std::string line_of(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The number behind a word that begins a line: "MemTotal:  24669112 kB".
std::optional<std::uint64_t> number_behind(const fs::path& path, const std::string& word) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first;
        std::uint64_t value = 0;
        if (words >> first >> value && first == word) return value;
    }
    return std::nullopt;
}

/// 32K, 2048K, 32M
std::uint64_t size_of(std::string text) {
    std::uint64_t unit = 1;
    if (!text.empty() && text.back() == 'K') unit = 1024;
    if (!text.empty() && text.back() == 'M') unit = std::uint64_t{1024} * 1024;
    if (unit != 1) text.pop_back();
    return whole(text).value_or(0) * unit;
}

std::string model_of(const fs::path& cpuinfo) {
    std::ifstream file(cpuinfo);
    for (std::string line; std::getline(file, line);)
        if (line.rfind("model name", 0) == 0)
            if (const auto colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return {};
}

std::vector<std::uint32_t> affinity() {
    std::vector<std::uint32_t> cpus;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
    for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    return cpus;
}

/// Where a hierarchy begins, and the group that we are in there.
struct Membership {
    int version = 2;
    fs::path top;
    fs::path group;
};

/// In the hierarchies that may share CPU time out.
std::vector<Membership> memberships(const fs::path& root) {
    std::vector<Membership> all;
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const auto group = fs::path(line.substr(second + 1)).relative_path();
        if (controllers == ",,")
            all.push_back({.version = 2, .top = root / "sys/fs/cgroup", .group = group});
        if (controllers.find(",cpu,") != std::string::npos)
            all.push_back({.version = 1, .top = root / "sys/fs/cgroup/cpu", .group = group});
    }
    return all;
}

/// The folders of our control groups and those they lie in, up to the hierarchy's root.
std::vector<fs::path> groups(const fs::path& root) {
    std::vector<fs::path> all;
    for (const auto& [version, top, own] : memberships(root)) {
        for (auto group = own; !group.empty(); group = group.parent_path())
            all.push_back(top / group);
        all.push_back(top);
    }
    return all;
}

/// Version 2: "150000 100000" or "max 100000"; version 1: two files, -1 for none.
std::optional<double> quota_of(const fs::path& group) {
    std::istringstream words(line_of(group / "cpu.max"));
    std::string quota;
    std::string period;
    if (!(words >> quota >> period)) {
        quota = line_of(group / "cpu.cfs_quota_us");
        period = line_of(group / "cpu.cfs_period_us");
    }
    const auto time = whole(quota);
    const auto each = whole(period);
    if (!time || !each || *each == 0) return std::nullopt;
    return static_cast<double>(*time) / static_cast<double>(*each);
}

void read_topology(const fs::path& cpus, Environment& it) {
    std::set<std::vector<std::uint32_t>> cores;
    std::set<std::string> sockets;
    std::set<std::string> caches;
    for (const auto cpu : it.online) {
        const auto folder = cpus / ("cpu" + std::to_string(cpu));
        auto group = cpu_list(line_of(folder / "topology/thread_siblings_list"));
        cores.insert(group.empty() ? std::vector{cpu} : std::move(group));
        sockets.insert(line_of(folder / "topology/physical_package_id"));
        for (int i = 0;; ++i) {
            const auto cache = folder / "cache" / ("index" + std::to_string(i));
            const auto level = whole(line_of(cache / "level"));
            if (!level) break;
            Cache one{.level = static_cast<std::uint32_t>(*level),
                      .type = line_of(cache / "type"),
                      .bytes = size_of(line_of(cache / "size")),
                      .cpus = cpu_list(line_of(cache / "shared_cpu_list"))};
            if (caches
                    .insert(std::to_string(*level) + one.type + line_of(cache / "shared_cpu_list"))
                    .second)
                it.caches.push_back(std::move(one));
        }
    }
    it.siblings.assign(cores.begin(), cores.end());
    it.sockets = static_cast<std::uint32_t>(std::max<std::size_t>(sockets.size(), 1));
}

}  // namespace

std::vector<std::uint32_t> cpu_list(const std::string& text) {
    std::vector<std::uint32_t> cpus;
    std::istringstream ranges(text);
    for (std::string range; std::getline(ranges, range, ',');) {
        const auto dash = range.find('-');
        const auto first = whole(range.substr(0, dash));
        const auto last = dash == std::string::npos ? first : whole(range.substr(dash + 1));
        if (!first || !last || *last < *first || *last > 65'535) return {};
        for (auto cpu = *first; cpu <= *last; ++cpu)
            cpus.push_back(static_cast<std::uint32_t>(cpu));
    }
    return cpus;
}

Environment environment(const fs::path& root) {
    Environment it;
    const auto cpus = root / "sys/devices/system/cpu";
    it.online = cpu_list(line_of(cpus / "online"));
    const auto mine = affinity();
    if (it.online.empty()) it.online = mine;
    std::set_intersection(mine.begin(), mine.end(), it.online.begin(), it.online.end(),
                          std::back_inserter(it.allowed));
    read_topology(cpus, it);
    for (const auto& group : groups(root))
        if (const auto quota = quota_of(group))
            it.quota = std::min(it.quota.value_or(*quota), *quota);
    utsname names{};
    if (uname(&names) == 0) it.kernel = names.release;
    it.model = model_of(root / "proc/cpuinfo");
    it.memory = number_behind(root / "proc/meminfo", "MemTotal:").value_or(0) * 1024;
    return it;
}

std::optional<CpuGroup> cpu_group(const fs::path& root) {
    for (const int version : {1, 2})  // who has both counts CPU time by the first
        for (const auto& it : memberships(root))
            if (it.version == version)
                return CpuGroup{.version = version,
                                .folder = it.group.empty() ? it.top : it.top / it.group};
    return std::nullopt;
}

Disturbance disturbance(const fs::path& root) {
    Disturbance it;
    std::istringstream words(line_of(root / "proc/stat"));
    std::string name;
    words >> name;
    // user nice system idle iowait irq softirq steal; the guests' are in user and nice.
    std::uint64_t ticks = 0;
    for (int i = 0; i < 8 && words >> ticks; ++i) {
        it.ticks += ticks;
        if (i == 7) it.steal = ticks;
        if (i != 3 && i != 4 && i != 7) it.busy += ticks;
    }
    for (const auto& group : groups(root))
        it.throttled += number_behind(group / "cpu.stat", "nr_throttled").value_or(0);
    std::istringstream load(line_of(root / "proc/loadavg"));
    load >> it.load;
    it.own = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN);
    return it;
}

double steal_share(const Disturbance& before, const Disturbance& after) {
    if (after.ticks <= before.ticks || after.steal < before.steal) return 0;
    return static_cast<double>(after.steal - before.steal) /
           static_cast<double>(after.ticks - before.ticks);
}

double others_cpu(const Disturbance& before, const Disturbance& after) {
    static const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto all = static_cast<double>(after.busy - before.busy) / ticks_per_second;
    return std::max(0.0, all - (after.own - before.own));
}

}  // namespace interlock::host
