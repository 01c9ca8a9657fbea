#include "sim/host/child.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): raise() with a blocked signal is POSIX's

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/catch.hpp"

namespace interlock::host {
namespace {

using namespace std::chrono_literals;

Command shell(const std::string& script) { return {.words = {"/bin/sh", "-c", script}}; }

/// Whether it runs; a zombie that nobody has reaped does not.
bool runs(const std::string& pid) {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string text;
    std::getline(stat, text);
    const auto name_end = text.rfind(')');
    return name_end != std::string::npos && text.at(name_end + 2) != 'Z';
}

/// A signal takes a moment to kill.
bool dies(const std::string& pid) {
    for (int i = 0; i < 1000 && runs(pid); ++i) std::this_thread::sleep_for(5ms);
    return !runs(pid);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST_CASE("child: gives its output, its errors and its exit code", "[host]") {
    const auto finished = run(shell("echo out; echo first >&2; echo last >&2; exit 3"));
    CHECK(finished.ending == Ending::exited);
    CHECK(finished.status == 3);
    CHECK_FALSE(finished.well());
    CHECK(finished.output == "out\n");
    CHECK(finished.errors == "first\nlast\n");
    CHECK(finished.text() == "exited with 3: last");
}

TEST_CASE("child: is fed more than a pipe holds while it answers", "[host]") {
    Command command{.words = {"/bin/cat"}};
    command.input.assign(1'000'000, 'x');
    const auto finished = run(command);
    CHECK(finished.well());
    CHECK(finished.output == command.input);
}

TEST_CASE("child: has our environment and what it is given beside it", "[host]") {
    auto command = shell("echo $HOME $INTERLOCK_GIVEN");
    command.environment = {{"HOME", "/mine"}, {"INTERLOCK_GIVEN", "yes"}};
    CHECK(run(command).output == "/mine yes\n");
    CHECK(run(shell("echo $PATH")).output == std::string(std::getenv("PATH")) + "\n");
}

TEST_CASE("child: may leave its input unread", "[host]") {
    auto command = shell("exit 0");
    command.input.assign(1'000'000, 'x');
    CHECK(run(command).well());
}

TEST_CASE("child: one that is killed says by what", "[host]") {
    const auto finished = run(shell("kill -9 $$"));
    CHECK(finished.ending == Ending::killed);
    CHECK(finished.status == SIGKILL);
    CHECK(finished.text() == "was killed by signal 9");
}

TEST_CASE("child: one that is not there says so", "[host]") {
    const auto finished = run({.words = {"/nowhere/python3"}});
    CHECK(finished.ending == Ending::not_started);
    CHECK(finished.text() == "cannot be started: No such file or directory");
}

TEST_CASE("child: one that hangs is killed with all that it has started", "[host]") {
    auto command = shell("sleep 1000 & echo $!; wait");
    command.timeout = 300ms;
    const auto finished = run(command);
    CHECK(finished.ending == Ending::timed_out);
    CHECK(finished.text() == "did not end in time");
    CHECK(dies(first_line(finished.output)));
}

TEST_CASE("child: one that hangs with its output closed is killed too", "[host]") {
    auto command = shell("exec >&- 2>&-; exec sleep 1000");
    command.timeout = 300ms;
    CHECK(run(command).ending == Ending::timed_out);
}

TEST_CASE("child: what it leaves behind neither holds us up nor lives on", "[host]") {
    const auto finished = run(shell("sleep 1000 & echo $!"));
    CHECK(finished.well());
    CHECK(dies(first_line(finished.output)));
}

TEST_CASE("child: one that writes without end is stopped", "[host]") {
    auto command = shell("yes");
    command.output_max = 1 << 20;
    CHECK(run(command).ending == Ending::too_long);
}

TEST_CASE("child: Ctrl-C ends it", "[host]") {
    const Interrupts interrupts;
    raise(SIGINT);
    CHECK_THROWS_AS(run(shell("sleep 1000"), &interrupts), Interrupted);
}

TEST_CASE("interrupts: a rest ends with the signal, or with its time", "[host]") {
    const Interrupts interrupts;
    CHECK_NOTHROW(interrupts.check());
    const auto begin = std::chrono::steady_clock::now();
    CHECK_NOTHROW(interrupts.check(20ms));
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    const std::jthread user([] {
        std::this_thread::sleep_for(20ms);
        kill(getpid(), SIGINT);
    });
    CHECK_THROWS_AS(interrupts.check(1000s), Interrupted);
}

TEST_CASE("child: itself is not deaf to Ctrl-C", "[host]") {
    const Interrupts interrupts;  // blocks the signal here, and not in the child
    const auto finished = run(shell("kill -INT $$; sleep 1000"), &interrupts);
    CHECK(finished.ending == Ending::killed);
    CHECK(finished.status == SIGINT);
}

}  // namespace
}  // namespace interlock::host
