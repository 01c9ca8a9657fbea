#pragma once

// The one ledger: every nanosecond of a thread's life is booked once, under
// running, lock wait, CPU wait, I/O or blocked. It reads the records of a run
// and checks them as it reads: time never goes back, a CPU runs one thread and
// a thread on one CPU, a lock has one holder, and only the holder releases it.
//
// Nothing before the end of the warm-up is booked. A hold, and time that a
// thread spends, counts from there on; a lock request of before it counts not.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "models/record/books.hpp"
#include "models/record/kinds.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/trace.hpp"

namespace interlock::record {

/// What is known before the run; threads, processes and locks appear during it.
struct Sizes {
    std::size_t cpus = 1;
    std::size_t instances = 0;
    std::size_t queues = 0;
    std::size_t objects = 0;
    std::size_t marks = 0;
    std::size_t devices = 0;
};

class Ledger final : public kernel::TraceSink {
public:
    /// `from`: the end of the warm-up.
    Ledger(const Sizes& sizes, kernel::Time from);

    void take(std::span<const kernel::Record> records) override;

    /// Books what is still open and checks the sums: the five of a thread make
    /// up its life, and the CPUs were busy as long as threads ran.
    Books close(kernel::Time end);

private:
    /// What a thread may spend time on: the states, and the lock.
    static constexpr std::size_t lock_wait = 4;

    struct Thread {
        State state = State::cpu_wait;
        bool exited = false;
        bool asks = false;   // for its interpreter's lock
        bool woken = false;  // by a thread, since it asked and slept
        bool contended = false;
        std::uint32_t asks_for = 0;
        kernel::Maybe<std::uint32_t> cpu;  // runs there, or last ran there
        std::uint32_t queued_on = 0;
        kernel::Time since{};  // of what is not booked yet
        std::array<kernel::Duration, 5> spent{};
        kernel::Duration ran{};  // in all, warm-up or not
        kernel::Wide lost{};     // ns x ppm
        kernel::Time asked{};
        std::uint64_t seen = 0;  // grants of the lock when it asked
    };
    struct Cpu {
        kernel::Maybe<std::uint32_t> thread;  // runs now
        kernel::Maybe<std::uint32_t> last;
        std::uint64_t slower = 0;  // ppm below full speed
        bool throttled = false;
    };
    struct Lock {
        kernel::Maybe<std::uint32_t> holder;
        bool drop_requested = false;  // of this holder
        std::uint64_t grants = 0;
        kernel::Time since{};
    };
    struct Instance {
        std::uint32_t thread = 0;
        kernel::Duration ran_before{};
        kernel::Duration io_before{};
        kernel::Maybe<std::uint32_t> mark;
        kernel::Time marked{};
    };

    struct Device {
        std::vector<kernel::Time> came;  // by operation
        std::uint64_t waiting = 0;
        kernel::Duration::rep serving = 0;
        kernel::Time since{};  // of what is not booked yet
    };

    void one(const kernel::Record& record);
    void thread_record(const kernel::Record& record);
    void lock_record(const kernel::Record& record);
    void request(const kernel::Record& record);
    void task_record(const kernel::Record& record);
    void begin(Instance& instance, kernel::Time now);
    void state(const kernel::Record& record);
    void wake_up(Thread& thread, bool by_thread, State state);
    void book(Thread& thread, kernel::Time now);
    void free_cpu(std::uint32_t id, const Thread& thread);
    Thread& thread_of(std::uint32_t id);
    void grant(const kernel::Record& record);
    void mark(const kernel::Record& record);
    void throttle(const kernel::Record& record);
    void device(const kernel::Record& record);
    void book_device(std::size_t id, kernel::Time now);
    void stand_still();
    LockBooks& lock_of(std::uint32_t place);
    kernel::Time counted(kernel::Time time) const { return time < from_ ? from_ : time; }
    bool counts() const { return now_ >= from_; }

    kernel::Time from_;
    kernel::Time now_{};
    Books books_;
    std::vector<Thread> threads_;
    std::vector<Cpu> cpus_;
    std::vector<Lock> locks_;
    std::vector<Instance> instances_;
    std::vector<Device> devices_;
    int throttled_ = 0;  // CPUs
    kernel::Time stood_until_{};
    std::size_t marks_;
    std::vector<stats::Quantiles> latencies_;  // by from * marks + to
};

}  // namespace interlock::record
