#include "sim/host/data_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "sim/host/driver.hpp"
#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

namespace fs = std::filesystem;

/// A variable of the environment, as it was before once this is gone.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        if (value == nullptr)
            unsetenv(name);
        else
            setenv(name, value, 1);
    }
    ~Variable() {
        if (old_)
            setenv(name_, old_->c_str(), 1);
        else
            unsetenv(name_);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
    std::optional<std::string> old_;
};

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

TEST_CASE("data folder: is where the XDG specification has it", "[host]") {
    const Variable home("HOME", "/home/me");
    {
        const Variable data("XDG_DATA_HOME", "/data");
        CHECK(profile_path() == "/data/interlock/host.yaml");
    }
    {
        const Variable data("XDG_DATA_HOME", "relative");
        CHECK(profile_path() == "/home/me/.local/share/interlock/host.yaml");
    }
    const Variable data("XDG_DATA_HOME", nullptr);
    CHECK(profile_path() == "/home/me/.local/share/interlock/host.yaml");
    const Variable nowhere("HOME", nullptr);
    CHECK(profile_path().empty());
}

TEST_CASE("data folder: a file is replaced as a whole, and nothing lies beside it", "[host]") {
    const ScratchFolder scratch;
    const auto file = scratch.path() / "a" / "b" / "host.yaml";
    write_whole(file, "first, and longer");
    CHECK(text_of(file) == "first, and longer");
    write_whole(file, "second");
    CHECK(text_of(file) == "second");
    CHECK(entries(file.parent_path()) == 1);
}

TEST_CASE("data folder: where nothing can be written, it says where and why", "[host]") {
    const ScratchFolder scratch;
    std::ofstream(scratch.path() / "file") << "no folder";
    CHECK_THROWS_AS(write_whole(scratch.path() / "file" / "host.yaml", "x"), CannotWrite);
    const auto file = scratch.path() / "host.yaml";
    fs::create_directory(file);  // a folder cannot be replaced by a file
    CHECK_THROWS_WITH(write_whole(file, "x"), "cannot write " + file.string() + ": Is a directory");
    CHECK(entries(scratch.path()) == 2);
}

TEST_CASE("data folder: whether a file can be written is known before, and leaves none", "[host]") {
    const ScratchFolder scratch;
    const auto file = scratch.path() / "a" / "host.yaml";
    check_writable(file);
    CHECK(fs::is_empty(file.parent_path()));
    std::ofstream(scratch.path() / "file") << "no folder";
    CHECK_THROWS_AS(check_writable(scratch.path() / "file" / "host.yaml"), CannotWrite);
}

}  // namespace
}  // namespace interlock::host
