#include "sim/host/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "sim/host/environment.hpp"
#include "sim/host/plan.hpp"
#include "sim/host/quota_group.hpp"
#include "sim/kernel/random.hpp"

namespace interlock::host {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr double steal_max = 0.01;
constexpr double others_max = 0.05;
constexpr double drift_max = 0.25;
constexpr double counting_error = 0.03;  // seconds: CPU time is counted in ticks of 10 ms

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The largest change of any loop's speed.
double drift_of(const json& answer) {
    const auto rates = answer.find("rates");
    if (rates == answer.end()) return 0;
    double most = 0;
    for (const auto& [kind, before] : rates->at("before").items()) {
        const auto after = rates->at("after").value(kind, before.get<double>());
        most = std::max(most, std::abs(after / before.get<double>() - 1));
    }
    return most;
}

class Measuring {
public:
    Measuring(const std::vector<Cell>& cells, const RoundsOptions& options)
        : cells_(cells), options_(options), samples_(cells.size()),
          random_(options.seed, kernel::stream_of("rounds")) {
        for (std::size_t i = 0; i < cells.size(); ++i) samples_[i].skipped = cells[i].skipped;
    }

    std::vector<Samples> all() {
        const auto total = cells_.size() * (options_.rounds + 1);
        std::vector<std::size_t> order(cells_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::uint32_t round = 0; round <= options_.rounds; ++round) {
            shuffle(order);
            for (std::size_t i = 0; i < order.size(); ++i) {
                if (wanted(order[i])) take(order[i], round);
                if (options_.progress) options_.progress(round * cells_.size() + i + 1, total);
            }
        }
        return std::move(samples_);
    }

private:
    void shuffle(std::vector<std::size_t>& order) {
        for (std::size_t i = order.size(); i > 1; --i)
            std::swap(order[i - 1], order[random_.below(i)]);
    }

    bool wanted(std::size_t cell) const {
        return !samples_[cell].skipped && !samples_[cell].failed;
    }

    /// One sample of the round, undisturbed if that can be had.
    void take(std::size_t cell, std::uint32_t round) {
        auto& into = samples_[cell];
        const bool warm_up = round == 0;
        const auto replication = warm_up ? 0 : round - 1;
        for (std::uint32_t attempt = 0;; ++attempt) {
            auto sample = once(cell, replication);
            if (!wanted(cell) || warm_up) return;
            if (!sample.disturbed()) {
                into.kept.push_back(std::move(sample));
                return;
            }
            if (attempt == options_.repeats_max) break;
            ++into.repeated;
        }
        ++into.lost;
    }

    Sample once(std::size_t cell, std::uint32_t replication) {
        const auto& it = cells_[cell];
        Sample sample{.replication = replication};
        try {
            const json request{{"mode", "run"},
                               {"plan", plan_of(*it.question, options_.seed, replication)},
                               {"slack_ns", options_.slack_ns}};
            std::optional<QuotaGroup> group;
            if (it.quota) group.emplace(*it.quota, options_.root);
            const auto before = disturbance(options_.root);
            const auto begin = Clock::now();
            const auto answer = it.driver->ask(request, patience(it), options_.interrupts,
                                               group ? group->entrance() : "");
            const auto wall = seconds_since(begin);
            const auto after = disturbance(options_.root);
            if (answer.contains("unable")) {
                samples_[cell].skipped = answer.at("unable").get<std::string>();
                return sample;
            }
            sample.makespan = answer.at("makespan_s").get<double>();
            sample.cpu = answer.at("cpu_s").get<double>();
            sample.steal = steal_share(before, after);
            const auto others = std::max(0.0, others_cpu(before, after) - counting_error);
            sample.others = others / (wall * options_.cpus);
            sample.drift = drift_of(answer);
            sample.throttled = after.throttled - before.throttled;
            sample.latencies = latencies(answer.at("marks"));
        } catch (const DriverFailed& error) {
            samples_[cell].failed = error.what();
        } catch (const Unplannable& error) {
            samples_[cell].skipped = error.what();
        } catch (const json::exception& error) {
            samples_[cell].failed = it.driver->interpreter() + " answered: " + error.what();
        }
        return sample;
    }

    /// Ten times what it should take, and the start of an interpreter.
    static std::chrono::milliseconds patience(const Cell& cell) {
        constexpr double start = 20;
        constexpr double times = 10;
        return std::chrono::milliseconds(std::llround((start + times * cell.expected) * 1e3));
    }

    const std::vector<Cell>& cells_;
    const RoundsOptions& options_;
    std::vector<Samples> samples_;
    kernel::Random random_;
};

}  // namespace

bool Sample::disturbed() const {
    return steal > steal_max || others > others_max || drift > drift_max || throttled > 0;
}

std::vector<Latency> latencies(const json& marks) {
    struct Seen {
        std::uint32_t mark;
        double at;
    };
    std::map<std::uint32_t, std::vector<Seen>> by_instance;
    for (const auto& one : marks)
        by_instance[one.at(0).get<std::uint32_t>()].push_back(
            {one.at(1).get<std::uint32_t>(), one.at(2).get<double>()});
    std::vector<Latency> found;
    for (auto& [instance, seen] : by_instance) {
        std::stable_sort(seen.begin(), seen.end(),
                         [](const Seen& a, const Seen& b) { return a.at < b.at; });
        for (std::size_t i = 1; i < seen.size(); ++i)
            found.push_back({.from = seen[i - 1].mark,
                             .to = seen[i].mark,
                             .seconds = seen[i].at - seen[i - 1].at});
    }
    return found;
}

std::vector<Samples> measure(const std::vector<Cell>& cells, const RoundsOptions& options) {
    return Measuring(cells, options).all();
}

}  // namespace interlock::host
