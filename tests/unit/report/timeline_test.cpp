#include "sim/report/timeline.hpp"

#include "tests/support/catch.hpp"

namespace interlock::report {

using namespace std::chrono_literals;
using record::Kind;
using record::State;

namespace {

/// Writes records down as a run would.
class Script {
public:
    Script& create(kernel::Duration at, std::uint32_t thread) {
        return add(at, Kind::thread_created, thread, 0);
    }
    Script& state(kernel::Duration at, std::uint32_t thread, State state) {
        return add(at, Kind::thread_state, thread, static_cast<std::uint64_t>(state));
    }
    Script& exit(kernel::Duration at, std::uint32_t thread) {
        return add(at, Kind::thread_exited, thread, 0);
    }
    Script& request(kernel::Duration at, std::uint32_t thread) {
        return add(at, Kind::lock_request, thread, 0);
    }
    Script& grant(kernel::Duration at, std::uint32_t thread) {
        return add(at, Kind::lock_grant, thread, 0);
    }
    std::string drawn(const std::vector<std::string>& names) const {
        Timeline timeline;
        timeline.take(records_);
        return timeline.drawn(names);
    }

private:
    Script& add(kernel::Duration at, Kind kind, std::uint32_t thread, std::uint64_t detail) {
        records_.push_back(record::make(kernel::Time{at}, kind, thread, 0, detail));
        return *this;
    }

    std::vector<kernel::Record> records_;
};

}  // namespace

TEST_CASE("timeline: a row a thread, a letter a state", "[report]") {
    // 72 ms on 72 columns: a column is a millisecond.
    Script script;
    script.create(0ms, 0).state(0ms, 0, State::running);
    script.create(8ms, 1).state(8ms, 1, State::cpu_wait).state(12ms, 1, State::running);
    script.request(16ms, 1).state(16ms, 1, State::blocked);  // off the CPU: waits for the lock
    script.state(36ms, 0, State::io).grant(36ms, 1).state(36ms, 1, State::running);
    script.state(60ms, 0, State::blocked).exit(60ms, 1);
    script.state(68ms, 0, State::running).exit(72ms, 0);
    CHECK(script.drawn({"main", "worker 1"}) ==
          "main     |####################################~~~~~~~~~~~~~~~~~~~~~~~~        ####|\n"
          "worker 1 |        ....####LLLLLLLLLLLLLLLLLLLL########################            |\n"
          "          0                                36.0 ms                         72.0 ms\n"
          "# running   L lock wait   . CPU wait   ~ I/O   blank: blocked, or not there\n");
}

TEST_CASE("timeline: a thread that runs while it asks for the lock is running", "[report]") {
    Script script;
    script.create(0ms, 0).state(0ms, 0, State::running).request(0ms, 0).exit(72ms, 0);
    CHECK(script.drawn({"main"}).find(std::string(72, '#')) != std::string::npos);
}

TEST_CASE("timeline: a column shows what had most of it", "[report]") {
    // 720 ms: a column is 10 ms, of which 4 run and 6 wait for a CPU.
    Script script;
    script.create(0ms, 0);
    for (auto at = 0ms; at < 720ms; at += 10ms)
        script.state(at, 0, State::running).state(at + 4ms, 0, State::cpu_wait);
    script.exit(720ms, 0);
    CHECK(script.drawn({"main"}).find(std::string(72, '.')) != std::string::npos);
}

TEST_CASE("timeline: a thread still there at the end is drawn up to it", "[report]") {
    Script script;
    script.create(0ms, 0).state(0ms, 0, State::running).create(72ms, 1);
    CHECK(script.drawn({"main", "late"}).find(std::string(72, '#')) != std::string::npos);
}

TEST_CASE("timeline: an hour is drawn like a second", "[report]") {
    Script script;
    script.create(0ms, 0).state(0ms, 0, State::running);
    script.state(30min, 0, State::io).exit(60min, 0);
    CHECK(script.drawn({"main"}).find(std::string(36, '#') + std::string(36, '~')) !=
          std::string::npos);
}

TEST_CASE("timeline: a run without time is an empty chart", "[report]") {
    CHECK(Script().create(0ms, 0).drawn({"main"}).find("main |" + std::string(72, ' ') + "|") !=
          std::string::npos);
}

}  // namespace interlock::report
