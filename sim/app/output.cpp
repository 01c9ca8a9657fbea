#include "sim/app/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace interlock::app {

namespace {

bool says(const char* variable, std::string_view value) {
    const char* const found = std::getenv(variable);
    return found != nullptr && found == value;
}

bool is_set(const char* variable) {
    const char* const found = std::getenv(variable);
    return found != nullptr && *found != '\0';
}

}  // namespace

void write_data(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return;
    const int reason = errno;
    throw OutputError(std::string("cannot write the output: ") + std::strerror(reason));
}

void talk(std::string_view text) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

bool talk_is_on_terminal() { return isatty(STDERR_FILENO) == 1; }

bool data_wants_colour() {
    return isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && !says("TERM", "dumb");
}

}  // namespace interlock::app
