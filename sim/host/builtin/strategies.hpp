#pragma once

// The ways to do all tasks, as Python's libraries have them: threads, forked
// processes, a pool of each.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/host/builtin/board.hpp"
#include "sim/host/builtin/runner.hpp"

namespace interlock::host::builtin {

/// The instances that live in the main process, or (of one) in their own.
std::vector<std::uint32_t> instances_of(const Plan& plan,
                                        const std::optional<std::string>& process);

/// All of the board's, by the plan's strategy; the caller holds the lock as `me`.
void run_strategy(Runner& runner, Board& board, const void* me);

/// Starts and joins as many threads as the plan will have at once: what a process
/// pays for its first ones (symbols bound, stacks and arenas made, pages that a
/// fork has left to copy) is paid before the clock runs.
void rehearse(Runner& runner, const void* me);

/// A process of its own for each name that tasks give; joined unless all of its
/// tasks are in the background. They end only then: what a process does at its
/// end is not the run's.
class Outsiders {
public:
    explicit Outsiders(Runner& runner);
    ~Outsiders();
    Outsiders(const Outsiders&) = delete;
    Outsiders& operator=(const Outsiders&) = delete;
    void join();

private:
    struct One {
        int process;
        bool awaited;
    };
    std::vector<One> all_;
    std::array<int, 2> over_{-1, -1};  ///< a byte for each that may end
};

}  // namespace interlock::host::builtin
