#include "models/reading.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "models/hardware/fluid.hpp"
#include "models/os/policy_table.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::models {

namespace {

using kernel::Duration;
using kernel::Time;

class Reader {
public:
    Reader(const Reading& of, Result& result)
        : of_(of), result_(result),
          observed_(std::max(of.engine.now() - of.from, Duration::zero())) {}

    void read(record::Books books) {
        result_.observed = observed_;
        read_threads(books);
        read_lock(books);
        read_cpus(books);
        read_quota(books);
        read_tasks(books);
        read_devices(books);
        for (std::size_t i = 0; i < books.objects.size(); ++i)
            result_.objects.push_back({.name = of_.question.workload.objects[i].name,
                                       .writes = books.objects[i].writes,
                                       .lost = books.objects[i].lost,
                                       .count_wait = of_.engine.count_wait(i)});
        for (std::size_t i = 0; i < books.queues.size(); ++i)
            result_.queues.push_back({.name = of_.question.workload.queues[i].name,
                                      .length_max = books.queues[i].length_max,
                                      .put_wait = books.queues[i].put_wait,
                                      .get_wait = books.queues[i].get_wait});
        result_.memory_peak = books.memory_peak;
        for (auto& pair : books.marks)
            result_.marks.push_back({.from = of_.question.workload.marks[pair.from],
                                     .to = of_.question.workload.marks[pair.to],
                                     .rate_per_second = rate(pair.latency.count()),
                                     .latency = std::move(pair.latency)});
    }

private:
    double rate(std::uint64_t count) const {
        return observed_ == Duration::zero()
                   ? 0
                   : static_cast<double>(count) / kernel::seconds(observed_);
    }

    void read_threads(record::Books& books) {
        for (std::size_t i = 0; i < books.threads.size(); ++i) {
            auto& thread = books.threads[i];
            const Spent spent{.running = thread.running,
                              .lock_wait = thread.lock_wait,
                              .cpu_wait = thread.cpu_wait,
                              .io = thread.io,
                              .blocked = thread.blocked,
                              .slowed = thread.slowed};
            const bool fits = of_.engine.agents()[i].other || add_to(result_.totals, spent);
            if (!fits && result_.ended == Ended::done) {
                result_.ended = Ended::bound;
                result_.reason =
                    "all threads together lived for more than 292 years, which is more "
                    "than the books hold";
                result_.makespan.reset();
            }
            result_.threads.push_back(
                {.name = of_.engine.agents()[i].name,
                 .process = static_cast<std::uint32_t>(of_.engine.agents()[i].process),
                 .spent = spent,
                 .lock_waits = std::move(thread.lock_waits),
                 .drop_requests = thread.drop_requests});
        }
    }

    /// False, and nothing added, where all that threads spend would be more than 64 bits hold.
    static bool add_to(Spent& totals, const Spent& spent) {
        kernel::SignedWide life = 0;
        for (const auto& one : {totals, spent})
            for (const auto part : {one.running, one.lock_wait, one.cpu_wait, one.io, one.blocked})
                life += part.count();
        if (life > Duration::max().count()) return false;
        totals.running += spent.running;
        totals.lock_wait += spent.lock_wait;
        totals.cpu_wait += spent.cpu_wait;
        totals.io += spent.io;
        totals.blocked += spent.blocked;
        totals.slowed += spent.slowed;
        return true;
    }

    void read_lock(const record::Books& books) {
        if (!of_.question.runtime.has_lock()) return;
        auto& sum = result_.lock.emplace();
        for (const auto& lock : books.locks) {
            if (observed_ > Duration::zero())
                sum.held_share = std::max(sum.held_share,
                                          kernel::seconds(lock.held) / kernel::seconds(observed_));
            sum.counts += lock.counts;
            sum.waits.merge(lock.waits);
        }
    }

    void read_cpus(const record::Books& books) {
        if (os::policy_named(of_.question.os.policy).fluid) return read_shares(books);
        for (const auto& cpu : books.cpus) {
            result_.cpu.utilization.push_back(observed_ == Duration::zero()
                                                  ? 0
                                                  : kernel::seconds(cpu.busy) /
                                                        kernel::seconds(observed_));
            result_.cpu.context_switches += cpu.switches;
        }
        result_.cpu.migrations = books.migrations;
    }

