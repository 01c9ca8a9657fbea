#include "sim/host/data_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

namespace interlock::host {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

[[noreturn]] void fail(const fs::path& path, int error) {
    throw CannotWrite("cannot write " + path.string() + ": " + std::strerror(error));
}

/// A file beside the one that it will replace; removed unless it was kept.
class Beside {
public:
    explicit Beside(const fs::path& path) : path_(path), pattern_(path.string() + ".XXXXXX") {
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        if (error) fail(path, error.value());
        file_ = mkstemp(pattern_.data());
        if (file_ < 0) fail(path_, errno);
    }
    ~Beside() {
        if (file_ >= 0) close(file_);
        if (!kept_) unlink(pattern_.c_str());
    }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

    void write(std::string_view text) {
        while (!text.empty()) {
            const auto count = ::write(file_, text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail(path_, errno);
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        constexpr mode_t everybody_reads = 0644;
        if (fchmod(file_, everybody_reads) != 0 || fsync(file_) != 0) fail(path_, errno);
    }

    void keep() {
        if (std::rename(pattern_.c_str(), path_.c_str()) != 0) fail(path_, errno);
        kept_ = true;
    }

private:
    fs::path path_;
    std::string pattern_;
    int file_ = -1;
    bool kept_ = false;
};

}  // namespace

fs::path profile_path() {
    fs::path data = variable("XDG_DATA_HOME");
    // "If an implementation encounters a relative path it should ignore it."
    if (!data.is_absolute()) {
        const fs::path home = variable("HOME");
        if (home.empty()) return {};
        data = home / ".local" / "share";
    }
    return data / "interlock" / "host.yaml";
}

void check_writable(const fs::path& path) { const Beside file(path); }

void write_whole(const fs::path& path, std::string_view text) {
    Beside file(path);
    file.write(text);
    file.keep();
}

}  // namespace interlock::host
