// Samples are taken from a driver that is a shell script, so that what disturbs
// them is known.

#include "sim/host/rounds.hpp"

#include <sys/stat.h>

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::host {
namespace {

const std::string one_nap = R"(
machine: {cores: 2}
interpreter: cpython-3.11
programs: {nap: [{sleep: 1ms}]}
tasks: [{program: nap}]
strategies: [serial]
)";

/// A driver that answers by a shell script; `$count` is how often it has run.
class Scripted {
public:
    explicit Scripted(const std::string& body) {
        const auto file = folder_.path() / "driver.sh";
        std::ofstream(file) << fmt::format(
            "count=$(cat {0}/count 2>/dev/null || echo 0); count=$((count + 1)); echo $count > "
            "{0}/count\n{1}\n",
            folder_.path().string(), body);
        driver_ = std::make_unique<Driver>("scripted",
                                           std::vector<std::string>{"/bin/sh", file.string()});
    }
    const Driver& driver() const { return *driver_; }
    int runs() const {
        int count = 0;
        std::ifstream(folder_.path() / "count") >> count;
        return count;
    }

private:
    ScratchFolder folder_;
    std::unique_ptr<Driver> driver_;
};

std::string answer(const std::string& makespan, const std::string& rate_after = "100") {
    return R"(echo '{"driver": 1, "makespan_s": )" + makespan +
           R"(, "cpu_s": 0.5, "marks": [], "rates": {"before": {"compute": 100}, "after": )" +
           R"({"compute": )" + rate_after + "}}}'";
}

Samples measured(const Scripted& scripted, std::uint32_t rounds) {
    const auto scenario = support::scenario(one_nap);
    RoundsOptions options{.rounds = rounds};
    const ScratchFolder nothing;  // what others do at the time is not what is tested
    options.root = nothing.path();
    return measure({{.question = &scenario.cases.front(), .driver = &scripted.driver()}}, options)
        .front();
}

TEST_CASE("rounds: the first is a warm-up, and dropped", "[host]") {
    const Scripted scripted(answer("'$count'"));
    const auto samples = measured(scripted, 3);
    CHECK(scripted.runs() == 4);
    REQUIRE(samples.kept.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(samples.kept[i].replication == i);
        CHECK(samples.kept[i].makespan == static_cast<double>(i + 2));
        CHECK(samples.kept[i].cpu == 0.5);
    }
}

TEST_CASE("rounds: a sample whose loop changed its speed is measured again", "[host]") {
    // The second run, the first that counts, went 40 % slower after it than before.
    const Scripted scripted("if [ $count = 2 ]; then " + answer("1", "60") + "; else " +
                            answer("2") + "; fi");
    const auto samples = measured(scripted, 1);
    CHECK(scripted.runs() == 3);
    CHECK(samples.repeated == 1);
    CHECK(samples.lost == 0);
    REQUIRE(samples.kept.size() == 1);
    CHECK(samples.kept.front().makespan == 2);
}

TEST_CASE("rounds: what stays disturbed is left out, after a few attempts", "[host]") {
    const Scripted scripted(answer("1", "200"));
    const auto samples = measured(scripted, 2);
    CHECK(scripted.runs() == 1 + 2 * 3);  // the warm-up, and three attempts a round
    CHECK(samples.kept.empty());
    CHECK(samples.repeated == 4);
    CHECK(samples.lost == 2);
}

TEST_CASE("rounds: a step that cannot be run is asked for once", "[host]") {
    const Scripted scripted(R"(echo '{"driver": 1, "unable": "barrier: there is none"}')");
    const auto samples = measured(scripted, 5);
    CHECK(scripted.runs() == 1);
    CHECK(samples.skipped == "barrier: there is none");
}

TEST_CASE("rounds: one that crashes has failed, and so has one that answers nonsense", "[host]") {
    const Scripted crashes("echo 'Segmentation fault' >&2; kill -SEGV $$");
    CHECK(measured(crashes, 5).failed == "scripted was killed by signal 11: Segmentation fault");
    CHECK(crashes.runs() == 1);
    const Scripted nonsense("echo '{\"driver\": 1}'");
    const auto samples = measured(nonsense, 5);
    REQUIRE(samples.failed);
    CHECK(samples.failed->substr(0, 18) == "scripted answered:");
}

TEST_CASE("rounds: a sample is disturbed by what others had, or by a changed speed", "[host]") {
    CHECK_FALSE(Sample{.steal = 0.01, .others = 0.05, .drift = 0.25}.disturbed());
    CHECK(Sample{.steal = 0.011}.disturbed());
    CHECK(Sample{.others = 0.051}.disturbed());
    CHECK(Sample{.drift = 0.26}.disturbed());
    CHECK(Sample{.throttled = 1}.disturbed());
}

TEST_CASE("rounds: latencies are between the marks of one instance", "[host]") {
    const auto found = latencies(nlohmann::json::parse(
        "[[0, 0, 1.0], [1, 0, 1.5], [0, 1, 1.25], [1, 1, 3.5], [0, 0, 2.25]]"));
    REQUIRE(found.size() == 3);
    CHECK(found[0].seconds == 0.25);
    CHECK(found[1].from == 1);  // from an answer to the next question
    CHECK(found[1].seconds == 1);
    CHECK(found[2].seconds == 2);
}

}  // namespace
}  // namespace interlock::host
