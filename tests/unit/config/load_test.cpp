#include <string>
#include <variant>

#include "tests/support/catch.hpp"
#include "tests/unit/config/texts.hpp"

namespace interlock::config {

namespace {

using namespace std::chrono_literals;
using namespace workload;

models::Case only_case(const std::string& text) {
    auto scenario = load_text(text, "dir/a.yaml");
    REQUIRE(scenario.cases.size() == 1);
    return scenario.cases.front();
}

template <typename T>
T first_step(const std::string& step, const std::string& rest = "") {
    const auto question = only_case(with_step(step) + rest);
    return std::get<T>(question.workload.programs.at(0).steps.at(0).kind);
}

}  // namespace

TEST_CASE("load: the scenario of the design", "[config]") {
    const auto scenario = load_text(R"(
name: random strings
machine: i7-8700k
interpreter: cpython-3.11
x-why: [whatever, {stands: here}]
programs:
  random_string:
    - compute: 40us
tasks:
  - {program: random_string, count: 4}
strategies:
  - serial
  - threads: 4
  - processes: 4
expect:
  - {strategy: {threads: 4}, field: speedup, at_most: 1.0, source: "…"}
  - {strategy: {processes: 4}, field: makespan_s, equals: 8ms, within: 20%}
  - {strategy: serial, field: ended, equals: deadlock}
)",
                                    "dir/a.yaml");
    CHECK(scenario.name == "random strings");
    CHECK(scenario.file == "dir/a.yaml");
    CHECK(scenario.seed == 1);
    CHECK_FALSE(scenario.replications);
    CHECK(strategies_of(scenario) == "serial; threads: 4; processes: 4");
    const auto& threads = scenario.cases.at(1);
    CHECK(threads.strategy.kind == models::StrategyKind::threads);
    CHECK(threads.strategy.workers == 4);
    CHECK(threads.strategy.options ==
          std::vector<std::pair<std::string, std::string>>{{"threads", "4"}});
    CHECK(threads.machine.cpus() == 12);
    CHECK(threads.machine.name == "i7-8700k");
    CHECK(threads.runtime.lock == "cpython-3.2");
    CHECK(threads.reference.ppm == 1'000'000);
    CHECK(threads.workload.tasks.at(0).count == 4);
    CHECK(threads.workload.tasks.at(0).name == "random_string");

    REQUIRE(scenario.expectations.size() == 3);
    const auto& bound = scenario.expectations.at(0);
    CHECK(bound.strategy == "threads: 4");
    CHECK(bound.at_most == 1.0);
    CHECK(bound.source == "…");
    CHECK(bound.where == "dir/a.yaml:16:5");
    const auto& equal = scenario.expectations.at(1);
    CHECK(equal.equals == Approx(0.008));
    CHECK(equal.within == Approx(0.2));
    CHECK(scenario.expectations.at(2).text == "deadlock");
    CHECK_FALSE(scenario.expectations.at(2).equals);
}

TEST_CASE("load: what is left out has its default", "[config]") {
    const auto scenario = load_text("machine: {}\ninterpreter: none\nprograms: {p: [yield]}\n"
                                    "tasks: [{program: p}]\n",
                                    "dir/the_name.yaml");
    CHECK(scenario.name == "the_name");
    CHECK(strategies_of(scenario) == "serial");
    const auto& question = scenario.cases.at(0);
    CHECK(question.machine.cpus() == 1);
    CHECK(question.os == os::Settings{});
    CHECK_FALSE(question.workload.tasks.at(0).count);
}

