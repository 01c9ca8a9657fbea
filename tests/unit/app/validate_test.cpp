// The commands that measure this host, for real and from outside. What they
// find is not asserted: that they find it, print it, and leave nothing behind.

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "sim/host/child.hpp"
#include "sim/host/driver.hpp"
#include "tests/support/catch.hpp"

namespace interlock::app {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A home and a place for temporary files of its own.
class Place {
public:
    host::Finished run(const std::string& words) const {
        host::Command command{.words = {"/bin/sh", "-c", words}};
        command.environment = {{"XDG_DATA_HOME", home().string()},
                               {"TMPDIR", temporary().string()},
                               {"INTERLOCK", INTERLOCK_PROGRAM}};
        command.timeout = 600s;  // nothing hangs; a watched build on a loaded machine is slow
        return host::run(command);
    }

    Place() {
        fs::create_directory(home());
        fs::create_directory(temporary());
    }
    fs::path file(const std::string& name, const std::string& text) const {
        const auto path = folder_.path() / name;
        std::ofstream(path) << text;
        return path;
    }
    fs::path home() const { return folder_.path() / "home"; }
    fs::path temporary() const { return folder_.path() / "tmp"; }
    fs::path profile() const { return home() / "interlock" / "host.yaml"; }

private:
    host::ScratchFolder folder_;
};

const std::string naps = R"(
machine: cloud-2vcpu
interpreter: cpython-3.11
programs: {nap: [{io: 5ms}]}
tasks: [{program: nap, count: 2}]
strategies: [serial, {threads: 2}, {processes: 2, start: spawn}]
)";

const std::string asks_disk = R"(
machine: {cores: 2, devices: {disk: nvme}}
interpreter: cpython-3.11
programs: {nap: [{io: {device: disk}}]}
tasks: [{program: nap}]
strategies: [serial]
)";

TEST_CASE("validate: calibrates once, runs for real, and leaves nothing behind", "[app][host]") {
    const Place place;
    const auto scenario = place.file("naps.yaml", naps).string();
    const auto words = "\"$INTERLOCK\" validate --backend builtin --rounds 2 --json " + scenario;
    const auto first = place.run(words);
    INFO(first.errors);
    REQUIRE(first.ending == host::Ending::exited);
    CHECK((first.status == 0 || first.status == 1));  // by what the host did
    const auto document = nlohmann::json::parse(first.output);
    REQUIRE(document.at("strategies").size() == 3);
    const auto& serial = document.at("strategies").at(0).at("measured");
    CHECK(serial.at("backend") == "builtin");
    const auto& spawned = document.at("strategies").at(2).at("measured");
    CHECK(spawned.at("verdict") == "skipped");
    CHECK(spawned.at("reason") == "start: there is no interpreter to spawn; processes are forked");
    CHECK(fs::exists(place.profile()));
    CHECK(fs::is_empty(place.temporary()));

    const auto again = place.run(words);
    CHECK(first.errors.find("comes first") != std::string::npos);
    CHECK(again.errors.find("comes first") == std::string::npos);

    // What is only simulated is told, and not run.
    const auto disk = place.file("disk.yaml", asks_disk).string();
    const auto third = place.run("\"$INTERLOCK\" validate --backend builtin --json " + disk);
    INFO(third.errors);
    const auto measured = nlohmann::json::parse(third.output).at("strategies").at(0).at("measured");
    CHECK(measured.at("verdict") == "skipped");
    CHECK(measured.at("reason") == "device: only simulated yet");
}

TEST_CASE("calibrate: interrupted, it leaves no profile and no process", "[app][host]") {
    const Place place;
    const auto stopped =
        place.run("timeout --preserve-status -s INT 1 \"$INTERLOCK\" calibrate --backend builtin");
    CHECK(stopped.status == 1);
    CHECK_FALSE(fs::exists(place.profile()));
    CHECK(fs::is_empty(place.temporary()));
}

TEST_CASE("validate: bad input is said in one line", "[app][host]") {
    const Place place;
    const auto scenario = place.file("naps.yaml", naps).string();
    const auto says = [&](const std::string& words) {
        const auto it = place.run("\"$INTERLOCK\" " + words);
        REQUIRE(it.ending == host::Ending::exited);
        CHECK(it.status == 2);
        CHECK(it.output.empty());
        return it.errors;
    };
    CHECK(says("validate --with /nowhere/python3 " + scenario) ==
          "interlock: /nowhere/python3 cannot be started: No such file or directory\n");
    CHECK(says("validate " + place.temporary().string()) ==
          "interlock: " + place.temporary().string() + ": no scenario in this folder\n");
    CHECK(says("validate --backend cobol " + scenario) ==
          "interlock: --backend: no cobol was found that answers\n");
    fs::remove(place.home());
    place.file("home", "a file where a folder should be");
    const auto unwritable = says("calibrate --backend builtin");
    CHECK(unwritable.find("cannot write " + place.profile().string()) != std::string::npos);
}

}  // namespace
}  // namespace interlock::app
