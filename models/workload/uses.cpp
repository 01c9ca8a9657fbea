#include "models/workload/uses.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

namespace interlock::workload {

namespace {

class Producers {
public:
    explicit Producers(const Workload& workload)
        : workload_(workload),
          puts_(workload.programs.size(), std::vector<bool>(workload.queues.size(), false)),
          seen_(workload.programs.size(), false) {}

    std::vector<std::vector<bool>> of_all() {
        for (std::size_t i = 0; i < workload_.programs.size(); ++i) of(i);
        return std::move(puts_);
    }

private:
    const std::vector<bool>& of(std::size_t program) {
        if (!seen_[program]) {
            seen_[program] = true;
            walk(program, workload_.programs[program].steps);
        }
        return puts_[program];
    }

    void walk(std::size_t program, const std::vector<Step>& steps) {
        any_step(steps, [&](const StepKind& kind) {
            if (const auto* put = std::get_if<Put>(&kind))
                puts_[program][static_cast<std::size_t>(put->queue)] = true;
            if (const auto* spawn = std::get_if<Spawn>(&kind)) {
                const auto& child = of(static_cast<std::size_t>(spawn->program));
                for (std::size_t q = 0; q < child.size(); ++q)
                    puts_[program][q] = puts_[program][q] || child[q];
            }
            return false;  // goes on
        });
    }

    const Workload& workload_;
    std::vector<std::vector<bool>> puts_;
    std::vector<bool> seen_;
};

const Program& program_of(const Workload& workload, const Instance& instance) {
    const auto& task = workload.tasks[static_cast<std::size_t>(instance.task)];
    return workload.programs[static_cast<std::size_t>(task.program)];
}

}  // namespace

bool any_step(const std::vector<Step>& steps, const std::function<bool(const StepKind&)>& is) {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
        if (is(step.kind)) return true;
        if (const auto* each = std::get_if<Each>(&step.kind)) return any_step(each->steps, is);
        if (const auto* repeat = std::get_if<Repeat>(&step.kind))
            return any_step(repeat->steps, is);
        if (const auto* choose = std::get_if<Choose>(&step.kind))
            return std::any_of(choose->branches.begin(), choose->branches.end(),
                               [&](const Branch& branch) { return any_step(branch.steps, is); });
        return false;
    });
}

const Amount* amount_of(const StepKind& kind) {
    if (const auto* it = std::get_if<Compute>(&kind)) return &it->time;
    if (const auto* it = std::get_if<Nogil>(&kind)) return &it->time;
    if (const auto* it = std::get_if<Native>(&kind)) return &it->time;
    if (const auto* it = std::get_if<Sleep>(&kind)) return &it->time;
    if (const auto* it = std::get_if<Io>(&kind)) return &it->time;
    if (const auto* it = std::get_if<Put>(&kind)) return &it->bytes;
    if (const auto* it = std::get_if<Allocate>(&kind)) return &it->bytes;
    if (const auto* it = std::get_if<Touch>(&kind)) return it->bytes ? &*it->bytes : nullptr;
    return nullptr;
}

const Footprint* footprint_of(const StepKind& kind) {
    if (const auto* it = std::get_if<Compute>(&kind)) return &it->footprint;
    if (const auto* it = std::get_if<Nogil>(&kind)) return &it->footprint;
    if (const auto* it = std::get_if<Native>(&kind)) return &it->footprint;
    return nullptr;
}

std::vector<std::vector<bool>> puts_of_programs(const Workload& workload) {
    return Producers(workload).of_all();
}

std::vector<std::uint32_t> producers(const Workload& workload,
                                     const std::vector<Instance>& instances) {
    const auto puts = puts_of_programs(workload);
    std::vector<std::uint32_t> counts(workload.queues.size(), 0);
    for (const auto& instance : instances) {
        const auto& task = workload.tasks[static_cast<std::size_t>(instance.task)];
        const auto& into = puts[static_cast<std::size_t>(task.program)];
        for (std::size_t q = 0; q < counts.size(); ++q) counts[q] += into[q] ? 1U : 0U;
    }
    return counts;
}

std::vector<std::uint32_t> parties(const Workload& workload,
                                   const std::vector<Instance>& instances) {
    std::vector<std::uint32_t> counts;
    for (std::size_t b = 0; b < workload.barriers.size(); ++b) {
        const BarrierId id{static_cast<std::uint32_t>(b)};
        const auto meets = [&](const Instance& instance) {
            return any_step(program_of(workload, instance).steps, [id](const StepKind& kind) {
                const auto* barrier = std::get_if<Barrier>(&kind);
                return barrier != nullptr && barrier->barrier == id;
            });
        };
        counts.push_back(workload.barriers[b].parties.value_or(
            static_cast<std::uint32_t>(std::count_if(instances.begin(), instances.end(), meets))));
    }
    return counts;
}

std::vector<double> upper_shares(const std::vector<Branch>& branches) {
    const auto all =
        std::accumulate(branches.begin(), branches.end(), 0.0,
                        [](double sum, const Branch& branch) { return sum + branch.weight; });
    std::vector<double> upper;
    double sum = 0;
    for (const auto& branch : branches) {
        sum += branch.weight;
        upper.push_back(sum / all);
    }
    return upper;
}

std::size_t chosen(const std::vector<double>& upper_shares, double uniform) {
    const auto above = std::upper_bound(upper_shares.begin(), upper_shares.end(), uniform);
    return std::min<std::size_t>(static_cast<std::size_t>(above - upper_shares.begin()),
                                 upper_shares.size() - 1);
}

}  // namespace interlock::workload
