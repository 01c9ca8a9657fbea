#pragma once

// The ways to do all tasks, as Python's libraries have them: threads, forked
// processes, a pool of each.

#include "sim/host/builtin/board.hpp"
#include "sim/host/builtin/runner.hpp"

namespace interlock::host::builtin {

/// The instances that live in the main process, or (of one) in their own.
std::vector<std::uint32_t> instances_of(const Plan& plan,
                                        const std::optional<std::string>& process);

/// All of the board's, by the plan's strategy; the caller holds the lock as `me`.
void run_strategy(Runner& runner, Board& board, const void* me);

/// A process of its own for each name that tasks give; joined unless all of its
/// tasks are in the background.
class Outsiders {
public:
    explicit Outsiders(Runner& runner);
    void join();

private:
    struct One {
        int process;
        bool awaited;
    };
    std::vector<One> all_;
};

}  // namespace interlock::host::builtin
