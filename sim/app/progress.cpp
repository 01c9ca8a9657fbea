#include "sim/app/progress.hpp"

#include <chrono>

#include <fmt/format.h>

#include "sim/app/output.hpp"

namespace interlock::app {

namespace {

constexpr std::string_view erase = "\r\033[K";

}  // namespace

std::string bar(std::size_t done, std::size_t total, std::string_view unit, double seconds_passed) {
    constexpr std::size_t width = 30;
    const auto full = total == 0 ? 0 : width * done / total;
    auto count =
        total == 0 ? std::string("beginning") : fmt::format("{} of {} {}", done, total, unit);
    if (done > 0 && done < total) {
        const auto left =
            seconds_passed / static_cast<double>(done) * static_cast<double>(total - done);
        count += fmt::format(", {:.0f} s left", left);
    }
    return fmt::format("[{}{}] {}", std::string(full, '#'), std::string(width - full, '.'), count);
}

Progress::Progress(bool shown, std::string_view unit) : unit_(unit) {
    if (shown)
        drawer_ = std::jthread([this](const std::stop_token& stop) { draw_until_stopped(stop); });
}

Progress::~Progress() = default;

void Progress::update(std::size_t done, std::size_t total) {
    done_ = done;
    total_ = total;
}

void Progress::above(const std::function<void()>& write) {
    const std::scoped_lock lock(mutex_);
    if (drawn_) talk(erase);
    drawn_ = false;
    write();
}

void Progress::draw_until_stopped(const std::stop_token& stop) {
    using namespace std::chrono_literals;
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, drawn_ ? 200ms : 1000ms,
                              [&] { return stop.stop_requested(); })) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
        talk(std::string(erase) + bar(done_, total_, unit_, passed.count()));
        drawn_ = true;
    }
    if (drawn_) talk(erase);
}

}  // namespace interlock::app
