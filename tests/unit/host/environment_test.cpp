#include "sim/host/environment.hpp"

#include <sched.h>

#include <fstream>

#include "sim/host/driver.hpp"
#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

namespace fs = std::filesystem;
using Cpus = std::vector<std::uint32_t>;

/// A host made up of files.
class MadeUp {
public:
    void write(const fs::path& path, const std::string& text) {
        fs::create_directories((root() / path).parent_path());
        std::ofstream(root() / path) << text << '\n';
    }
    const fs::path& root() const { return scratch_.path(); }

private:
    ScratchFolder scratch_;
};

const std::string cpus = "sys/devices/system/cpu/";

TEST_CASE("environment: a list of CPUs is numbers and ranges", "[host]") {
    CHECK(cpu_list("0") == Cpus{0});
    CHECK(cpu_list("0-2,8") == Cpus{0, 1, 2, 8});
    CHECK(cpu_list("").empty());
    CHECK(cpu_list("1-").empty());
    CHECK(cpu_list("3-1").empty());
    CHECK(cpu_list("0-4294967295").empty());
    CHECK(cpu_list("none").empty());
}

TEST_CASE("environment: cores, siblings, sockets and caches", "[host]") {
    MadeUp host;
    host.write(cpus + "online", "0-3");
    for (const auto* const cpu : {"0", "1", "2", "3"}) {
        const auto folder = cpus + "cpu" + cpu + "/";
        const bool even = cpu[0] % 2 == 0;
        host.write(folder + "topology/thread_siblings_list", even ? "0,2" : "1,3");
        host.write(folder + "topology/physical_package_id", "0");
        host.write(folder + "cache/index0/level", "1");
        host.write(folder + "cache/index0/type", "Data");
        host.write(folder + "cache/index0/size", "32K");
        host.write(folder + "cache/index0/shared_cpu_list", even ? "0,2" : "1,3");
        host.write(folder + "cache/index1/level", "3");
        host.write(folder + "cache/index1/type", "Unified");
        host.write(folder + "cache/index1/size", "12M");
        host.write(folder + "cache/index1/shared_cpu_list", "0-3");
    }
    host.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3.70GHz");
    host.write("proc/meminfo", "MemTotal:       16384 kB\nMemFree:   1 kB");
    const auto it = environment(host.root());
    CHECK(it.online == Cpus{0, 1, 2, 3});
    CHECK(it.siblings == std::vector<Cpus>{{0, 2}, {1, 3}});
    CHECK(it.sockets == 1);
    REQUIRE(it.caches.size() == 3);
    CHECK(it.caches[0].bytes == 32 * 1024);
    CHECK(it.caches[1].bytes == 12 * 1024 * 1024);
    CHECK(it.caches[1].cpus == Cpus{0, 1, 2, 3});
    CHECK(it.model == "Some CPU @ 3.70GHz");
    CHECK(it.memory == 16 << 20);
    CHECK_FALSE(it.quota);
}

TEST_CASE("environment: the tightest quota counts, of the group or one it lies in", "[host]") {
    MadeUp host;
    host.write("proc/self/cgroup", "0::/outer/inner");
    host.write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000");
    host.write("sys/fs/cgroup/outer/cpu.max", "150000 100000");
    CHECK(environment(host.root()).quota == 1.5);
    host.write("sys/fs/cgroup/outer/inner/cpu.max", "50000 100000");
    CHECK(environment(host.root()).quota == 0.5);
}

TEST_CASE("environment: version 1 of the control groups has a quota too", "[host]") {
    MadeUp host;
    host.write("proc/self/cgroup", "7:memory:/box\n4:cpu,cpuacct:/box");
    host.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    host.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "200000");
    host.write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000");
    CHECK(environment(host.root()).quota == 2.0);
}

TEST_CASE("environment: what was stolen and throttled is read from counters", "[host]") {
    MadeUp host;
    host.write("proc/stat", "cpu  100 0 50 800 10 0 0 40 7 0\ncpu0 1 1");
    host.write("proc/loadavg", "1.25 0.5 0.1 1/100 4711");
    host.write("proc/self/cgroup", "0::/box");
    host.write("sys/fs/cgroup/box/cpu.stat", "usage_usec 5\nnr_periods 10\nnr_throttled 3");
    const auto before = disturbance(host.root());
    CHECK(before.steal == 40);
    CHECK(before.ticks == 1000);  // the guest's 7 are part of user
    CHECK(before.busy == 150);
    CHECK(before.throttled == 3);
    CHECK(before.load == 1.25);
    host.write("proc/stat", "cpu  150 0 50 830 10 0 0 60 7 0");
    CHECK(steal_share(before, disturbance(host.root())) == 0.2);
    CHECK(steal_share(before, before) == 0);
    // 50 ticks more, a hundredth of a second each; next to nothing of it was ours.
    CHECK(others_cpu(before, disturbance(host.root())) == Approx(0.5).margin(0.1));
}

TEST_CASE("environment: of an unknown host the affinity is known", "[host]") {
    const MadeUp host;
    const auto it = environment(host.root());
    cpu_set_t set;
    REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
    CHECK(it.allowed.size() == static_cast<std::size_t>(CPU_COUNT(&set)));
    CHECK(it.siblings.size() == it.online.size());
}

TEST_CASE("environment: this host has CPUs, memory and a kernel", "[host]") {
    const auto it = environment();
    CHECK_FALSE(it.allowed.empty());
    CHECK_FALSE(it.siblings.empty());
    CHECK(it.memory > 0);
    CHECK_FALSE(it.kernel.empty());
    CHECK(disturbance().ticks > 0);
}

}  // namespace
}  // namespace interlock::host
