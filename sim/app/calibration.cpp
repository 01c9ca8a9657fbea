#include "sim/app/calibration.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/app/output.hpp"
#include "sim/app/progress.hpp"
#include "sim/config/profile.hpp"
#include "sim/host/data_folder.hpp"
#include "sim/host/environment.hpp"
#include "sim/host/measure.hpp"
#include "sim/host/profile.hpp"
#include "sim/report/version.hpp"

namespace interlock::app {

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void tell(const std::vector<std::string>& warnings) {
    for (const auto& warning : warnings) talk(fmt::format("interlock: {}\n", warning));
}

host::InterpreterFigures calibrate_one(const host::Backend& backend, const hardware::Costs& costs,
                                       const host::Interrupts& interrupts) {
    using namespace std::chrono_literals;
    constexpr double seconds = 2.0;
    const auto answer =
        backend.driver->ask({{"mode", "calibrate"}, {"seconds", seconds}}, 60s, &interrupts);
    return host::interpreter_figures(backend.name, backend.preset, answer, costs);
}

}  // namespace

std::string existing_profile() {
    const auto path = host::profile_path();
    std::error_code none;
    return !path.empty() && std::filesystem::exists(path, none) ? path.string() : std::string();
}

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string calibrate(const std::vector<host::Backend>& backends, bool host_too,
                      const host::Interrupts& interrupts) {
    const auto path = host::profile_path();
    if (path.empty())
        throw host::CannotWrite("neither XDG_DATA_HOME nor HOME says where the profile belongs");
    host::check_writable(path);
    const auto old = existing_profile();
    host::ProfileText profile(old.empty() ? std::string() : read(old));
    constexpr std::size_t host_parts = 3;
    host_too = host_too || profile.host.empty();
    const auto total = backends.size() + (host_too ? host_parts : 0);
    std::size_t done = 0;
    std::vector<std::string> warnings;
    {
        Progress progress(talk_is_on_terminal(), "parts");
        progress.update(0, total);
        if (host_too) {
            const auto environment = host::environment();
            const auto measured = host::measure_host(
                environment, [&](std::size_t, std::size_t) { progress.update(++done, total); },
                &interrupts);
            profile.host = fmt::format("# What `interlock calibrate` {} measured; see "
                                       "docs/scenarios.md, \"Machine\".\n",
                                       report::version) +
                           host::host_section(environment, measured);
            warnings = measured.warnings;
        }
        const config::Profile figures(profile.host, path.string());
        for (const auto& backend : backends) {
            try {
                const auto one = calibrate_one(backend, figures.machine().costs, interrupts);
                if (one.known) profile.interpreters[backend.name] = host::interpreter_section(one);
                warnings.insert(warnings.end(), one.warnings.begin(), one.warnings.end());
            } catch (const host::DriverFailed& error) {
                warnings.emplace_back(error.what());
            }
            progress.update(++done, total);
        }
    }
    host::write_whole(path, profile.text());
    tell(warnings);
    return path.string();
}

}  // namespace interlock::app
