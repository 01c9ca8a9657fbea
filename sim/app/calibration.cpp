#include "sim/app/calibration.hpp"

#include <filesystem>
#include <system_error>

#include "sim/host/data_folder.hpp"

namespace interlock::app {

std::string existing_profile() {
    const auto path = host::profile_path();
    std::error_code none;
    return !path.empty() && std::filesystem::exists(path, none) ? path.string() : std::string();
}

}  // namespace interlock::app
