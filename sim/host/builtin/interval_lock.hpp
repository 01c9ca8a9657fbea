#pragma once

// The interpreter lock of CPython 3.2 to 3.12, real: what models/interpreter/
// interval_lock.hpp models, over the C library's own mutexes and condition
// variables.
//
//   take   while held: wait on `changed`, an interval at most
//                      timed out, still held, nobody took it since: request a drop
//   drop   free it, signal `changed`; if a drop was requested, wait until
//          another thread has taken it
//
// Source followed: Python/ceval_gil.h of CPython 3.9, take_gil() and drop_gil().

#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace interlock::host::builtin {

/// One of them a process. Threads tell themselves apart by an address.
class IntervalLock {
public:
    explicit IntervalLock(std::int64_t interval_ns);
    IntervalLock(const IntervalLock&) = delete;
    IntervalLock& operator=(const IntervalLock&) = delete;
    ~IntervalLock();

    void take(const void* me);
    void drop(const void* me);
    /// A check point: lets another thread have it if one has asked.
    void check(const void* me) {
        if (drop_requested_.load(std::memory_order_relaxed)) {
            drop(me);
            take(me);
        }
    }

private:
    std::int64_t interval_ns_;
    pthread_mutex_t mutex_{};
    pthread_cond_t changed_{};
    pthread_mutex_t switch_mutex_{};
    pthread_cond_t switched_{};
    bool held_ = false;
    std::uint64_t switches_ = 0;
    std::atomic<const void*> last_holder_{nullptr};
    std::atomic<bool> drop_requested_{false};
};

/// Without the lock as long as this lives.
class Released {
public:
    Released(IntervalLock& lock, const void* me) : lock_(lock), me_(me) { lock_.drop(me_); }
    ~Released() { lock_.take(me_); }
    Released(const Released&) = delete;
    Released& operator=(const Released&) = delete;

private:
    IntervalLock& lock_;
    const void* me_;
};

}  // namespace interlock::host::builtin
