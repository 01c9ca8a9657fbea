// What `machine: host` reads: a profile on disk, made up here.

#include "sim/config/profile.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "sim/config/load.hpp"
#include "tests/support/catch.hpp"

namespace interlock::config {
namespace {

using namespace std::chrono_literals;

const std::string sound = R"(
host: {kernel: 6.1.0, x-note: "nobody reads this"}
machine: {cores: 2, memory: 4GiB, costs: {context_switch: 3us}}
os: {hz: 250}
interpreters:
  builtin: {lock: cpython-3.2, thread_start: 7us}
  cpython-3.11.7: {preset: cpython-3.11, thread_start: 31us}
)";

/// A profile in the temporary folder, gone with this.
class Written {
public:
    explicit Written(const std::string& text)
        : path_(std::filesystem::temp_directory_path() / "interlock_profile_test.yaml") {
        std::ofstream(path_) << text;
    }
    ~Written() { std::filesystem::remove(path_); }
    Written(const Written&) = delete;
    Written& operator=(const Written&) = delete;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

models::Case loaded(const std::string& head, const std::string& profile) {
    Overrides overrides;
    overrides.profile = profile;
    return load_text(head + "programs: {p: [{compute: 1ms}]}\ntasks: [{program: p}]\n", "q.yaml",
                     overrides)
        .cases.at(0);
}

std::string error_of(const std::string& head, const std::string& profile) {
    try {
        static_cast<void>(loaded(head, profile));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST_CASE("host: is the machine, the os and the interpreters that were calibrated", "[config]") {
    const Written profile(sound);
    const auto it = loaded("machine: host\ninterpreter: cpython-3.11\n", profile.path());
    CHECK(it.machine.name == "host");
    CHECK(it.machine.cores == 2);
    CHECK(it.machine.costs.context_switch == 3us);
    CHECK(it.machine.costs_origin == "calibrated");
    CHECK(it.os.hz == 250);
    CHECK(it.runtime.name == "cpython-3.11");
    CHECK(it.runtime.thread_start == 31us);
}

TEST_CASE("host: fields may stand on top of it, and on its interpreters", "[config]") {
    const Written profile(sound);
    const auto it = loaded("machine: {preset: host, cores: 8}\n"
                           "interpreter: {preset: cpython-3.11, thread_join: 1us}\n"
                           "os: {policy: round_robin}\n",
                           profile.path());
    CHECK(it.machine.cores == 8);
    CHECK(it.machine.costs.context_switch == 3us);
    CHECK(it.runtime.thread_start == 31us);
    CHECK(it.runtime.thread_join == 1us);
    CHECK(it.os.policy == "round_robin");
    CHECK(it.os.hz == 250);
}

TEST_CASE("host: what was calibrated under a name of its own can be named", "[config]") {
    const Written profile(sound);
    const auto it = loaded("machine: host\ninterpreter: builtin\n", profile.path());
    CHECK(it.runtime.lock == "cpython-3.2");
    CHECK(it.runtime.thread_start == 7us);
}

TEST_CASE("host: another machine has the presets' interpreters, and reads no profile", "[config]") {
    const auto it = loaded("machine: i7-8700k\ninterpreter: cpython-3.11\n", "/no/such/profile");
    CHECK(it.runtime.thread_start == interpreter::Runtime{}.thread_start);
}

TEST_CASE("host: without a profile, or with one that is wrong, it is refused", "[config]") {
    CHECK(error_of("machine: host\ninterpreter: none\n", "") ==
          "q.yaml:1:10: machine: this host was not calibrated; run 'interlock calibrate'");
    const Written broken("machine: {cores: two}\n");
    CHECK(error_of("machine: host\ninterpreter: none\n", broken.path()).find(":1:18: cores") !=
          std::string::npos);
    const Written no_machine("os: {hz: 250}\n");
    CHECK(error_of("machine: host\ninterpreter: none\n", no_machine.path())
              .find("missing field 'machine'") != std::string::npos);
}

}  // namespace
}  // namespace interlock::config
