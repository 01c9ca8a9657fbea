#include "sim/experiment/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace interlock::experiment {

namespace {

/// Keeps the exception of the lowest index.
class FirstFailure {
public:
    void keep(std::size_t index, std::exception_ptr exception) {
        const std::lock_guard guard(mutex_);
        failed_ = true;
        if (index >= index_) return;
        index_ = index;
        exception_ = std::move(exception);
    }
    bool failed() const { return failed_; }
    void rethrow() const {
        if (exception_) std::rethrow_exception(exception_);
    }

private:
    std::mutex mutex_;
    std::atomic<bool> failed_ = false;
    std::size_t index_ = std::numeric_limits<std::size_t>::max();
    std::exception_ptr exception_;
};

}  // namespace

void for_each_index(std::size_t count, std::size_t workers,
                    const std::function<void(std::size_t)>& job) {
    if (workers <= 1 || count <= 1) {
        for (std::size_t index = 0; index < count; ++index) job(index);
        return;
    }
    std::atomic<std::size_t> next = 0;
    FirstFailure failure;
    const auto work = [&] {
        while (!failure.failed()) {
            const auto index = next.fetch_add(1);
            if (index >= count) return;
            try {
                job(index);
            } catch (...) {  // carried to the caller's thread, and thrown again there
                failure.keep(index, std::current_exception());
            }
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < std::min(workers, count); ++i) helpers.emplace_back(work);
        work();
    }
    failure.rethrow();
}

std::size_t workers_for(std::size_t jobs) {
    constexpr std::size_t few = 4;
    if (jobs <= few) return 1;
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace interlock::experiment
