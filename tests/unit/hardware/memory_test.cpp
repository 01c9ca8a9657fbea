// Memory in nodes: what is far away, and who gets how much of the bandwidth.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "models/hardware/memory.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scenario.hpp"

namespace interlock::hardware {
namespace {

using namespace std::chrono_literals;
using kernel::Wide;
using support::run;

constexpr Wide one = 1'000'000;

/// Nodes of 10000 bytes a second and links of 6000.
Machine two_nodes() {
    Machine machine;
    machine.sockets = 2;
    machine.cores = 2;
    machine.memory_bandwidth = 20'000;
    machine.numa = {.remote_speed = {500'000}, .link_bandwidth = 6'000};
    return machine;
}

struct Flow {
    std::uint64_t demand;
    Home home;
    std::uint32_t node;
};

std::vector<Memory::Stream> streams_of(const std::vector<Flow>& flows) {
    std::vector<Memory::Stream> streams;
    for (const auto& flow : flows)
        streams.push_back({.demand = flow.demand * one, .home = flow.home, .node = flow.node});
    return streams;
}

/// What each gets, in bytes a second.
std::vector<std::uint64_t> shared_out(const std::vector<Flow>& flows) {
    Memory memory(two_nodes());
    std::vector<std::uint64_t> got;
    for (const auto share : memory.share(streams_of(flows)))
        got.push_back(static_cast<std::uint64_t>(share / one));
    return got;
}

TEST_CASE("memory: data far away, or on all nodes, slow who waits for them", "[hardware]") {
    const Memory memory(two_nodes());
    const auto ppm = [&](Home home, std::uint32_t node) {
        const auto factor = memory.factor(home, node);
        return static_cast<std::uint64_t>(factor.value * one / factor.divisor);
    };
    CHECK(ppm(1, 1) == 1'000'000);
    CHECK(ppm(0, 1) == 500'000);
    // Half of the time at 1, half at 1 / 0.5: 1.5 together.
    CHECK(ppm(std::nullopt, 1) == 666'666);
}

TEST_CASE("memory: max-min over nodes and links by hand", "[hardware]") {
    using Shares = std::vector<std::uint64_t>;
    const auto spread = std::nullopt;
    // Both from node 0, of 10000: the link could do 6000.
    CHECK(shared_out({{8'000, 0, 0}, {8'000, 0, 1}}) == Shares{5'000, 5'000});
    // What the first leaves is more than the link can do.
    CHECK(shared_out({{3'000, 0, 0}, {8'000, 0, 1}}) == Shares{3'000, 6'000});
    // Two share the link; the third has what they leave, more than a third of the node.
    CHECK(shared_out({{9'000, 0, 1}, {9'000, 0, 1}, {9'000, 0, 0}}) == Shares{3'000, 3'000, 4'000});
    CHECK(shared_out({{9'000, 0, 1}, {2'000, 0, 1}, {9'000, 0, 0}}) == Shares{4'000, 2'000, 4'000});
    // Another node, and the other direction, are others.
    CHECK(shared_out({{9'000, 0, 1}, {9'000, 1, 0}, {4'000, 1, 1}}) == Shares{6'000, 6'000, 4'000});
    // Half of it comes over the link: 6000 / 0.5.
    CHECK(shared_out({{30'000, spread, 0}}) == Shares{12'000});
    // Of node 0 the first takes all of its rate, the second half of it: 10000 / 1.5.
    CHECK(shared_out({{8'000, 0, 0}, {30'000, spread, 0}}) == Shares{6'666, 6'666});
}

TEST_CASE("memory: links are 0.6 of a node, unless they are said to be or not to be limited",
          "[hardware]") {
    auto machine = two_nodes();
    machine.numa->link_bandwidth.reset();
    CHECK(machine.link_bandwidth() == 6'000);
    machine.numa->links_limited = false;
    CHECK_FALSE(machine.link_bandwidth());
    Memory memory(machine);
    CHECK(memory.share(streams_of({{9'000, 0, 1}})).front() == 9'000 * one);
}

/// Of the machine's channels: its nodes, then its links from 0 and from 1.
std::vector<std::pair<std::size_t, double>> channels(const Flow& flow) {
    std::vector<std::pair<std::size_t, double>> used;
    for (std::uint32_t from = 0; from < 2; ++from) {
        const auto part = !flow.home ? 0.5 : *flow.home == from ? 1.0 : 0.0;
        if (part == 0) continue;
        used.emplace_back(from, part);
        if (from != flow.node) used.emplace_back(2 + from, part);
    }
    return used;
}

TEST_CASE("memory: who is short uses a full channel, and nobody there has more", "[hardware]") {
    kernel::Random random(1, kernel::stream_of("flows"));
    for (int round = 0; round < 300; ++round) {
        std::vector<Flow> flows;
        for (auto left = 1 + random.below(10); left > 0; --left) {
            const auto home = static_cast<std::uint32_t>(random.below(3));
            flows.push_back({.demand = 1 + random.below(9'000),
                             .home = home == 2 ? Home() : Home(home),
                             .node = static_cast<std::uint32_t>(random.below(2))});
        }
        const auto got = shared_out(flows);
        std::vector<double> carried(4, 0);
        std::vector<std::uint64_t> most(4, 0);
        for (std::size_t i = 0; i < flows.size(); ++i)
            for (const auto& [channel, part] : channels(flows[i])) {
                carried[channel] += part * static_cast<double>(got[i]);
                most[channel] = std::max(most[channel], got[i]);
            }
        const std::vector<double> capacity{10'000, 10'000, 6'000, 6'000};
        CAPTURE(round, got, carried);
        for (std::size_t c = 0; c < 4; ++c) CHECK(carried[c] <= capacity[c]);
        for (std::size_t i = 0; i < flows.size(); ++i) {
            CHECK(got[i] <= flows[i].demand);
            if (got[i] == flows[i].demand) continue;
            // Rounded down by less than a byte a second for each.
            const auto rounding = static_cast<double>(flows.size());
            const auto used = channels(flows[i]);
            CHECK(std::any_of(used.begin(), used.end(), [&, i = i](const auto& use) {
                const auto c = use.first;
                return carried[c] + rounding > capacity[c] && got[i] + 1 >= most[c];
            }));
        }
    }
}

TEST_CASE("memory: data stay where their thread first used them", "[hardware]") {
    // m runs on CPU 1, and waits. b has that CPU when it comes back, so CPU 0 takes it when it
    // looks, and its 20 ms take 40 there: the data stayed. So would the 10 ms after that, but they
    // are not of class memory.
    const std::string text = R"(
machine: {sockets: 2, cores: 2, numa: {remote_speed: 0.5}, costs: none}
interpreter: none
os: {policy: fifo, queues: per_cpu}
programs:
  a: [{nogil: 10ms}]
  b: [{nogil: 200ms}]
  m: [{nogil: 5ms, class: memory}, {io: 10ms}, {nogil: 20ms, class: memory}, {nogil: 10ms}]
tasks:
  - {program: a, affinity: [0]}
  - {program: m}
  - {program: b, affinity: [1], arrive: 7ms}
strategies: [{direct: {}}, {direct: {}, machine: {numa: {remote_speed: 1}}}, {direct: {}, machine: {numa: none}}]
)";
    const auto results = run(text);
    CHECK(results[0].totals.slowed == 20ms);
    CHECK(results[1].totals.slowed == 0ms);
    CHECK(*results[0].instances[1].finish - *results[1].instances[1].finish == 20ms);
    CHECK(results[2].instances[1].finish == results[1].instances[1].finish);
}

TEST_CASE("memory: what is in the cache is not far away", "[hardware]") {
    // Cold for 10 ms at 0.5 x 0.5 of its speed, so 2.5 of 20 ms are done, and 17.5 are left.
    const auto results = run(R"(
machine:
  {sockets: 2, cores: 2, numa: {remote_speed: 0.5}, costs: none,
   cache: {size: 1MiB, warmup: 10ms, cold_speed: 0.5}}
interpreter: none
os: {policy: fifo, queues: per_cpu}
programs: {p: [{nogil: 20ms, class: memory, working_set: 1MiB, mempolicy: {bind: 1}}]}
tasks: [{name: far, program: p, affinity: [0]}, {name: near, program: p, affinity: [1]}]
strategies: [{direct: {}}]
)");
    CHECK(results[0].instances[0].finish == kernel::Time{27'500us});
    CHECK(results[0].instances[1].finish == kernel::Time{25ms});  // 5 of 20, then 15
}

}  // namespace
}  // namespace interlock::hardware
