#include <string>
#include <string_view>

#include "tests/support/catch.hpp"
#include "tests/unit/config/texts.hpp"

namespace interlock::config {

namespace {

std::string names(const std::string& strategies, const std::vector<std::string>& set = {}) {
    return strategies_of(
        load_text(with_strategies(strategies), "a.yaml",
                  {.set = set, .machine = {}, .interpreter = {}, .seed = {}, .replications = {}}));
}

models::Case last_case(const std::string& strategies) {
    return load_text(with_strategies(strategies), "a.yaml").cases.back();
}

hardware::Device preset(std::string_view name) {
    for (const auto& one : hardware::device_presets())
        if (one.name == name) return one.make();
    return {};
}

}  // namespace

TEST_CASE("strategies: a list where one value is expected is a strategy a value", "[config]") {
    CHECK(names("[threads: [1, 2, 4]]") == "threads: 1; threads: 2; threads: 4");
    CHECK(names("[{direct: {}, os: {policy: [eevdf, fifo]}}]") ==
          "direct: {}, os: {policy: eevdf}; direct: {}, os: {policy: fifo}");
    CHECK(names("[{direct: {}, os: {policy: {round_robin: {quantum: [1ms, 2ms]}}}}]") ==
          "direct: {}, os: {policy: {round_robin: {quantum: 1ms}}}; "
          "direct: {}, os: {policy: {round_robin: {quantum: 2ms}}}");
}

TEST_CASE("strategies: lists are crossed, the first varies slowest", "[config]") {
    CHECK(names("[{threads: [1, 4], interpreter: [cpython-3.9, cpython-3.11]}]") ==
          "threads: 1, interpreter: cpython-3.9; threads: 1, interpreter: cpython-3.11; "
          "threads: 4, interpreter: cpython-3.9; threads: 4, interpreter: cpython-3.11");
}

TEST_CASE("strategies: lists of list-valued fields stay", "[config]") {
    CHECK(names("[{threads: 1, machine: {speed: [1, 1, 0.5, 0.5]}}]") ==
          "threads: 1, machine: {speed: [1, 1, 0.5, 0.5]}");
    CHECK(names("[{threads: 1, interpreter: {speed: [1, 2]}}]") ==
          "threads: 1, interpreter: {speed: 1}; threads: 1, interpreter: {speed: 2}");
    CHECK(names("[{threads: 1, set: {programs.p: [yield, yield]}}]") ==
          "threads: 1, set: {programs.p: [yield, yield]}");
    CHECK(names("[{threads: 1, set: {programs.p.0.compute: {choice: [1ms, 2ms]}}}]") ==
          "threads: 1, set: {programs.p.0.compute: {choice: [1ms, 2ms]}}");
}

TEST_CASE("strategies: the name is the text as written, or what is given", "[config]") {
    CHECK(names("[serial, {direct: {}}, {start: spawn, processes: 4}]") ==
          "serial; direct; start: spawn, processes: 4");
    CHECK(names("[serial, {threads: 2, name: a pair}, {threads: 2, baseline: a pair}]") ==
          "serial; a pair; threads: 2");
}

TEST_CASE("strategies: options become what they say", "[config]") {
    const auto pool =
        last_case("[{processes: 4, pool: true, chunksize: 2, start: spawn}]").strategy;
    CHECK(pool.kind == models::StrategyKind::processes);
    CHECK(pool.pool);
    CHECK(pool.chunksize == 2);
    CHECK(pool.start == interpreter::StartMethod::spawn);
    CHECK_FALSE(pool.ready);
    CHECK(pool.options.at(3) == std::pair<std::string, std::string>{"start", "\"spawn\""});
    CHECK(last_case("[{threads: 4, ready: true}]").strategy.ready);
    CHECK(last_case("[serial, {threads: 4, baseline: serial}]").strategy.baseline == "serial");
}

TEST_CASE("strategies: workers are ready beforehand where tasks arrive by rate", "[config]") {
    const auto text = file_with("compute: 1ms", "{program: p, arrive: {every: 5ms}, count: 3}",
                                "[serial, threads: 2, {threads: 2, ready: false}, direct]");
    const auto scenario = load_text(text, "a.yaml");
    CHECK_FALSE(scenario.cases.at(0).strategy.ready);
    CHECK(scenario.cases.at(1).strategy.ready);
    CHECK_FALSE(scenario.cases.at(2).strategy.ready);
    CHECK_FALSE(scenario.cases.at(3).strategy.ready);
}

TEST_CASE("strategies: overrides go over the scenario's own", "[config]") {
    CHECK(last_case("[{threads: 1, machine: {threads_per_core: 2}}]").machine.cpus() == 8);
    CHECK(last_case("[{threads: 1, machine: xeon-8180}]").machine.cpus() == 56);
    CHECK(last_case("[{threads: 1, machine: {preset: xeon-8180, cores: 2}}]").machine.cpus() == 4);
    CHECK(last_case("[{threads: 1, os: {policy: fifo}}]").os.policy == "fifo");
    const auto other = last_case("[{threads: 1, interpreter: cpython-3.10}]");
    CHECK(other.runtime.speed.ppm == 800'000);
    CHECK(other.reference.ppm == 1'000'000);
    const auto faster = last_case("[{threads: 1, interpreter: {lock: none}}]");
    CHECK_FALSE(faster.runtime.has_lock());
    CHECK(faster.runtime.name == "cpython-3.11, lock: none");
    CHECK(last_case("[{threads: 1, set: {tasks.p.count: 9}}]").workload.tasks.at(0).count == 9);
}

TEST_CASE("strategies: devices go over the scenario's by name", "[config]") {
    const std::string text =
        "machine: {devices: {disk: nvme, net: lan}}\ninterpreter: none\n"
        "programs: {p: [{io: {device: disk}}]}\ntasks: [{program: p}]\n"
        "strategies: [{direct: {}, machine: {devices: {disk: {servers: 2}}}}]\n";
    const auto devices = [&](const Overrides& overrides) {
        return load_text(text, "a.yaml", overrides).cases.at(0).machine.devices;
    };
    const auto own = devices({});
    REQUIRE(own.size() == 2);
    CHECK(own[0].servers == 2);
    CHECK(own[0].bandwidth == preset("nvme").bandwidth);
    CHECK(own[0].service == preset("nvme").service);
    CHECK(own[1].latency == workload::Amount::of(100'000));
    const auto other = text.substr(0, text.find("strategies")) +
                       "strategies: [{direct: {}, machine: laptop-2019}, {name: b, direct: {}, "
                       "machine: {preset: laptop-2019, devices: {net: wan}}}]\n";
    const auto cases = load_text(other, "a.yaml").cases;
    CHECK(cases.at(0).machine.devices.size() == 2);
    CHECK(cases.at(0).machine.cpus() == 8);
    REQUIRE(cases.at(1).machine.devices.size() == 2);
    CHECK(cases.at(1).machine.devices[1].latency == workload::Amount::of(40'000'000));
    // A machine of the command line has them too; a field of a preset may be set.
    Overrides overrides;
    overrides.machine = "xeon-8180";
    CHECK(devices(overrides).size() == 2);
    overrides.set = {"machine.devices.net.iops=5/s"};
    CHECK(devices(overrides)[1].iops == 5);
    CHECK(devices(overrides)[1].latency == own[1].latency);
}

TEST_CASE("strategies: a device's fields go over the scenario's, a preset replaces all of them",
          "[config]") {
    const auto disk = [](const std::string& said, const std::string& over,
                         const std::string& machine = "") {
        const auto text = "machine: {devices: {disk: " + said +
                          "}}\ninterpreter: none\nprograms: {p: [{io: {device: disk}}]}\n"
                          "tasks: [{program: p}]\nstrategies: [{direct: {}, machine: {" +
                          machine + "devices: {disk: " + over + "}}}]\n";
        return load_text(text, "a.yaml").cases.at(0).machine.devices.at(0);
    };
    const std::string said = "{servers: 3, service: 8ms, iops: 9/s}";
    for (const auto* const machine : {"", "cores: 2, ", "preset: laptop-2019, "}) {
        const auto it = disk(said, "{service: 5ms, iops: unlimited}", machine);
        CHECK(it.servers == 3);
        CHECK(it.service == workload::Amount::of(5'000'000));
        CHECK_FALSE(it.iops);
    }
    auto hdd = preset("hdd");
    hdd.name = "disk";
    CHECK(disk(said, "hdd") == hdd);
    hdd.servers = 7;
    CHECK(disk(said, "{preset: hdd, servers: 7}") == hdd);
    CHECK(disk("hdd", "{servers: 7}") == hdd);
    CHECK(disk("{preset: hdd, servers: 2}", "{servers: 7}") == hdd);
    // The cache is one field.
    CHECK(disk("{cache: {hits: 50%, dirty: 1MiB}}", "{cache: {hits: 10%}}").cache ==
          hardware::Cache{.hits = 0.1});
}

TEST_CASE("strategies: costs go over the scenario's costs one by one", "[config]") {
    const auto text = "machine: {costs: {syscall: 1us, migration: 9us}}\ninterpreter: none\n"
                      "programs: {p: [yield]}\ntasks: [{program: p}]\n"
                      "strategies: [{direct: {}, machine: {costs: {syscall: 2us}}}]\n";
    const auto costs = load_text(text, "a.yaml").cases.at(0).machine.costs;
    CHECK(costs.syscall == kernel::Duration{2'000});
    CHECK(costs.migration == kernel::Duration{9'000});
}

TEST_CASE("strategies: a list in --set gives rows", "[config]") {
    CHECK(names("[serial, threads: 2]", {"machine.cores=[1, 2]"}) ==
          "serial, machine.cores: 1; threads: 2, machine.cores: 1; "
          "serial, machine.cores: 2; threads: 2, machine.cores: 2");
    CHECK(names("[serial]", {"machine.cores=[1, 2]", "tasks.p.count=[3, 4]"}) ==
          "serial, machine.cores: 1, tasks.p.count: 3; serial, machine.cores: 1, tasks.p.count: 4; "
          "serial, machine.cores: 2, tasks.p.count: 3; serial, machine.cores: 2, tasks.p.count: 4");
    CHECK(names("[serial]", {"strategies=[direct, threads: 2]"}) == "direct; threads: 2");
}

TEST_CASE("strategies: baselines and expectations follow the rows", "[config]") {
    const auto scenario = load_text(
        file_with("compute: 1ms", "{program: p}", "[serial, threads: 2]",
                  "baseline: serial\nexpect: [{strategy: serial, field: ended, equals: done}]\n"),
        "a.yaml",
        {.set = {"machine.cores=[1, 2]"},
         .machine = {},
         .interpreter = {},
         .seed = {},
         .replications = {}});
    CHECK(scenario.cases.at(1).strategy.baseline == "serial, machine.cores: 1");
    CHECK(scenario.cases.at(3).strategy.baseline == "serial, machine.cores: 2");
    REQUIRE(scenario.expectations.size() == 2);
    CHECK(scenario.expectations.at(1).strategy == "serial, machine.cores: 2");
}

TEST_CASE("strategies: an expectation may tell the options in any order", "[config]") {
    const auto text = file_with("compute: 1ms", "{program: p}",
                                "[serial, {processes: 4, start: spawn, name: mine}]",
                                "expect: [{strategy: {start: spawn, processes: 4}, field: speedup, "
                                "at_least: 1}]\n");
    CHECK(load_text(text, "a.yaml").expectations.at(0).strategy == "mine");
}

TEST_CASE("strategies: lists that stand for too many are refused", "[config]") {
    std::string numbers;
    for (int i = 1; i <= 200; ++i) numbers += (i == 1 ? "" : ", ") + std::to_string(i);
    const auto list = "[" + numbers + "]";
    const auto error =
        error_of(with_strategies("[{processes: " + list + ", chunksize: " + list + "}]"));
    CHECK(error.find("these lists stand for too many strategies") != std::string::npos);
}

}  // namespace interlock::config
