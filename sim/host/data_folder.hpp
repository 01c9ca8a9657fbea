#pragma once

// Where the program keeps what it has measured, by the XDG Base Directory
// Specification 0.8: $XDG_DATA_HOME/interlock, or ~/.local/share/interlock.

#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace interlock::host {

/// The profile could not be written; the text says what and where.
class CannotWrite : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The file that `machine: host` reads; it need not exist. Empty if neither
/// variable is set to a place.
std::filesystem::path profile_path();

/// Makes the folders on the way, and tries whether a file can be made beside `path`,
/// for whoever works long before it writes. Throws CannotWrite.
void check_writable(const std::filesystem::path& path);

/// All of it or nothing: a reader, and a crash, find the old file or the new
/// one. Makes the folders on the way. Throws CannotWrite.
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace interlock::host
