#include "models/bounds.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>
#include <optional>
#include <variant>

#include "models/throughput.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;
using kernel::Wide;
using namespace workload;

constexpr std::uint64_t full_speed = 1'000'000;
constexpr Wide second = 1'000'000'000;

/// Steps looked at in all, so that a bound never takes longer than a run.
constexpr std::uint64_t steps_max = 2'000'000;

/// Threads that spawn threads that spawn threads.
constexpr std::uint32_t nesting_max = 16;

/// What is longer counts as this, so that sums of it stay within 64 bits.
constexpr Duration longest_time{std::int64_t{1} << 61};

Duration time_of(Wide ns) {
    const auto limit = static_cast<Wide>(longest_time.count());
    return Duration{static_cast<Duration::rep>(std::min(ns, limit))};
}

Duration plus(Duration a, Duration b) { return std::min(a + b, longest_time); }

Duration at(Wide work, std::uint64_t speed) {
    return time_of(work / std::max<std::uint64_t>(speed, 1));
}

Wide work_of(std::int64_t time) { return static_cast<Wide>(time) * full_speed; }

/// Work or waiting, so many times over; beyond all time it is capped.
Wide times(Wide amount, std::uint32_t count) {
    constexpr auto limit = static_cast<Wide>(1) << 96U;
    return count != 0 && amount > limit / count ? limit : amount * count;
}

/// What is asked of one device.
struct DeviceDemand {
    Wide operations = 0;
    Wide service = 0;  // ns
    Wide bytes = 0;

    void add(const DeviceDemand& other, std::uint32_t count = 1) {
        operations += times(other.operations, count);
        service += times(other.service, count);
        bytes += times(other.bytes, count);
    }
};

/// What one instance wants: CPU work in ns x ppm, waiting in ns.
struct Demand {
    Wide locked = 0;                      // compute, native
    Wide free = 0;                        // nogil
    Wide waiting = 0;                     // sleep, io
    Wide traffic = 0;                     // bytes times ns a second, spawned threads' too
    std::vector<DeviceDemand> devices{};  // by number of the machine's
    Wide spawned_locked = 0;              // the same of threads that it spawns, which run beside it
    Wide spawned_free = 0;
    Duration beside{};  // the longest of those, each alone

    void add(const Demand& other, std::uint32_t count = 1) {
        locked += times(other.locked, count);
        free += times(other.free, count);
        waiting += times(other.waiting, count);
        traffic += times(other.traffic, count);
        spawned_locked += times(other.spawned_locked, count);
        spawned_free += times(other.spawned_free, count);
        beside = std::max(beside, other.beside);
        for (std::size_t i = 0; i < other.devices.size(); ++i)
            device(i).add(other.devices[i], count);
    }
    DeviceDemand& device(std::size_t number) {
        if (number >= devices.size()) devices.resize(number + 1);
        return devices[number];
    }
    Wide all_locked() const { return locked + spawned_locked; }
    Wide work() const { return all_locked() + free + spawned_free; }
    /// Of its own steps, one after the other.
    Duration alone(std::uint64_t speed) const {
        return plus(at(locked + free, speed), time_of(waiting));
    }
};

bool fixed(const Amount& amount) { return amount.shape == Shape::constant; }

/// Whether nothing is drawn and nothing spawned: once is as good as always.
bool constant(const std::vector<Step>& steps) {
    return std::all_of(steps.begin(), steps.end(), [](const Step& step) {
        if (const auto* kind = std::get_if<Compute>(&step.kind)) return fixed(kind->time);
        if (const auto* kind = std::get_if<Native>(&step.kind)) return fixed(kind->time);
        if (const auto* kind = std::get_if<Nogil>(&step.kind)) return fixed(kind->time);
        if (const auto* kind = std::get_if<Sleep>(&step.kind)) return fixed(kind->time);
        if (const auto* kind = std::get_if<Io>(&step.kind))
            return !kind->device && fixed(kind->time);
        if (const auto* kind = std::get_if<Repeat>(&step.kind)) return constant(kind->steps);
        return !std::holds_alternative<Choose>(step.kind) &&
               !std::holds_alternative<Spawn>(step.kind);
    });
}

