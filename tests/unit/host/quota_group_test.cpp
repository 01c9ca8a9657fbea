#include "sim/host/quota_group.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <unistd.h>

#include "sim/host/child.hpp"
#include "sim/host/driver.hpp"
#include "sim/host/environment.hpp"
#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr os::Quota half{.quota = 50ms, .period = 100ms, .burst = 20ms};

/// A host that is in the group `box`, made up of files.
class MadeUp {
public:
    explicit MadeUp(const std::string& membership, const fs::path& groups)
        : folder_(scratch_.path() / groups / "box") {
        fs::create_directories(folder_);
        fs::create_directories(scratch_.path() / "proc/self");
        std::ofstream(scratch_.path() / "proc/self/cgroup") << membership << '\n';
    }
    const fs::path& root() const { return scratch_.path(); }
    fs::path group() const { return folder_ / ("interlock-" + std::to_string(getpid())); }
    std::string line(const fs::path& file) const {
        std::ifstream stream(folder_ / file);
        std::string text;
        std::getline(stream, text);
        return text;
    }

private:
    ScratchFolder scratch_;
    fs::path folder_;
};

TEST_CASE("a quota's group: version 2", "[host]") {
    const MadeUp host("0::/box", "sys/fs/cgroup");
    const QuotaGroup group(half, host.root());
    CHECK(group.entrance() == host.group() / "cgroup.procs");
    CHECK(host.line("cgroup.subtree_control") == "+cpu");
    CHECK(host.line(host.group() / "cpu.max") == "50000 100000");
    CHECK(host.line(host.group() / "cpu.max.burst") == "20000");
}

TEST_CASE("a quota's group: version 1, which goes first where both are there", "[host]") {
    const MadeUp host("4:cpu,cpuacct:/box\n0::/", "sys/fs/cgroup/cpu");
    const QuotaGroup group(half, host.root());
    CHECK(host.line(host.group() / "cpu.cfs_quota_us") == "50000");
    CHECK(host.line(host.group() / "cpu.cfs_period_us") == "100000");
    CHECK(host.line(host.group() / "cpu.cfs_burst_us") == "20000");
}

TEST_CASE("a quota's group: none without a hierarchy of CPU time, and the reason is told",
          "[host]") {
    const MadeUp host("7:memory:/box", "sys/fs/cgroup/memory");
    CHECK(!cpu_group(host.root()));
    CHECK_THROWS_AS(QuotaGroup(half, host.root()), std::system_error);
    REQUIRE(QuotaGroup::why_not(half, host.root()));
    CHECK(QuotaGroup::why_not(half, host.root())->starts_with("no control group for its quota: "));
}

TEST_CASE("a quota's group: a program enters it, and leaves none behind", "[host]") {
    if (const auto why = QuotaGroup::why_not({.quota = 50ms, .period = 100ms, .burst = {}})) {
        WARN(*why);
        return;
    }
    fs::path folder;
    {
        const QuotaGroup group({.quota = 50ms, .period = 100ms, .burst = {}});
        folder = group.entrance().parent_path();
        const auto finished =
            run({.words = {"/bin/cat", "/proc/self/cgroup"}, .group = group.entrance()});
        REQUIRE(finished.well());
        CHECK(finished.output.find(folder.filename().string()) != std::string::npos);
    }
    CHECK(!fs::exists(folder));
}

TEST_CASE("a quota's group: a program that cannot enter is not started", "[host]") {
    const auto finished = run({.words = {"/bin/true"}, .group = "/nowhere/cgroup.procs"});
    CHECK(finished.ending == Ending::not_started);
    CHECK(finished.status == ENOENT);
}

}  // namespace
}  // namespace interlock::host
