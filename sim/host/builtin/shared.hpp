#pragma once

// What the threads of a plan share, within a process and between processes:
// in memory that forks keep common, over the C library's primitives.

#include <pthread.h>
#include <semaphore.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/host/builtin/program.hpp"

namespace interlock::host::builtin {

/// Pages that a process shares with those it forks.
class SharedMemory {
public:
    /// Throws std::system_error.
    explicit SharedMemory(std::size_t bytes);
    ~SharedMemory();
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    void* data() const { return start_; }

private:
    std::size_t bytes_;
    void* start_;
};

/// A semaphore between threads and processes, as CPython's locks are one.
class Semaphore {
public:
    void open(unsigned value) { sem_init(&it_, 1, value); }
    bool try_wait() { return sem_trywait(&it_) == 0; }
    void wait();
    void post() { sem_post(&it_); }

private:
    sem_t it_;
};

/// Waiters that are woken one by one or all at once; nothing is kept for later ones.
class Condition {
public:
    void open();
    /// False if the time was out.
    bool wait(std::optional<std::int64_t> timeout_ns);
    void notify(std::uint32_t count);  ///< 0: all

private:
    pthread_mutex_t mutex_;
    pthread_cond_t changed_;
};

/// An item is a size; its bytes travel where the queue is a pipe or a socket.
/// The end, which each consumer passes on, is an item below 0.
class Transport {
public:
    static constexpr std::int64_t end = -1;

    Transport() = default;
    virtual ~Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    /// Whether it can be done at once, under the interpreter lock; then it is done.
    virtual bool try_put(std::int64_t item) = 0;
    virtual std::optional<std::int64_t> try_get() = 0;
    /// Waits, without the interpreter lock. False and none: the time was out.
    virtual bool put(std::int64_t item, std::optional<std::int64_t> timeout_ns) = 0;
    virtual std::optional<std::int64_t> get(std::optional<std::int64_t> timeout_ns) = 0;
};

/// Made before anything is forked.
class Shared {
public:
    /// `between`: of several processes. Throws Unable, std::system_error.
    Shared(const Plan& plan, bool between);

    /// Sends an item through a socket like each of the plan's, so that the first message
    /// finds the pages and the code that the later ones find.
    static void rehearse(const Plan& plan);

    Semaphore& lock(std::uint32_t number) { return locks_[number]; }
    Condition& condition(std::uint32_t number) { return conditions_[number]; }
    pthread_barrier_t& barrier(std::uint32_t number) { return barriers_[number]; }
    Transport& queue(std::uint32_t number) { return *queues_[number]; }
    /// Seconds since the start at which an instance began and ended.
    double& time(std::uint32_t instance, bool ended) {
        return times_[2 * instance + (ended ? 1 : 0)];
    }
    /// One of those who put into it has ended; whether it was the last.
    bool producer_ended(std::uint32_t queue) { return --producers_[queue] == 0; }

private:
    SharedMemory memory_;
    Semaphore* locks_ = nullptr;
    Condition* conditions_ = nullptr;
    pthread_barrier_t* barriers_ = nullptr;
    double* times_ = nullptr;
    std::atomic<std::uint32_t>* producers_ = nullptr;
    std::vector<std::unique_ptr<Transport>> queues_;
};

}  // namespace interlock::host::builtin
