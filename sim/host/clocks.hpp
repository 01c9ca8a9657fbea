#pragma once

// Clocks, pinning and threads of the measurements: real ones.

#include <sched.h>
#include <sys/resource.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime() is POSIX's

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace interlock::host {

inline double clock_ns(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}
inline double wall_ns() { return clock_ns(CLOCK_MONOTONIC); }
inline double thread_cpu_ns() { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }
inline double process_cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

/// What `call` takes of the wall's time, in ns.
template <typename Call>
double timed(Call&& call) {
    const auto begin = wall_ns();
    std::forward<Call>(call)();
    return wall_ns() - begin;
}

/// RUSAGE_SELF, or of ended children RUSAGE_CHILDREN.
inline double cpu_seconds(int whose) {
    rusage used{};
    getrusage(whose, &used);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

/// The calling thread stays on one CPU while this lives, if that is permitted.
class Pinned {
public:
    explicit Pinned(std::uint32_t cpu) {
        sched_getaffinity(0, sizeof before_, &before_);
        works_ = move(cpu);
    }
    ~Pinned() { sched_setaffinity(0, sizeof before_, &before_); }
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

    static bool allow(std::initializer_list<std::uint32_t> cpus) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (const auto cpu : cpus) CPU_SET(cpu, &set);
        return sched_setaffinity(0, sizeof set, &set) == 0;
    }
    static bool move(std::uint32_t cpu) { return allow({cpu}); }
    bool works() const { return works_; }

private:
    cpu_set_t before_{};
    bool works_ = false;
};

/// Runs on the CPU for that long, and nothing else.
inline void spin_ns(double duration) {
    const auto end = wall_ns() + duration;
    while (wall_ns() < end) {
    }
}

}  // namespace interlock::host
