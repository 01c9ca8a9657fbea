#include "sim/host/driver.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace interlock::host {

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file)
        throw fs::filesystem_error("cannot write", path,
                                   std::error_code(errno, std::generic_category()));
}

bool named(const fs::path& interpreter, std::string_view begin) {
    return interpreter.filename().string().rfind(begin, 0) == 0;
}

}  // namespace

ScratchFolder::ScratchFolder() {
    auto pattern = (fs::temp_directory_path() / "interlock-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw fs::filesystem_error("cannot make a folder", pattern,
                                   std::error_code(errno, std::generic_category()));
    path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;  // somebody may have removed it before us
    fs::remove_all(path_, ignored);
}

Driver::Driver(std::string interpreter) : interpreter_(std::move(interpreter)) {
    const auto one_file = [&](const char* name, std::string_view text) {
        const auto script = folder_.path() / name;
        write(script, text);
        words_ = {interpreter_, script.string()};
    };
    if (named(interpreter_, "ruby") || named(interpreter_, "truffleruby")) {
        one_file("driver.rb", ruby_driver());
    } else if (named(interpreter_, "ocaml")) {
        one_file("driver.ml", ocaml_driver());
    } else {
        one_file("driver.py", python_driver());
        write(folder_.path() / "driver_asyncio.py", python_driver_asyncio());
        words_.insert(words_.begin() + 1, "-B");  // no caches are left in the scratch folder
    }
}

nlohmann::json Driver::ask(const nlohmann::json& request, std::chrono::milliseconds timeout,
                           const Interrupts* interrupts, const std::filesystem::path& group) const {
    const ScratchFolder scratch;  // of this run alone: its processes leave each other files there
    const auto file = scratch.path() / "request.json";
    write(file, request.dump());
    Command command{.words = words_};
    command.words.push_back(file.string());
    // What it must leave when it is killed goes with the folder.
    command.environment = {{"TMPDIR", scratch.path().string()}};
    command.timeout = timeout;
    command.group = group;
    const auto finished = run(command, interrupts);
    if (!finished.well()) throw DriverFailed(interpreter_ + ' ' + finished.text());
    auto answer = nlohmann::json::parse(finished.output, nullptr, false);
    if (!answer.is_object() || !answer.contains("driver"))
        throw DriverFailed(interpreter_ + " answered nothing that can be understood");
    return answer;
}

}  // namespace interlock::host
