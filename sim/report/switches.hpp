#pragma once

// Who ran where, switch by switch, as `perf sched` prints a recording:
// `timehist` has a line for each stay on a CPU, `map` one for each change of who
// is there. One reader for both: a switch is a CPU going from a thread, or from
// idle, to another.
//
// Of the thread that leaves, "wait time" is how long it had been off the CPUs
// before it ran, and "sch delay" the part of it from its wake-up on; a thread
// that was preempted has waited without such a delay. Of a CPU that leaves idle,
// "wait time" is how long it had been busy before. A thread that still runs when
// the run ends has left nothing, and no line.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/record/kinds.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/trace.hpp"

namespace interlock::report {

class Switches final : public kernel::TraceSink {
public:
    void take(std::span<const kernel::Record> records) override;

    /// `names` are those of the threads, in the order of their ids.
    std::string timehist(const std::vector<std::string>& names) const;

    /// A column for each CPU; of more than are drawn for those on which somebody ran.
    std::string map(const std::vector<std::string>& names, std::size_t cpus) const;

private:
    using ThreadNumber = kernel::Maybe<std::uint32_t>;  ///< none: idle

    struct Switch {
        kernel::Time at{};
        std::uint32_t cpu = 0;
        ThreadNumber from;
        ThreadNumber to;
        kernel::Duration waited{};
        kernel::Duration delayed{};  ///< of that, since it was woken
        kernel::Duration ran{};
    };

    struct Thread {
        record::State state = record::State::blocked;
        kernel::Maybe<std::uint32_t> cpu;  ///< runs there
        kernel::Time since{};              ///< runs
        kernel::Duration waited{};         ///< before it ran
        kernel::Duration delayed{};
        kernel::Maybe<kernel::Time> left;   ///< a CPU, the last time
        kernel::Maybe<kernel::Time> woken;  ///< and has not run since
    };

    struct Cpu {
        kernel::Time busy_since{};
        kernel::Time left{};              ///< by whom ran there; it is idle unless somebody follows
        kernel::Maybe<std::size_t> open;  ///< the switch by which it was left, if it is kept
        bool used = false;
    };

    void apply(const kernel::Record& record);
    void begin(kernel::Time at, std::uint32_t id, std::uint32_t on);
    void leave(kernel::Time at, std::uint32_t id);
    kernel::Maybe<std::size_t> keep(const Switch& one);
    std::string rest() const;
    std::vector<std::uint32_t> columns(std::size_t cpus) const;

    std::vector<Thread> threads_;
    std::vector<Cpu> cpus_;
    std::vector<Switch> switches_;
    std::uint64_t left_out_ = 0;  ///< beyond those that are kept
};

}  // namespace interlock::report
