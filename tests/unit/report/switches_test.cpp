#include "sim/report/switches.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace interlock::report {

using namespace std::chrono_literals;
using record::Kind;
using record::State;

namespace {

/// Writes records down as a run would.
class Script {
public:
    Script& state(kernel::Duration at, std::uint32_t thread, State state, std::uint16_t cpu) {
        return add(at, Kind::thread_state, thread, cpu, static_cast<std::uint64_t>(state));
    }
    Script& exit(kernel::Duration at, std::uint32_t thread) {
        return add(at, Kind::thread_exited, thread, 0, 0);
    }
    const std::vector<kernel::Record>& records() const { return records_; }

private:
    Script& add(kernel::Duration at, Kind kind, std::uint32_t thread, std::uint16_t cpu,
                std::uint64_t detail) {
        records_.push_back(record::make(kernel::Time{at}, kind, thread, cpu, detail));
        return *this;
    }

    std::vector<kernel::Record> records_;
};

//           ms  0         1    1.5      3       4    5     5.25      6    7        8        10
// cpu 0         main                    (I/O)   idle
// cpu 1         idle           worker           (blocked)  main           worker   main     (end)
// woken                   worker                     main           worker
Script two_threads() {
    Script script;
    script.state(0ms, 0, State::cpu_wait, 0).state(0ms, 0, State::running, 0);
    script.state(1ms, 1, State::cpu_wait, 1).state(1500us, 1, State::running, 1);
    script.state(3ms, 0, State::io, 0).state(4ms, 1, State::blocked, 1);
    script.state(5ms, 0, State::cpu_wait, 1).state(5250us, 0, State::running, 1);
    script.state(6ms, 1, State::cpu_wait, 1);
    script.state(7ms, 0, State::cpu_wait, 1).state(7ms, 1, State::running, 1);
    script.exit(8ms, 1).state(8ms, 0, State::running, 1).exit(10ms, 0);
    return script;
}

std::string timehist_of(const Script& script, const std::vector<std::string>& names) {
    Switches switches;
    switches.take(script.records());
    return switches.timehist(names);
}

std::string map_of(const Script& script, const std::vector<std::string>& names, std::size_t cpus) {
    Switches switches;
    switches.take(script.records());
    return switches.map(names, cpus);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("timehist: off the CPU before, of that since the wake-up, and on it", "[report]") {
    CHECK(timehist_of(two_threads(), {"main", "worker"}) ==
          "           time    cpu  task name                   wait time  sch delay   run time\n"
          "                        [tid]                          (msec)     (msec)     (msec)\n"
          "--------------- ------  --------------------------  ---------  ---------  ---------\n"
          "       0.001500 [0001]  <idle>                          0.000      0.000      1.500\n"
          "       0.003000 [0000]  main[0]                         0.000      0.000      3.000\n"
          "       0.004000 [0001]  worker[1]                       0.000      0.500      2.500\n"
          "       0.005250 [0001]  <idle>                          2.500      0.000      1.250\n"
          "       0.007000 [0001]  main[0]                         2.250      0.250      1.750\n"
          "       0.008000 [0001]  worker[1]                       3.000      1.000      1.000\n"
          // Preempted at 7, so that nobody has to wake it.
          "       0.010000 [0001]  main[0]                         1.000      0.000      2.000\n");
}

TEST_CASE("map: a column a CPU, a line a change", "[report]") {
    CHECK(map_of(two_threads(), {"main", "worker"}, 3) ==
          "   0   1   2     cpu\n"
          "  *A0  .   .         0.000000 secs A0 => main[0]\n"
          "   A0 *B0  .         0.001500 secs B0 => worker[1]\n"
          "  *.   B0  .         0.003000 secs\n"
          "   .  *.   .         0.004000 secs\n"
          "   .  *A0  .         0.005250 secs\n"
          "   .  *B0  .         0.007000 secs\n"
          "   .  *A0  .         0.008000 secs\n"
          "   .  *.   .         0.010000 secs\n"
          "* the CPU that changed   . idle\n");
}

TEST_CASE("map: of many CPUs those are shown on which somebody ran", "[report]") {
    Script script;
    script.state(0ms, 0, State::running, 7).state(0ms, 1, State::running, 40);
    const auto text = map_of(script, {"a", "b"}, 64);
    CHECK(contains(text, "   7   40    cpu\n"));
    CHECK(contains(text, "   A0 *B0        0.000000 secs B0 => b[1]\n"));
    SECTION("and of those no more than make a line that can be read") {
        for (std::uint32_t thread = 2; thread < 34; ++thread)  // on CPUs 8 to 39
            script.state(0ms, thread, State::running, static_cast<std::uint16_t>(thread + 6));
        CHECK(contains(map_of(script, {}, 64), "and 2 more CPUs\n"));  // of 34
    }
}

TEST_CASE("map: the 27th thread is A1, as in perf", "[report]") {
    Script script;
    for (std::uint32_t thread = 0; thread < 27; ++thread)
        script.state(0ms, thread, State::running, 0)
            .state(1ms * (thread + 1), thread, State::io, 0);
    const auto text = map_of(script, {}, 1);
    CHECK(contains(text, "Z0 => thread[25]\n"));
    CHECK(contains(text, "A1 => thread[26]\n"));
}

TEST_CASE("map: beyond two letters a short name is longer, and nobody else's", "[report]") {
    // 26 letters with each of 36 behind them are 936 names; the 937th has two behind it. Threads
    // take over without a pause, so that there is a line each and all are kept.
    constexpr std::uint32_t threads = 2000;
    Script script;
    for (std::uint32_t thread = 0; thread < threads; ++thread)
        script.state(1ms * thread, thread, State::running, 0)
            .state(1ms * (thread + 1), thread, State::io, 0);
    const auto text = map_of(script, {}, 2);
    CHECK(contains(text, "  *Zz   .          0.935000 secs Zz => thread[935]\n"));
    CHECK(contains(text, "  *A10  .          0.936000 secs A10 => thread[936]\n"));
    CHECK(contains(text, "   0    1      cpu\n"));
    std::set<std::string> names;
    for (auto at = text.find(" => "); at != std::string::npos; at = text.find(" => ", at + 1))
        names.insert(text.substr(text.rfind(' ', at - 1), at - text.rfind(' ', at - 1)));
    CHECK(names.size() == threads);
}

TEST_CASE("map: more CPUs than the machine has are shown, as processor sharing has them",
          "[report]") {
    Script script;
    for (std::uint32_t thread = 0; thread < 4; ++thread)
        script.state(0ms, thread, State::running, static_cast<std::uint16_t>(thread));
    CHECK(contains(map_of(script, {}, 2), "   0   1   2   3     cpu\n"));
}

TEST_CASE("switches: a long run is told up to a bound, and how much is left out", "[report]") {
    Script script;
    for (auto i = 0; i < 6000; ++i)  // two switches each, to the thread and to idle
        script.state(1ms * i, 0, State::running, 0).state(1ms * i + 500us, 0, State::io, 0);
    CHECK(contains(timehist_of(script, {"a"}), "and 2000 more switches\n"));
    CHECK(contains(map_of(script, {"a"}, 1), "and 2000 more switches\n"));
}

TEST_CASE("switches: a long name does not move the columns", "[report]") {
    Script script;
    script.state(0ms, 0, State::running, 0).exit(1ms, 0);
    const auto text = timehist_of(script, {std::string(100, 'x')});
    CHECK(contains(text, "  xxxxxxxxxxxxxxxxxxxxxx…[0]      0.000      0.000      1.000\n"));
}

}  // namespace interlock::report