    /// The CPUs of the fluid machine are threads; what they did is the share of what it can.
    void read_shares(const record::Books& books) {
        Spent all;
        for (const auto& thread : books.threads) {
            all.running += thread.running;
            all.slowed += thread.slowed;
        }
        constexpr double ppm = 1e-6;
        const auto most = static_cast<double>(hardware::capacity(of_.question.machine)) * ppm *
                          kernel::seconds(observed_);
        const auto used = most > 0 ? kernel::seconds(all.running - all.slowed) / most : 0;
        result_.cpu.utilization.assign(of_.question.machine.cpus(), std::min(used, 1.0));
        for (const auto& cpu : books.cpus) result_.cpu.context_switches += cpu.switches;
    }

    void read_quota(const record::Books& books) {
        if (!of_.question.os.quota) return;
        const auto use = of_.engine.quota_use();
        result_.quota = {.periods = use.periods,
                         .throttled_periods = use.throttled_periods,
                         .throttled = books.throttled,
                         .holder_throttled = books.holder_throttled};
    }

    void read_devices(record::Books& books) {
        for (std::size_t i = 0; i < books.devices.size(); ++i) {
            auto& book = books.devices[i];
            const auto& device = of_.question.machine.devices[i];
            result_.devices.push_back(
                {.name = device.name,
                 .served = book.served,
                 .utilization = utilization(device, book.busy, of_.engine.device_use(i)),
                 .queue_max = book.queue_max,
                 .waits = std::move(book.waits),
                 .responses = std::move(book.responses)});
        }
    }

    /// None of the shares is above 1 but by rounding.
    double utilization(const hardware::Device& device, Duration busy,
                       const hardware::Station::Use& use) const {
        if (observed_ == Duration::zero()) return 0;
        const auto time = kernel::seconds(observed_);
        double most = 0;
        if (device.servers) most = kernel::seconds(busy) / time / *device.servers;
        if (device.bandwidth)
            most = std::max(most, use.bytes / time / static_cast<double>(*device.bandwidth));
        if (device.iops) most = std::max(most, static_cast<double>(use.let_in) / use.allowance);
        return std::min(most, 1.0);
    }

    void read_tasks(const record::Books& books) {
        const auto& tasks = of_.question.workload.tasks;
        for (const auto& task : tasks)
            result_.by_task.push_back(
                {.name = task.name, .has_deadline = task.deadline.has_value(), .turnaround = {}});
        std::uint64_t finished = 0;
        for (std::uint32_t i = 0; i < of_.instances.size(); ++i) {
            const auto& book = books.instances[i];
            const auto task = static_cast<std::uint32_t>(of_.instances[i].task);
            const auto& deadline = tasks[task].deadline;
            if (deadline && of_.instances[i].arrival + *deadline >= of_.from &&
                (of_.engine.aborted(i) ||
                 book.finished.value_or(Time::max()) > of_.instances[i].arrival + *deadline))
                ++result_.by_task[task].missed;
            if (book.finished && *book.finished >= of_.from && !of_.engine.aborted(i)) {
                ++finished;
                ++result_.by_task[task].count;
                result_.by_task[task].turnaround.add(
                    (*book.finished - of_.instances[i].arrival).count());
            }
            if (book.finished) result_.completion_order.push_back(i);
            if (i < instances_shown)
                result_.instances.push_back(
                    {.task = task,
                     .name = workload::instance_name(of_.question.workload, of_.instances[i]),
                     .arrival = of_.instances[i].arrival,
                     .first_run = book.started,
                     .finish = book.finished,
                     .cpu = book.cpu,
                     .io = book.io});
        }
        std::stable_sort(result_.completion_order.begin(), result_.completion_order.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return *books.instances[a].finished < *books.instances[b].finished;
                         });
        result_.throughput = rate(finished);
    }

    static constexpr std::uint32_t instances_shown = 10'000;

    const Reading& of_;
    Result& result_;
    Duration observed_;  // after the warm-up
};

}  // namespace

void read(record::Books books, const Reading& of, Result& result) {
    Reader(of, result).read(std::move(books));
}

}  // namespace interlock::models
