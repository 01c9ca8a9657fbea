#pragma once

// Runs the steps of tasks, under the interpreter lock of its process.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/host/builtin/interval_lock.hpp"
#include "sim/host/builtin/program.hpp"
#include "sim/host/builtin/shared.hpp"
#include "sim/host/builtin/work.hpp"

namespace interlock::host::builtin {

struct Marked {
    std::uint32_t instance = 0;
    std::uint32_t mark = 0;
    double at = 0;  ///< seconds since the start
};

/// What a task allocates; each page touched once.
class Block {
public:
    Block() = default;
    explicit Block(std::int64_t bytes);
    ~Block();
    Block(Block&& other) noexcept;
    Block& operator=(Block&& other) noexcept;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    /// All of it, or its first bytes.
    void touch(std::int64_t bytes, bool write);
    std::int64_t bytes() const { return bytes_; }

private:
    std::int64_t bytes_ = 0;
    char* start_ = nullptr;
};

/// One of a process; a forked child makes its own from its parent's.
class Runner {
public:
    struct Setup {
        const Plan* plan = nullptr;
        Shared* shared = nullptr;
        Rates rates;
        std::int64_t slack_ns = 0;
        std::string folder;  ///< where processes leave their marks
        double zero_ns = 0;  ///< on the monotonic clock
    };
    explicit Runner(Setup setup);
    /// Of a forked child, with the memory that it has of its parent.
    Runner(Setup setup, std::vector<Block> blocks, std::vector<std::int64_t> objects);

    IntervalLock& lock() { return lock_; }
    const Plan& plan() const { return *setup_.plan; }
    const Setup& setup() const { return setup_; }
    void begin(double zero_ns) { setup_.zero_ns = zero_ns; }
    double now() const;  ///< seconds since the start

    /// A whole instance, by a thread that holds the lock and is called `me`.
    void instance(std::uint32_t number, const void* me);

    /// What a forked child has of its parent: memory, but not the lock.
    std::unique_ptr<Runner> of_child();
    /// Of a process that ends: its marks, for the main one to find.
    void leave_marks();
    /// All that processes have left, and our own.
    std::vector<Marked> all_marks();
    const std::vector<std::int64_t>& objects() const { return objects_; }

private:
    friend class Walker;

    Setup setup_;
    IntervalLock lock_;
    std::vector<std::int64_t> objects_;
    std::vector<Block> blocks_;
    std::mutex marking_;
    std::vector<Marked> marks_;
};

/// Starts a thread as Python does: its starter waits until it has the lock once.
/// The new one runs `work` under the lock; join it with join_thread().
std::thread start_thread(IntervalLock& lock, const void* me, std::function<void(const void*)> work);
void join_thread(IntervalLock& lock, const void* me, std::thread& thread);

}  // namespace interlock::host::builtin