struct Question {
    const Case& asked;
    std::uint64_t seed;
    std::uint32_t replication;
    std::uint64_t fastest;
    std::uint64_t steps_left = steps_max;
};

/// Walks a program as a thread of the instance will: the same draws, the same branches.
class Walk {
public:
    /// `spawned_as`: 0 for the task's own thread, else the number of the spawned one.
    Walk(Question& question, std::uint32_t instance, std::uint32_t spawned_as = 0,
         std::uint32_t nesting = 0)
        : question_(question), instance_(instance), spawned_as_(spawned_as), nesting_(nesting) {}

    Demand of(ProgramId program) {
        Demand sum;
        steps(program_steps(program), sum);
        return sum;
    }

private:
    const std::vector<Step>& program_steps(ProgramId program) const {
        return question_.asked.workload.programs[static_cast<std::size_t>(program)].steps;
    }

    DrawKey key(std::uint32_t place) {
        if (place >= visits_.size()) visits_.resize(std::size_t{place} + 1);
        return {.seed = question_.seed,
                .replication = question_.replication,
                .instance = instance_,
                .place = place,
                .visit = visits_[place]++ + (spawned_as_ << 20U)};
    }
    std::int64_t amount(const Amount& amount, std::uint32_t place) {
        return fixed(amount) ? draw(amount, {}) : draw(amount, key(place));
    }

    /// Nobody goes at less than one ppm of full speed, however little there is to share.
    Wide traffic(std::int64_t time, const Footprint& footprint) const {
        const auto& machine = question_.asked.machine;
        const auto node = machine.memory_bandwidth.value_or(0) / machine.nodes();
        const auto least = std::min(node, machine.link_bandwidth().value_or(node));
        const auto most = Wide{least} * full_speed / machine.cpus();
        constexpr auto limit = static_cast<Wide>(1) << 96U;
        return std::min(static_cast<Wide>(time) * std::min<Wide>(footprint.bandwidth, most), limit);
    }

    void steps(const std::vector<Step>& steps, Demand& sum) {
        for (const auto& step : steps) {
            if (question_.steps_left == 0) return;
            --question_.steps_left;
            std::visit([&](const auto& kind) { one(kind, step.place, sum); }, step.kind);
        }
    }

