#include "sim/app/options.hpp"

#include "sim/app/commands.hpp"
#include "sim/app/progress.hpp"
#include "tests/support/catch.hpp"

namespace interlock::app {

TEST_CASE("options: run takes a scenario and what overrides it", "[app]") {
    const auto options = parse_run({"--set", "machine.cores=8", "x.yaml", "--set=tasks.a.count=2",
                                    "--seed", "7", "--replications=3", "--machine", "i7-8700k",
                                    "--interpreter=cpython-3.9", "--timeline"});
    CHECK(options.scenario == "x.yaml");
    CHECK(options.overrides.set == std::vector<std::string>{"machine.cores=8", "tasks.a.count=2"});
    CHECK(options.overrides.seed == 7U);
    CHECK(options.overrides.replications == 3U);
    CHECK(options.overrides.machine == "i7-8700k");
    CHECK(options.overrides.interpreter == "cpython-3.9");
    CHECK(options.timeline);
    CHECK(options.format == Format::table);
}

TEST_CASE("options: pictures stand below the table, and only there", "[app]") {
    const auto options = parse_run({"x.yaml", "--timehist", "--map"});
    CHECK(options.timehist);
    CHECK(options.map);
    CHECK_FALSE(options.timeline);
    CHECK_THROWS_WITH(parse_run({"x.yaml", "--timehist", "--json"}),
                      "--timehist belongs to the table, not to --json or --csv");
    CHECK_THROWS_WITH(parse_run({"x.yaml", "--map", "--csv"}),
                      "--map belongs to the table, not to --json or --csv");
}

TEST_CASE("options: nothing is overridden unless it is said", "[app]") {
    const auto options = parse_run({"x.yaml", "--json"});
    CHECK(options.format == Format::json);
    CHECK(options.overrides.set.empty());
    CHECK_FALSE(options.overrides.machine);
    CHECK_FALSE(options.overrides.seed);
    CHECK_FALSE(options.overrides.replications);
}

TEST_CASE("options: what makes no sense is refused with what was expected", "[app]") {
    CHECK_THROWS_WITH(parse_run({}),
                      "run: expected one scenario, got none; see 'interlock run --help'");
    CHECK_THROWS_WITH(parse_run({"a", "b"}),
                      "run: expected one scenario, got 2; see 'interlock run --help'");
    CHECK_THROWS_WITH(parse_run({"a", "--seed", "-1"}),
                      "--seed: expected a whole number from 0 to 18446744073709551615, got '-1'");
    CHECK_THROWS_WITH(parse_run({"a", "--replications", "0"}),
                      "--replications: expected a whole number from 1 to 100000, got '0'");
    CHECK_THROWS_WITH(parse_run({"a", "--replications", "3x"}),
                      "--replications: expected a whole number from 1 to 100000, got '3x'");
    CHECK_THROWS_WITH(parse_run({"a", "--json", "--csv"}), "--json and --csv exclude each other");
    CHECK_THROWS_WITH(parse_run({"a", "--trace", "t"}), "--trace is not built yet");
}

TEST_CASE("options: validate takes scenarios and what to run them with", "[app]") {
    const auto options =
        parse_validate({"a.yaml", "folder", "--with", "/x/python3", "--with=/y/python3",
                        "--backend", "builtin", "--rounds=8", "--within", "5%", "--markdown"});
    CHECK(options.scenarios == std::vector<std::string>{"a.yaml", "folder"});
    CHECK(options.with == std::vector<std::string>{"/x/python3", "/y/python3"});
    CHECK(options.backends == std::vector<std::string>{"builtin"});
    CHECK(options.rounds == 8);
    REQUIRE(options.within);
    CHECK(*options.within == Approx(0.05));
    CHECK(options.output == ValidateOptions::Output::markdown);
    CHECK_FALSE(parse_validate({"a.yaml"}).within);
    CHECK_THROWS_AS(parse_validate({}), UsageError);
    CHECK_THROWS_AS(parse_validate({"a", "--json", "--markdown"}), UsageError);
    CHECK_THROWS_AS(parse_validate({"a", "--rounds", "0"}), UsageError);
}

TEST_CASE("options: calibrate measures the host unless it is kept", "[app]") {
    CHECK(parse_calibrate({}).host);
    CHECK_FALSE(parse_calibrate({"--keep-host"}).host);
    CHECK(parse_calibrate({"--with=/x/python3"}).with == std::vector<std::string>{"/x/python3"});
    CHECK_THROWS_AS(parse_calibrate({"x.yaml"}), UsageError);
}

TEST_CASE("options: a misspelt word gets a suggestion", "[app]") {
    CHECK_THROWS_WITH(parse_run({"a", "--jsn"}), "unknown option '--jsn'; did you mean '--json'?");
    CHECK_THROWS_WITH(obey({"rum"}), "unknown command 'rum'; did you mean 'run'?");
    CHECK_THROWS_WITH(
        obey({"--versoin"}),
        "unknown option '--versoin' in place of a command; did you mean '--version'?");
    CHECK_THROWS_WITH(obey({"list", "lock"}), "list: unknown kind 'lock'; did you mean 'locks'?");
}

TEST_CASE("options: an abbreviation is no option", "[app]") {
    CHECK_THROWS_AS(parse_run({"a", "--js"}), UsageError);
}

TEST_CASE("commands: what is not built yet says so", "[app]") {
    for (const auto* const name : {"advise", "sweep", "schema"})
        CHECK_THROWS_WITH(obey({name}), std::string(name) + " is not built yet");
}

TEST_CASE("progress: the bar fills from the left", "[app]") {
    CHECK(bar(0, 20, "rounds", 0) == "[..............................] 0 of 20 rounds");
    // Half of it took 3 s, so the other half will.
    CHECK(bar(10, 20, "rounds", 3) == "[###############...............] 10 of 20 rounds, 3 s left");
    CHECK(bar(20, 20, "rounds", 6) == "[##############################] 20 of 20 rounds");
    CHECK(bar(0, 0, "rounds", 0) == "[..............................] beginning");
}

}  // namespace interlock::app