TEST_CASE("load: steps become what they say", "[config]") {
    CHECK(first_step<Compute>("compute: 40us").time.values == std::vector<std::int64_t>{40'000});
    CHECK(first_step<Io>("io: 0us").calls == 1);
    CHECK(first_step<Io>("{io: 80ms, calls: 6}").calls == 6);
    CHECK(first_step<Put>("{put: jobs, bytes: 4KiB, timeout: 1s}").timeout == 1s);
    CHECK(first_step<Put>("{put: jobs, bytes: 4KiB}").bytes.mean == 4'096);
    CHECK(first_step<Put>("put: jobs").bytes.values == std::vector<std::int64_t>{0});
    CHECK(first_step<Notify>("notify: c").count == 1);
    CHECK(first_step<Notify>("{notify: c, count: 3}").count == 3);
    CHECK_FALSE(first_step<Notify>("{notify: c, count: all}").count);
    CHECK(first_step<Wait>("{wait: c, timeout: 5ms}").timeout == 5ms);
    CHECK(first_step<Allocate>("allocate: {name: rows, bytes: 1MiB}").bytes.mean == 1'048'576);
    CHECK(first_step<Touch>("touch: {name: rows, write: true}", "data: {name: rows, bytes: 1MiB}\n")
              .write);
    CHECK_FALSE(
        first_step<Touch>("touch: {name: rows}", "data: {name: rows, bytes: 1MiB}\n").bytes);
    CHECK(first_step<Repeat>("{repeat: 10, steps: [join, yield: {}, yield:]}").steps.size() == 3);
    CHECK(first_step<Choose>("choose: [{weight: 3, steps: [join]}, {steps: [yield]}]")
              .branches.at(0)
              .weight == 3);
}

TEST_CASE("load: a distribution keeps its parameters", "[config]") {
    const auto time = [](const std::string& text) {
        return first_step<Compute>("compute: " + text).time;
    };
    CHECK(time("{exponential: 2ms}").shape == Shape::exponential);
    CHECK(time("{exponential: 2ms}").mean == 2e6);
    CHECK(time("{uniform: [1ms, 3ms]}").low == 1e6);
    CHECK(time("{uniform: [1ms, 3ms]}").high == 3e6);
    CHECK(time("{lognormal: {mean: 2ms, cv: 1.5}}").parameter == 1.5);
    CHECK(time("{pareto: {mean: 2ms, alpha: 2.5}}").parameter == 2.5);
    CHECK(time("{erlang: {mean: 2ms, stages: 4}}").parameter == 4);
    CHECK(time("{choice: [1ms, 2ms]}").values == std::vector<std::int64_t>{1'000'000, 2'000'000});
    CHECK(time("{trace: [1ms, 2ms], x-from: a log}").shape == Shape::trace);
}

TEST_CASE("load: the place of a step is its number in the file", "[config]") {
    // p: 0 repeat { 1 choose { 2 join | 3 yield } 4 join } 5 yield; q: 6 join
    const auto question =
        only_case("machine: {}\ninterpreter: none\ntasks: [{program: p}]\nprograms:\n"
                  "  p:\n  - repeat: 2\n    steps:\n"
                  "    - choose: [{steps: [join]}, {steps: [yield]}]\n    - join\n  - yield\n"
                  "  q: [join]\n");
    const auto& p = question.workload.programs.at(0);
    const auto& repeat = std::get<Repeat>(p.steps.at(0).kind);
    const auto& choose = std::get<Choose>(repeat.steps.at(0).kind);
    CHECK(p.steps.at(0).place == 0);
    CHECK(repeat.steps.at(0).place == 1);
    CHECK(choose.branches.at(0).steps.at(0).place == 2);
    CHECK(choose.branches.at(1).steps.at(0).place == 3);
    CHECK(repeat.steps.at(1).place == 4);
    CHECK(p.steps.at(1).place == 5);
    CHECK(question.workload.programs.at(1).steps.at(0).place == 6);
}

TEST_CASE("load: names become indices in the order of their use", "[config]") {
    const auto work =
        only_case(file_with("put: b\n  - put: a\n  - get: b\n  - update: x", "{program: p}",
                            "[serial]", "queues: {a: {capacity: 10, over: pipe}}\n"))
            .workload;
    REQUIRE(work.queues.size() == 2);
    CHECK(work.queues.at(0).name == "b");
    CHECK_FALSE(work.queues.at(0).capacity);
    CHECK(work.queues.at(1).capacity == 10);
    CHECK(work.queues.at(1).over == Transport::pipe);
    CHECK(work.objects.at(0).name == "x");
}

TEST_CASE("load: tasks become what they say", "[config]") {
    const auto work =
        only_case(with_task("{program: p, name: a, count: 4, arrive: {every: 5ms}, nice: -3}\n"
                            "- {program: p, name: b, count: 4, after: {each: a}, process: web}\n"
                            "- {program: p, name: c, after: [a, b], background: true,\n"
                            "   bytes_in: {size: 64MiB, as: array}, bytes_out: 1MiB}\n"
                            "- {program: p, name: d, arrive: {poisson: 200/s}, for: 2s}"))
            .workload;
    const auto& [a, b, c, d] =
        std::tie(work.tasks.at(0), work.tasks.at(1), work.tasks.at(2), work.tasks.at(3));
    CHECK(a.arrival.kind == Arrival::Kind::every);
    CHECK(a.arrival.time == 5ms);
    CHECK(a.nice == -3);
    CHECK(b.after.at(0).each);
    CHECK(b.process == "web");
    CHECK(c.after.at(1).task == TaskId{1});
    CHECK_FALSE(c.after.at(1).each);
    CHECK(c.background);
    CHECK(c.bytes_in->as == PayloadKind::array);
    CHECK(c.bytes_out->as == PayloadKind::objects);
    CHECK(c.bytes_out->size.mean == 1'048'576);
    CHECK(d.arrival.rate_per_second == 200);
    CHECK(d.duration == 2s);
}

TEST_CASE("load: a machine is a preset, or fields over one", "[config]") {
    const auto machine = [](const std::string& text) {
        return only_case(with_machine(text)).machine;
    };
    CHECK(machine("xeon-8180").cpus() == 56);
    CHECK(machine("{preset: xeon-8180, threads_per_core: 1}").cpus() == 28);
    CHECK(machine("{preset: xeon-8180, threads_per_core: 1}").name ==
          "xeon-8180, threads_per_core: 1");
    CHECK(machine("{cores: 2, speed: [1, 0.5]}").speed_of_core(1).ppm == 500'000);
    CHECK(machine("{cores: 2, speed: 0.5}").speed_of_core(1).ppm == 500'000);
    CHECK(machine("{cores: 2, costs: none}").costs == hardware::no_costs());
    CHECK(machine("{cores: 2, costs: none}").costs_origin == "none");
    CHECK(machine("{cores: 2, costs: {syscall: 1us}}").costs.syscall == 1us);
    CHECK(machine("{cores: 2, costs: {syscall: 1us}}").costs_origin == "given");
    CHECK(machine("{cores: 2, costs: {pipe: 1GiB/s}}").costs.pipe_bytes_per_second == 1U << 30U);
    CHECK(machine("i7-8700k").costs_origin == "default");
    CHECK(machine("{preset: i7-8700k, memory: 4GiB}").memory == 4ULL << 30U);
    CHECK_FALSE(machine("{preset: i7-8700k, memory: none}").memory);
}

TEST_CASE("load: an interpreter and an os likewise", "[config]") {
    const auto runtime = [](const std::string& text) {
        return only_case(with_interpreter(text)).runtime;
    };
    CHECK_FALSE(runtime("none").has_lock());
    CHECK(runtime("{preset: cpython-3.11, lock: {cpython-3.2: {switch_interval: 1ms}}}")
              .switch_interval == 1ms);
    CHECK(runtime("{preset: none, lock: cpython-3.2}").switch_interval == 5ms);
    CHECK(runtime("{preset: cpython-3.11, lock: none, speed: 2}").speed.ppm == 2'000'000);
    CHECK(runtime("{start: spawn}").start == interpreter::StartMethod::spawn);

    const auto settings = [](const std::string& text) {
        return only_case(with_rest("os: " + text + "\n")).os;
    };
    CHECK(settings("{policy: fifo, hz: 0, queues: per_cpu}").queues == os::Queues::per_cpu);
    CHECK(settings("{policy: fifo, hz: 0}").hz == 0U);
    CHECK(settings("{policy: {round_robin: {quantum: 1ms}}}").parameters.quantum == 1ms);
    CHECK_FALSE(settings("{policy: round_robin}").parameters.quantum);
    CHECK(settings("{policy: {eevdf: {linux: 6.6}}}").parameters.release == os::LinuxRelease::v6_6);
    CHECK(settings("{policy: {eevdf: {linux: \"6.12\", slice: 3ms}}}").parameters.slice == 3ms);
    CHECK(settings("{policy: {eevdf: {preempt: lazy}}}").parameters.lazy);
    CHECK(settings("{policy: eevdf}").parameters.release == os::LinuxRelease::v6_17);
    CHECK(settings("{quota: {cpus: 0.5, period: 10ms}}").quota->quota == 5ms);
    CHECK_FALSE(settings("{quota: none}").quota);
    CHECK(settings("{c_library: fifo}").c_library == os::CLibrary::fifo);
}

TEST_CASE("load: an os is a preset, or fields over one", "[config]") {
    const auto os_of = [](const std::string& os, const std::string& strategy = "serial") {
        return load_text("machine: {cores: 1}\ninterpreter: none\nos: " + os +
                             "\nprograms: {p: [join]}\ntasks: [{program: p}]\nstrategies: [" +
                             strategy + "]\n",
                         "test.yaml")
            .cases.at(0)
            .os;
    };
    using os::LinuxRelease;
    CHECK(os_of("linux-5.15").policy == "cfs");
    CHECK(os_of("linux-2.6.22").hz == 250);
    CHECK(os_of("linux-6.6").parameters.release == LinuxRelease::v6_6);
    // A policy of the same name goes on from the preset's, another one from its own.
    CHECK(os_of("{preset: linux-6.6, policy: eevdf}").parameters.release == LinuxRelease::v6_6);
    CHECK(os_of("{preset: linux-6.6, policy: {eevdf: {slice: 3ms}}}").parameters.release ==
          LinuxRelease::v6_6);
    CHECK(os_of("{preset: linux-6.6, policy: cfs}").parameters == os::PolicyParameters{});
    // By a strategy, field by field and path by path.
    const auto set = os_of("linux-6.6", "{serial: {}, set: {os.hz: 100}}");
    CHECK(set.hz == 100);
    CHECK(set.parameters.release == LinuxRelease::v6_6);
    CHECK(os_of("linux-6.6", "{serial: {}, os: {hz: 100}}").parameters.release ==
          LinuxRelease::v6_6);
    CHECK(os_of("linux-6.6", "{serial: {}, os: windows}").policy == "windows");
}

TEST_CASE("load: options of the command line go over the file", "[config]") {
    const auto scenario = load_text(
        with_machine("i7-8700k"), "a.yaml",
        {.set = {"machine.cores=8", "tasks.p.count=40", "programs.p.0.compute=5ms", "until=3s"},
         .machine = {},
         .interpreter = "none",
         .seed = 7,
         .replications = 3});
    const auto& question = scenario.cases.at(0);
    CHECK(question.machine.cpus() == 16);
    CHECK(question.machine.name == "i7-8700k, cores: 8");
    CHECK(question.workload.tasks.at(0).count == 40);
    CHECK(std::get<Compute>(question.workload.programs.at(0).steps.at(0).kind).time.mean == 5e6);
    CHECK(question.runtime.name == "none");
    CHECK(scenario.until == 3s);
    CHECK(scenario.seed == 7);
    CHECK(scenario.replications == 3);
    CHECK(question.strategy.name == "serial");
}

TEST_CASE("load: a quantum that a switch uses up is no strategy", "[config]") {
    const auto scenario = load_text(
        "machine: {cores: 1, costs: {context_switch: 2us}}\ninterpreter: none\n"
        "os: {policy: {round_robin: {quantum: 2us}}}\nprograms: {p: [{compute: 1ms}]}\n"
        "tasks: [{program: p}]\nstrategies: [serial, {direct: {}, machine: {costs: none}}]\n",
        "a.yaml");
    CHECK(scenario.cases[0].unavailable ==
          "a quantum of 2us is used up by the switch to a thread, which costs 2us");
    CHECK_FALSE(scenario.cases[1].unavailable);
}

}  // namespace interlock::config