    void one(const Compute& step, std::uint32_t place, Demand& sum) {
        const auto& asked = question_.asked;
        const auto time = amount(step.time, place);
        sum.locked += work_of(time) * asked.reference.ppm / asked.runtime.speed.ppm;
        sum.traffic += traffic(time, step.footprint);
    }
    void one(const Native& step, std::uint32_t place, Demand& sum) {
        const auto time = amount(step.time, place);
        sum.locked += work_of(time);
        sum.traffic += traffic(time, step.footprint);
    }
    void one(const Nogil& step, std::uint32_t place, Demand& sum) {
        const auto time = amount(step.time, place);
        sum.free += work_of(time);
        sum.traffic += traffic(time, step.footprint);
    }
    /// One that counts from the last may be over before it begins.
    void one(const Sleep& step, std::uint32_t place, Demand& sum) {
        const auto time = static_cast<Wide>(amount(step.time, place));
        if (step.since == Since::now) sum.waiting += time;
    }
    void one(const Io& step, std::uint32_t place, Demand& sum) {
        if (step.device) return at_device(*step.device, step.calls, place, sum);
        sum.waiting += static_cast<Wide>(amount(step.time, place));
    }
    /// What goes to the kernel's memory asks nothing of the device that somebody waits for.
    void at_device(const DeviceUse& use, std::uint32_t calls, std::uint32_t place, Demand& sum) {
        const auto visit = key(place);
        const auto& machine = question_.asked.machine;
        const auto& name = question_.asked.workload.devices[static_cast<std::size_t>(use.device)];
        const auto number = *hardware::find_device(machine, name);
        const auto& device = machine.devices[number];
        if (device.cache && use.access != Access::read) return;
        const auto bytes = draw(use.bytes, visit);
        for (std::uint32_t call = 0; call < calls && question_.steps_left > 0; ++call) {
            --question_.steps_left;
            if (device.cache &&
                draw_uniform(key_of(visit, call, OfOperation::hit)) < device.cache->hits)
                continue;
            const auto& drawn = use.service ? *use.service : device.service;
            const DeviceDemand one{.operations = 1,
                                   .service = static_cast<Wide>(
                                       draw(drawn, key_of(visit, call, OfOperation::service))),
                                   .bytes = part_of(bytes, call, calls)};
            sum.device(number).add(one);
            const auto latency = draw(device.latency, key_of(visit, call, OfOperation::latency));
            sum.waiting += one.service + static_cast<Wide>(latency);
            if (const auto rate = device.alone()) sum.waiting += one.bytes * second / *rate;
        }
    }
    void one(const Repeat& step, std::uint32_t /*place*/, Demand& sum) {
        const bool once = constant(step.steps);
        Demand round;
        for (std::uint32_t i = 0; i < (once ? 1 : step.count) && question_.steps_left > 0; ++i)
            steps(step.steps, round);
        sum.add(round, once ? step.count : 1);
    }
    void one(const Choose& step, std::uint32_t place, Demand& sum) {
        double all = 0;
        for (const auto& branch : step.branches) all += branch.weight;
        const auto share = draw_uniform(key(place));
        double upper = 0;
        for (const auto& branch : step.branches) {
            upper += branch.weight;
            if (share < upper / all || &branch == &step.branches.back())
                return steps(branch.steps, sum);
        }
    }
    void one(const Spawn& step, std::uint32_t /*place*/, Demand& sum) {
        if (nesting_ == nesting_max) return;
        for (std::uint32_t i = 0; i < step.count && question_.steps_left > 0; ++i) {
            const auto child =
                Walk(question_, instance_, ++children_, nesting_ + 1).of(step.program);
            sum.spawned_locked += child.all_locked();
            sum.spawned_free += child.free + child.spawned_free;
            sum.traffic += child.traffic;
            for (std::size_t d = 0; d < child.devices.size(); ++d)
                sum.device(d).add(child.devices[d]);
            sum.beside = std::max({sum.beside, child.beside, child.alone(question_.fastest)});
        }
    }
    template <typename Other>
    void one(const Other& /*step*/, std::uint32_t /*place*/, Demand& /*sum*/) {}

    Question& question_;
    std::uint32_t instance_;
    std::uint32_t spawned_as_;
    std::uint32_t nesting_;
    std::uint32_t children_ = 0;
    std::vector<std::uint32_t> visits_;  // of each step
};

/// How long a device takes at least for all that is asked of it, by each of its limits.
Duration busy(const hardware::Device& device, const DeviceDemand& all) {
    Wide longest = 0;
    if (device.servers) longest = all.service / *device.servers;
    if (device.bandwidth) longest = std::max(longest, all.bytes * second / *device.bandwidth);
    if (device.iops && all.operations > device.iops_burst) {
        const auto gap = static_cast<Wide>(1e9 / *device.iops);
        longest = std::max(longest, (all.operations - device.iops_burst) * gap);
    }
    return time_of(longest);
}

class Laws {
public:
    Laws(const Case& question, const std::vector<Instance>& instances, std::uint64_t seed,
         std::uint32_t replication)
        : question_(question), instances_(instances),
          throughput_(question.machine, question.workload), fastest_(throughput_.alone()) {
        Question asked{
            .asked = question, .seed = seed, .replication = replication, .fastest = fastest_};
        std::vector<std::optional<Demand>> same(question.workload.programs.size());
        for (std::uint32_t i = 0; i < instances.size(); ++i) {
            const auto program = task(i).program;
            auto& known = same[static_cast<std::size_t>(program)];
            demands_.push_back(known ? *known : Walk(asked, i).of(program));
            if (!known &&
                constant(question.workload.programs[static_cast<std::size_t>(program)].steps))
                known = demands_.back();
        }
    }

