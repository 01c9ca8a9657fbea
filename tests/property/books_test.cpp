// Small scenarios from a seed, under every policy and every lock and by every
// kind of strategy. The ledger, the os and the locks check themselves in every
// run and throw when a promise is broken; here they are given much to do.

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "models/interpreter/runtime.hpp"
#include "models/os/policy_table.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock {
namespace {

/// Writes a scenario: two programs of random steps, run by up to five tasks.
class Writer {
public:
    explicit Writer(std::uint64_t seed)
        : random_(seed, kernel::stream_of("small scenarios")),
          hardware_(seed, kernel::stream_of("their hardware")),
          system_(seed, kernel::stream_of("their system")),
          memory_(seed, kernel::stream_of("their memory")),
          others_(seed, kernel::stream_of("what else there is")) {}

    std::string scenario(std::string_view policy, std::string_view lock) {
        const bool costs = random_.below(2) == 0;
        const auto own = hardware() + cache(policy) + nodes(policy);
        const auto cores = (1 + random_.below(3)) * (has_nodes_ ? 2 : 1);
        const auto per_core = 1 + random_.below(2);
        auto text =
            fmt::format("machine: {{cores: {}, threads_per_core: {}, devices: {}{}{}{}}}\n", cores,
                        per_core, devices, costs ? "" : ", costs: none", own, speeds(cores));
        // The worker handler of a pool polls, and may keep the lock from the result handler for as
        // long as chance will have it where a wake-up does not preempt and tickets decide, or turns
        // are of 100 ms: who is signalled and finds the lock taken does not ask for it.
        const bool by_chance =
            policy == "lottery" || policy == "stride" || policy == "sched_rr" || policy == "o1";
        text += fmt::format("interpreter: {{preset: {}, lock: {}{}}}\n",
                            random_.below(2) == 0 ? "cpython-3.9" : "cpython-3.13", lock,
                            by_chance ? ", pool_watch: 0s" : "");
        text += fmt::format("os: {{policy: {}{}}}\nevents_max: 2000000\nprograms:\n", policy,
                            system(policy));
        text += "  one:\n" + steps() + "  two:\n" + steps();
        text +=
            fmt::format("tasks:\n  - {{name: a, program: one, count: {}}}\n", 1 + random_.below(3));
        text += fmt::format("  - {{name: b, program: two, count: {}{}}}\n", 1 + random_.below(2),
                            random_.below(3) == 0 ? ", after: a" : "");
        text += others();
        return text + "strategies: [serial, {direct: {}}, {threads: 2}, {threads: 8}, {threads: 2, "
                      "pool: true}, "
                      "{processes: 2}, {processes: 8}, {threads: 2, ready: true}, {asyncio: 2}, "
                      "{asyncio: 8}, "
                      "{processes: 2, threads: 2}, {processes: 2, asyncio: 2}]\n";
    }

private:
    static constexpr auto devices =
        "{disk: {servers: 2, service: {exponential: 300us}, latency: 50us, bandwidth: 1GiB/s, "
        "cache: "
        "{hits: 30%, dirty: 2MiB}}, line: {bandwidth: 100MiB/s, bandwidth_each: 60MiB/s, iops: "
        "3000/s, iops_burst: 3}}";

    /// What makes the speed of a thread depend on the others.
    std::string hardware() {
        std::string text = ", memory_bandwidth: 20GiB/s";
        if (hardware_.below(3) == 0) text += ", turbo: [1, 0.9, 0.77]";
        if (hardware_.below(3) == 0)
            text += ", smt_speed: {matrix: {compute: {compute: 0.6, memory: 0.83}, memory: "
                    "{compute: 0.7, memory: 0.91}, branchy: {compute: 0.5}}}";
        else if (hardware_.below(2) == 0)
            text += ", smt_speed: {dispatch: {memory: 0.3, branchy: 0.6, spin: 0.1}}";
        return text;
    }

    /// Where there are CPUs that have one.
    std::string cache(std::string_view policy) {
        has_cache_ = hardware_.below(2) == 0 && policy != "processor_sharing";
        if (!has_cache_) return {};
        constexpr std::array shared_by{"cpu", "core", "socket"};
        const auto warmup = 100 + hardware_.below(2000);
        return fmt::format(", cache: {{size: 4MiB, shared_by: {}, warmup: {}us, cold_speed: 0.37}}",
                           shared_by.at(hardware_.below(3)), warmup);
    }

    std::string speeds(std::uint64_t cores) {
        if (others_.below(4) != 0) return {};
        std::string list = "1";
        for (std::uint64_t core = 1; core < cores; ++core)
            list += others_.below(2) == 0 ? ", 1" : ", 0.55";
        return ", speed: [" + list + "]";
    }

    /// Jobs of a thread of their own, that may be aborted.
    std::string others() {
        if (others_.below(3) != 0) return {};
        return fmt::format("  - {{name: c, program: {}, period: {}ms, offset: 1ms, count: 3, "
                           "on_miss: {}, nice: {}}}\n",
                           others_.below(2) == 0 ? "one" : "two", 2 + others_.below(20),
                           others_.below(2) == 0 ? "abort" : "continue", others_.below(5));
    }

    /// Likewise.
    std::string nodes(std::string_view policy) {
        has_nodes_ = memory_.below(3) == 0 && policy != "processor_sharing";
        if (!has_nodes_) return {};
        return ", sockets: 2, numa: {remote_speed: 0.41, link_bandwidth: 7GiB/s}";
    }

