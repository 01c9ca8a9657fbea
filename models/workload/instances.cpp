#include <algorithm>
#include <cmath>
#include <limits>

#include "models/workload/program.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/portable_math.hpp"
#include "sim/kernel/random.hpp"

namespace interlock::workload {

namespace {

constexpr auto arrivals = kernel::stream_of("arrival");

/// The arrivals of one task, one after the other. The gap before an instance
/// is keyed by its number, so that more instances do not move the earlier ones.
class Arrivals {
public:
    Arrivals(const Task& task, std::uint64_t seed, std::uint64_t replication_and_task)
        : arrival_(task.arrival), seed_(seed), key_(replication_and_task) {}

    /// One at a fixed time; every gap from 0 on; poisson after a first gap,
    /// as a process that was there before would.
    kernel::Time next(std::uint32_t number) {
        switch (arrival_.kind) {
        case Arrival::Kind::at: return kernel::Time{arrival_.time};
        case Arrival::Kind::every: advance(number == 0 ? arrival_.offset : arrival_.time); break;
        case Arrival::Kind::poisson: advance(gap(number));
        }
        return last_;
    }

private:
    /// Arrivals stop at 146 years, where adding gaps would overflow.
    void advance(kernel::Duration gap) { last_ = std::min(last_, latest - gap) + gap; }

    kernel::Duration gap(std::uint32_t number) const {
        const auto bits = kernel::at(seed_, arrivals, key_, number);
        const auto open = (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
        const auto drawn = -1e9 / arrival_.rate_per_second * kernel::log(open);
        return kernel::Duration{std::llround(std::min(drawn, 0x1p62))};
    }

    static constexpr kernel::Time latest{kernel::Duration{std::int64_t{1} << 62}};

    const Arrival& arrival_;
    std::uint64_t seed_;
    std::uint64_t key_;
    kernel::Time last_{};
};

bool counted(const Task& task) {
    return task.count || !task.duration || task.arrival.kind == Arrival::Kind::at;
}

void append(std::vector<Instance>& to, TaskId id, const Task& task, Arrivals arrival) {
    constexpr auto count_max = std::numeric_limits<std::uint32_t>::max();
    const auto count = counted(task) ? task.count.value_or(1) : count_max;
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto at = arrival.next(number);
        if (task.duration && at >= kernel::Time{*task.duration}) return;
        to.push_back({id, number, at});
    }
    kernel::check(counted(task), "arrivals for a time come to an end");
}

bool random_steps(const std::vector<Step>& steps);

/// One overload a kind that draws or has steps; the rest draw nothing.
struct Draws {
    bool operator()(const Compute& step) const { return step.time.drawn(); }
    bool operator()(const Nogil& step) const { return step.time.drawn(); }
    bool operator()(const Native& step) const { return step.time.drawn(); }
    bool operator()(const Sleep& step) const { return step.time.drawn(); }
    bool operator()(const Io& step) const {
        const auto& use = step.device;
        return step.time.drawn() ||
               (use && (use->bytes.drawn() || (use->service && use->service->drawn())));
    }
    bool operator()(const Put& step) const { return step.bytes.drawn(); }
    bool operator()(const Each& step) const { return random_steps(step.steps); }
    bool operator()(const Allocate& step) const { return step.bytes.drawn(); }
    bool operator()(const Touch& step) const { return step.bytes && step.bytes->drawn(); }
    bool operator()(const Repeat& step) const { return random_steps(step.steps); }
    bool operator()(const Choose& step) const {
        return step.branches.size() > 1 ||
               std::any_of(step.branches.begin(), step.branches.end(),
                           [](const Branch& branch) { return random_steps(branch.steps); });
    }
    template <typename Other>
    bool operator()(const Other& /*step*/) const {
        return false;
    }
};

bool random_steps(const std::vector<Step>& steps) {
    return std::any_of(steps.begin(), steps.end(),
                       [](const Step& step) { return std::visit(Draws{}, step.kind); });
}

bool random_task(const Task& task) {
    return task.arrival.kind == Arrival::Kind::poisson ||
           (task.bytes_in && task.bytes_in->size.drawn()) ||
           (task.bytes_out && task.bytes_out->size.drawn());
}

}  // namespace

std::vector<Instance> instances(const Workload& workload, std::uint64_t seed,
                                std::uint32_t replication) {
    std::vector<Instance> all;
    for (std::uint32_t task = 0; task < workload.tasks.size(); ++task)
        append(all, TaskId{task}, workload.tasks[task],
               {workload.tasks[task], seed, std::uint64_t{replication} << 32 | task});
    return all;
}

bool random(const Workload& workload) {
    return std::any_of(workload.programs.begin(), workload.programs.end(),
                       [](const Program& program) { return random_steps(program.steps); }) ||
           std::any_of(workload.tasks.begin(), workload.tasks.end(), random_task) ||
           std::any_of(workload.data.begin(), workload.data.end(),
                       [](const Data& data) { return data.bytes.drawn(); });
}

std::string instance_name(const Workload& workload, const Instance& instance) {
    const auto& task = workload.tasks[static_cast<std::uint32_t>(instance.task)];
    if (counted(task) && task.count.value_or(1) == 1) return task.name;
    return task.name + ' ' + std::to_string(std::uint64_t{instance.number} + 1);
}

}  // namespace interlock::workload
