#pragma once

// A bar for a person who waits: from the first second on, on a terminal only.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace interlock::app {

/// "[########............] 8 of 20 replications, 12 s left".
std::string bar(std::size_t done, std::size_t total, std::string_view unit, double seconds_passed);

class Progress {
public:
    /// Shows nothing, and costs nothing, unless `shown`. `unit`: of what it counts.
    explicit Progress(bool shown, std::string_view unit = "replications");
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void update(std::size_t done, std::size_t total);
    /// Erases the bar while `write` writes; it comes back below.
    void above(const std::function<void()>& write);

private:
    void draw_until_stopped(const std::stop_token& stop);

    std::string unit_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    bool drawn_ = false;  // under the mutex
    std::condition_variable_any stopped_;
    std::atomic<std::size_t> done_ = 0;
    std::atomic<std::size_t> total_ = 0;
    std::jthread drawer_;  // last: it uses the others
};

}  // namespace interlock::app