    /// Queues of either kind; a CPU that idles beside a thread in its queue is noticed by the os.
    std::string system(std::string_view policy) {
        std::string text;
        if (system_.below(3) == 0)
            text += system_.below(2) == 0 ? ", queues: global" : ", queues: per_cpu";
        if (system_.below(5) == 0 && policy != "processor_sharing")
            text += fmt::format(", quota: {{cpus: {}, period: 20ms, burst: 2ms}}",
                                0.5 + 0.5 * static_cast<double>(system_.below(3)));
        if (system_.below(3) == 0) text += ", hz: 1000";
        if (others_.below(4) == 0)
            text += ", load: {busy: {exponential: 300us}, idle: {exponential: 2ms}, nice: 3}";
        return text;
    }

    std::string footprint() {
        const auto where = home();
        if (!has_cache_ || hardware_.below(2) == 0) return streams() + where;
        const auto set = 1 + hardware_.below(5);
        return fmt::format("{}, working_set: {}MiB{}", streams(), set, where);
    }

    std::string home() {
        if (!has_nodes_) return {};
        constexpr std::array policies{"", ", mempolicy: interleave", ", mempolicy: {bind: 1}"};
        return policies.at(memory_.below(3));
    }

    std::string streams() {
        switch (hardware_.below(6)) {
        case 0: return ", bandwidth: 16GiB/s";
        case 1: return ", bandwidth: 30GiB/s, class: compute";
        case 2: return ", bandwidth: 7GiB/s";
        case 3: return ", class: branchy";
        default: return {};
        }
    }

    std::string steps() {
        std::string text;
        for (auto left = 1 + random_.below(5); left > 0; --left) text += "    - " + step() + "\n";
        return text;
    }

    std::string step() {
        const auto time = fmt::format("{}us", random_.below(4) == 0 ? 0 : random_.below(9000));
        switch (random_.below(14)) {
        case 0: return "{native: " + time + footprint() + "}";
        case 1: return "{nogil: " + time + footprint() + "}";
        case 2: return "io: " + time;
        case 3: return "sleep: " + time;
        case 4: return fmt::format("{{io: {}, calls: {}}}", time, 1 + random_.below(4));
        case 5:
            return "{repeat: 3, steps: [{acquire: l}, {update: x}, {compute: 300us}, {release: "
                   "l}]}";
        case 6:
            return "{choose: [{weight: 1, steps: [{compute: 1ms}]}, {weight: 2, steps: [{io: "
                   "1ms}]}]}";
        case 7: return "{repeat: 20, steps: [{update: x}, {io: 10us}]}";
        case 8: return "yield: {}";
        case 9: return "compute: {exponential: 1ms}";
        case 10: return "{io: {device: disk, bytes: 300KiB}, calls: 3}";
        case 11: return "io: {device: line, bytes: {exponential: 100KiB}}";
        case 12:
            return fmt::format("{{repeat: 3, steps: [{{io: {{device: disk, bytes: 700KiB, do: "
                               "write}}}}, {{io: {{device: disk, do: {}}}}}]}}",
                               random_.below(2) == 0 ? "fsync" : "read");
        default: return "{compute: " + time + footprint() + "}";
        }
    }

    kernel::Random random_;
    kernel::Random hardware_;
    kernel::Random system_;
    kernel::Random memory_;
    kernel::Random others_;
    bool has_cache_ = false;
    bool has_nodes_ = false;
};

std::vector<std::string> lock_names() {
    std::vector<std::string> names;
    for (const auto& entry : interpreter::locks()) names.emplace_back(entry.name);
    return names;
}

/// As a scenario names them.
std::vector<std::string> policies() {
    std::vector<std::string> all;
    for (const auto& entry : os::policies()) all.emplace_back(entry.name);
    for (const auto* const parameters : {"linux: 6.6", "linux: 6.12", "preempt: lazy"})
        all.push_back(fmt::format("{{eevdf: {{{}}}}}", parameters));
    return all;
}

/// Under the next four policies for each seed: each of them under every lock, some 40 times.
void keep_the_books(std::uint64_t seed) {
    const auto all = policies();
    for (std::size_t p = 4 * seed; p < 4 * seed + 4; ++p)
        for (const auto& lock : lock_names()) {
            const auto text = Writer(seed).scenario(all[p % all.size()], lock);
            CAPTURE(seed, text);
            const auto scenario = support::scenario(text);
            const auto results = support::run(scenario);
            const auto again = support::run(scenario);
            for (std::size_t i = 0; i < results.size(); ++i) {
                CAPTURE(scenario.cases[i].strategy.name);
                CHECK(results[i].fingerprint == again[i].fingerprint);
                REQUIRE(results[i].ended == models::Ended::done);
                CHECK(*results[i].makespan >= results[i].bounds.makespan_lower);
                for (const auto& instance : results[i].instances)
                    CHECK(instance.finish.has_value());
            }
        }
}

// In parts, which ctest runs side by side; where that takes long, the first two are enough.

TEST_CASE("every policy and lock keeps the books and its bounds", "[property]") {
    keep_the_books(GENERATE(range(std::uint64_t{0}, std::uint64_t{50})));
}

TEST_CASE("every policy and lock keeps them for the next seeds", "[property][next]") {
    keep_the_books(GENERATE(range(std::uint64_t{50}, std::uint64_t{100})));
}

TEST_CASE("every policy and lock keeps them for other seeds", "[property][large]") {
    keep_the_books(GENERATE(range(std::uint64_t{100}, std::uint64_t{200})));
}

}  // namespace
}  // namespace interlock