    Duration lower() const {
        Demand crew;  // of the workers, or of main
        Demand home;  // of all that live in its process
        Demand all;
        for (std::uint32_t i = 0; i < instances_.size(); ++i) {
            // Of one that may be aborted it is not known how much is done.
            if (task(i).background || task(i).abort_on_miss) continue;
            all.add(demands_[i]);
            if (task(i).process) continue;
            home.add(demands_[i]);
            if (!task(i).periodic) crew.add(demands_[i]);
        }
        const auto& machine = question_.machine;
        const auto kind = question_.strategy.kind;
        auto lower = std::max(span() - begin(), at(all.work(), throughput_.of(machine.cpus())));
        if (machine.memory_bandwidth)
            lower = std::max(lower, time_of(all.traffic / *machine.memory_bandwidth));
        for (std::size_t i = 0; i < all.devices.size(); ++i)
            lower = std::max(lower, busy(machine.devices[i], all.devices[i]));
        if (kind == StrategyKind::serial) lower = std::max(lower, crew.alone(fastest_));
        const bool one_lock = question_.runtime.has_lock() && !has_interpreters(kind);
        if (one_lock) lower = std::max(lower, at(home.all_locked(), fastest_));
        if (kind == StrategyKind::direct) return lower;
        // Threads that workers spawn are not counted among them, so only the workers' own work.
        const auto own = crew.locked + crew.free;
        return std::max(lower, at(own, throughput_.of(question_.strategy.threads())));
    }

private:
    const Task& task(std::uint32_t instance) const {
        return question_.workload.tasks[static_cast<std::size_t>(instances_[instance].task)];
    }

    /// What the makespan is counted from: main's start; without main, the first arrival.
    Duration begin() const {
        if (question_.strategy.kind != StrategyKind::direct || instances_.empty()) return {};
        const auto first =
            std::min_element(instances_.begin(), instances_.end(),
                             [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
        return std::min(first->arrival.time_since_epoch(), longest_time);
    }

    /// The longest chain over tasks: a vertex a task, whose length is that of
    /// its longest instance where all of it is awaited.
    Duration span() const {
        using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
        const auto count = question_.workload.tasks.size();
        Graph graph(count);
        for (std::size_t i = 0; i < count; ++i)
            for (const auto& after : question_.workload.tasks[i].after)
                add_edge(static_cast<std::size_t>(after.task), i, graph);
        std::vector<std::size_t> order;
        topological_sort(graph, std::back_inserter(order));  // the last first
        std::reverse(order.begin(), order.end());
        std::vector<std::vector<std::uint32_t>> of_task(count);
        for (std::uint32_t i = 0; i < instances_.size(); ++i)
            of_task[static_cast<std::size_t>(instances_[i].task)].push_back(i);
        std::vector<Duration> ends(instances_.size());
        std::vector<Duration> last(count);
        Duration longest{};
        for (const auto number : order) {
            const auto& task = question_.workload.tasks[number];
            for (const auto i : of_task[number]) {
                auto start = std::min(instances_[i].arrival.time_since_epoch(), longest_time);
                for (const auto& after : task.after) {
                    const auto before = static_cast<std::size_t>(after.task);
                    if (!after.each)
                        start = std::max(start, last[before]);
                    else if (instances_[i].number < of_task[before].size())
                        start = std::max(start, ends[of_task[before][instances_[i].number]]);
                }
                if (task.abort_on_miss) {
                    ends[i] = start;
                    continue;
                }
                ends[i] = plus(start, demands_[i].alone(fastest_));
                last[number] = std::max(last[number], ends[i]);
                if (!task.background)
                    longest = std::max({longest, ends[i], plus(start, demands_[i].beside)});
            }
        }
        return longest;
    }

    const Case& question_;
    const std::vector<Instance>& instances_;
    Throughput throughput_;
    std::uint64_t fastest_;
    std::vector<Demand> demands_;
};

}  // namespace

Bounds bounds(const Case& question, const std::vector<Instance>& instances, std::uint64_t seed,
              std::uint32_t replication) {
    return {.makespan_lower = Laws(question, instances, seed, replication).lower()};
}

}  // namespace interlock::models
