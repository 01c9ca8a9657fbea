#include "sim/host/interpreters.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "sim/host/driver.hpp"
#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

namespace fs = std::filesystem;

void make_program(const fs::path& path, const std::string& text = "#!/bin/sh\nexit 1\n") {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_all);
}

TEST_CASE("interpreters: are looked for in PATH, then among pyenv's versions", "[host]") {
    const ScratchFolder scratch;
    const auto& root = scratch.path();
    make_program(root / "bin/python3.9");
    fs::create_symlink(root / "bin/python3.9", root / "bin/python3");
    make_program(root / "pyenv/shims/python3");
    make_program(root / "pyenv/versions/3.10.13/bin/python");
    make_program(root / "pyenv/versions/3.9.18/bin/python");
    fs::create_directories(root / "pyenv/versions/broken");
    std::ofstream(root / "bin/python2.7") << "no program";
    const auto found =
        candidates({.folders = {root / "pyenv/shims", root / "bin", root / "nowhere"},
                    .pyenv = root / "pyenv"});
    CHECK(found == std::vector<std::string>{
                       (root / "bin/python3").string(),  // and not again as python3.9
                       (root / "pyenv/versions/3.9.18/bin/python").string(),
                       (root / "pyenv/versions/3.10.13/bin/python").string(),
                   });
}

TEST_CASE("interpreters: no place, nothing found", "[host]") {
    CHECK(candidates({.folders = {}, .pyenv = {}}).empty());
    CHECK(candidates({.folders = {"/nowhere"}, .pyenv = "/nowhere"}).empty());
}

TEST_CASE("interpreters: a broken one is passed over, unless it was named", "[host]") {
    const ScratchFolder scratch;
    const auto broken = scratch.path() / "python3";
    make_program(broken);
    const Places places{.folders = {scratch.path()}, .pyenv = {}};
    CHECK(find_interpreters(places, {}).empty());
    CHECK_THROWS_AS(find_interpreters(places, {broken.string()}), DriverFailed);
}

TEST_CASE("interpreters: those of this host say what they are", "[host]") {
    const auto found = find_interpreters(places_of_user(), {});
    if (found.empty()) WARN("no interpreter on this host");
    for (const auto& one : found) {
        CAPTURE(one.path);
        CHECK(one.backend().find(one.preset()) == 0);
        CHECK(std::count(one.version.begin(), one.version.end(), '.') == 2);
    }
}

TEST_CASE("interpreters: the driver is understood by every Python that works", "[host]") {
    // A driver with the syntax of later versions would be taken for a broken interpreter.
    const auto places = places_of_user();
    std::set<std::string> known;
    for (const auto& one : find_interpreters(places, {}))
        known.insert(fs::canonical(one.path).string());
    for (const auto& path : candidates(places)) {
        if (path.find("python") == std::string::npos) continue;
        if (std::system((path + " -c 'import json, threading' 2>/dev/null").c_str()) != 0) continue;
        CAPTURE(path);
        CHECK(known.count(fs::canonical(path).string()) == 1);
    }
}

TEST_CASE("interpreters: are called by the version, and the model by its first two parts",
          "[host]") {
    const Interpreter plain{.path = "", .implementation = "cpython", .version = "3.11.7"};
    CHECK(plain.backend() == "cpython-3.11.7");
    CHECK(plain.preset() == "cpython-3.11");
    const Interpreter free{
        .path = "", .implementation = "cpython", .version = "3.14.0", .free_threaded = true};
    CHECK(free.backend() == "cpython-3.14.0t");
    CHECK(free.preset() == "cpython-3.14t");
}

}  // namespace
}  // namespace interlock::host
