#include "sim/host/builtin/drive.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include "sim/host/builtin/strategies.hpp"
#include "sim/host/clocks.hpp"
#include "sim/host/figure.hpp"
#include "sim/report/version.hpp"

namespace interlock::host {

namespace {

using namespace builtin;
using nlohmann::json;

json identify() {
    return {{"driver", 1},
            {"implementation", "builtin"},
            {"version", report::version},
            {"free_threaded", false},
            {"executable", std::filesystem::read_symlink("/proc/self/exe").string()}};
}

/// Ends the process at once: what runs in the background still uses all that is
/// alive here.
[[noreturn]] void tell(const json& answer) {
    std::cout << answer << std::endl;
    _exit(std::cout.good() ? 0 : 1);
}

[[noreturn]] void run(const json& request, const std::string& folder) {
    const auto& text = request.at("plan");
    const auto plan = read_plan(text);
    const auto before = rates_of(text, 0.02);
    const auto apart = instances_of(plan, std::nullopt).size() < plan.instances.size();
    Shared shared(plan, plan.kind == "processes" || apart);
    // So that the others are up when it begins.
    const auto zero = wall_ns() + (apart ? 20e6 : 0);
    Runner runner({.plan = &plan,
                   .shared = &shared,
                   .rates = before,
                   .slack_ns = request.value("slack_ns", std::int64_t{0}),
                   .folder = folder,
                   .zero_ns = zero});
    Outsiders outsiders(runner);
    const char me = 0;
    runner.lock().take(&me);
    Board board(plan, instances_of(plan, std::nullopt), [&] { return runner.now(); });
    if (plan.kind == "threads") rehearse(runner, &me);
    Shared::rehearse(plan);
    constexpr double spin = 2e6;  // so that all begin at the same moment
    while (wall_ns() < zero)
        if (zero - wall_ns() > spin) usleep(100);
    const auto begin = wall_ns();
    if (!apart) runner.begin(begin);
    const auto used = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN);
    run_strategy(runner, board, &me);
    auto end = wall_ns();
    {
        const Released released(runner.lock(), &me);
        outsiders.join();
    }
    for (std::uint32_t i = 0; i < plan.instances.size(); ++i)
        if (const auto& task = plan.task_of(i); task.process && !task.background)
            end = std::max(end, zero + shared.time(i, true) * 1e9);
    const auto makespan = (end - begin) / 1e9;
    auto answer = identify();
    answer["makespan_s"] = makespan;
    answer["cpu_s"] = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN) - used;
    answer["tasks"] = json::array();
    for (std::uint32_t i = 0; i < plan.instances.size(); ++i)
        answer["tasks"].push_back({shared.time(i, false), shared.time(i, true)});
    answer["objects"] = runner.objects();
    answer["marks"] = json::array();
    for (const auto& one : runner.all_marks())
        answer["marks"].push_back({one.instance, one.mark, one.at});
    answer["rates"] = {{"before", before}, {"after", rates_of(text, 0.012)}};
    tell(answer);
}

json figure_json(const Figure& it) {
    return {{"value", it.value}, {"unit", it.unit}, {"samples", it.samples}, {"spread", it.spread}};
}

json calibrate(const json& request) {
    const auto seconds = request.at("seconds").get<double>();
    const auto loops = rates(seconds / 8);
    std::vector<double> lives;
    IntervalLock lock(5'000'000);
    const char me = 0;
    lock.take(&me);
    for (int i = 0; i < 200; ++i) {
        const auto before = process_cpu_ns();
        auto thread = start_thread(lock, &me, [](const void*) {});
        join_thread(lock, &me, thread);
        lives.push_back(process_cpu_ns() - before);
    }
    lock.drop(&me);
    auto answer = identify();
    answer["rates"] = loops;
    answer["figures"] = {
        {"thread_life_cpu", figure_json(figure("", "ns", lives, ""))},
        {"check_spacing",
         figure_json({.name = "",
                      .value = static_cast<double>(rounds_per_piece) / loops.at("compute") * 1e9,
                      .unit = "ns",
                      .samples = 1})}};
    return answer;
}

[[noreturn]] void obey(const std::string& file) {
    std::ifstream text(file);
    const auto request = json::parse(text);
    const auto mode = request.at("mode").get<std::string>();
    if (mode == "identify") tell(identify());
    if (mode == "calibrate") tell(calibrate(request));
    if (mode != "run") throw std::runtime_error("unknown mode " + mode);
    try {
        run(request, std::filesystem::absolute(file).parent_path().string());
    } catch (const Unable& reason) {
        auto answer = identify();
        answer["unable"] = reason.what();
        tell(answer);
    }
}

}  // namespace

int drive(const std::string& request_file) {
    try {
        obey(request_file);
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        _exit(1);
    }
}

}  // namespace interlock::host
