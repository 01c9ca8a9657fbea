#include "sim/host/interpreters.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <set>
#include <sstream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "sim/host/driver.hpp"

namespace interlock::host {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{20};  // a cold disk, and a shim that is a script

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool runs(const fs::path& path) {
    std::error_code none;
    return fs::is_regular_file(path, none) && access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> names() {
    std::vector<std::string> all{"python3", "python2.7"};
    for (int minor = 6; minor <= 14; ++minor) {
        all.push_back("python3." + std::to_string(minor));
        if (minor >= 13) all.push_back("python3." + std::to_string(minor) + "t");
    }
    all.emplace_back("pypy3");
    all.emplace_back("ruby");
    all.emplace_back("ocaml");
    return all;
}

/// 3.9.18 before 3.10.13.
std::vector<int> numbers(const std::string& version) {
    std::vector<int> parts;
    std::istringstream text(version);
    for (int part = 0; text >> part; text.ignore()) parts.push_back(part);
    return parts;
}

/// Of a folder as pyenv and rbenv have it.
std::vector<fs::path> versions_of(const fs::path& root) {
    std::vector<fs::path> all;
    std::error_code none;
    if (root.empty()) return all;
    for (const auto& entry : fs::directory_iterator(root / "versions", none))
        all.push_back(entry.path());
    std::sort(all.begin(), all.end(), [](const fs::path& a, const fs::path& b) {
        const auto left = numbers(a.filename().string());
        const auto right = numbers(b.filename().string());
        return left != right ? left < right : a < b;
    });
    return all;
}

class Once {
public:
    /// Whether the file, by whatever name, has not been seen.
    bool first(const fs::path& path) {
        std::error_code error;
        const auto real = fs::canonical(path, error);
        return seen_.insert(error ? path : real).second;
    }

private:
    std::set<fs::path> seen_;
};

/// 3.11.7 -> 3.11
std::string minor_of(const std::string& version) {
    const auto dot = version.find('.');
    return version.substr(0, version.find('.', dot == std::string::npos ? dot : dot + 1));
}

}  // namespace

std::string Interpreter::backend() const {
    return implementation + '-' + version + (free_threaded ? "t" : "");
}

std::string Interpreter::preset() const {
    return implementation + '-' + minor_of(version) + (free_threaded ? "t" : "");
}

Places places_of_user() {
    Places places;
    std::istringstream folders(variable("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');)
        if (!folder.empty()) places.folders.emplace_back(folder);
    const auto root = [](const char* name, const char* usual) {
        if (const auto set = variable(name); !set.empty()) return fs::path(set);
        return variable("HOME").empty() ? fs::path() : fs::path(variable("HOME")) / usual;
    };
    places.pyenv = root("PYENV_ROOT", ".pyenv");
    places.rbenv = root("RBENV_ROOT", ".rbenv");
    return places;
}

std::vector<std::string> candidates(const Places& places) {
    std::vector<std::string> found;
    Once once;
    const auto consider = [&](const fs::path& path) {
        if (runs(path) && once.first(path)) found.push_back(path.string());
    };
    for (const auto& folder : places.folders) {
        // A shim starts what PATH would find without it.
        if (!places.pyenv.empty() && folder == places.pyenv / "shims") continue;
        if (!places.rbenv.empty() && folder == places.rbenv / "shims") continue;
        for (const auto& name : names()) consider(folder / name);
    }
    for (const auto& version : versions_of(places.pyenv)) consider(version / "bin" / "python");
    for (const auto& version : versions_of(places.rbenv)) consider(version / "bin" / "ruby");
    return found;
}

Interpreter identify(const std::string& path, const Interrupts* interrupts) {
    const auto answer = Driver(path).ask({{"mode", "identify"}}, patience, interrupts);
    try {
        return {.path = answer.at("executable").get<std::string>(),
                .implementation = answer.at("implementation").get<std::string>(),
                .version = answer.at("version").get<std::string>(),
                .free_threaded = answer.at("free_threaded").get<bool>()};
    } catch (const nlohmann::json::exception&) {
        throw DriverFailed(path + " answered nothing that can be understood");
    }
}

std::vector<Interpreter> find_interpreters(const Places& places,
                                           const std::vector<std::string>& named,
                                           const Interrupts* interrupts) {
    std::vector<Interpreter> found;
    Once once;
    for (const auto& path : named)
        if (once.first(path)) found.push_back(identify(path, interrupts));
    for (const auto& path : candidates(places)) {
        if (!once.first(path)) continue;
        try {
            found.push_back(identify(path, interrupts));
        } catch (const DriverFailed&) {
            // A broken installation that nobody has named.
        }
    }
    return found;
}

}  // namespace interlock::host
