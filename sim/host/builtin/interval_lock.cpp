#include "sim/host/builtin/interval_lock.hpp"

#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime() is POSIX's

#include <cerrno>

namespace interlock::host::builtin {

namespace {

constexpr std::int64_t second = 1'000'000'000;

timespec from_now(std::int64_t ns) {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const auto sum = time.tv_nsec + ns;
    time.tv_sec += sum / second;
    time.tv_nsec = sum % second;
    return time;
}

}  // namespace

IntervalLock::IntervalLock(std::int64_t interval_ns) : interval_ns_(interval_ns) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&mutex_, nullptr);
    pthread_cond_init(&changed_, &monotonic);
    pthread_mutex_init(&switch_mutex_, nullptr);
    pthread_cond_init(&switched_, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

IntervalLock::~IntervalLock() {
    pthread_cond_destroy(&switched_);
    pthread_mutex_destroy(&switch_mutex_);
    pthread_cond_destroy(&changed_);
    pthread_mutex_destroy(&mutex_);
}

void IntervalLock::take(const void* me) {
    pthread_mutex_lock(&mutex_);
    while (held_) {
        const auto seen = switches_;
        const auto until = from_now(interval_ns_);
        const auto result = pthread_cond_timedwait(&changed_, &mutex_, &until);
        if (result == ETIMEDOUT && held_ && switches_ == seen) drop_requested_ = true;
    }
    pthread_mutex_lock(&switch_mutex_);
    held_ = true;
    if (last_holder_ != me) {
        last_holder_ = me;
        ++switches_;
    }
    pthread_cond_signal(&switched_);
    pthread_mutex_unlock(&switch_mutex_);
    if (drop_requested_.load(std::memory_order_relaxed)) drop_requested_ = false;
    pthread_mutex_unlock(&mutex_);
}

void IntervalLock::drop(const void* me) {
    pthread_mutex_lock(&mutex_);
    last_holder_ = me;
    held_ = false;
    pthread_cond_signal(&changed_);
    pthread_mutex_unlock(&mutex_);
    if (!drop_requested_.load(std::memory_order_relaxed)) return;
    pthread_mutex_lock(&switch_mutex_);
    if (last_holder_ == me) {
        drop_requested_ = false;
        pthread_cond_wait(&switched_, &switch_mutex_);
    }
    pthread_mutex_unlock(&switch_mutex_);
}

}  // namespace interlock::host::builtin
