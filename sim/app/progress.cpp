#include "sim/app/progress.hpp"

#include <chrono>

#include <fmt/format.h>

#include "sim/app/output.hpp"

namespace interlock::app {

std::string bar(std::size_t done, std::size_t total) {
    constexpr std::size_t width = 30;
    const auto full = total == 0 ? 0 : width * done / total;
    const auto count =
        total == 0 ? std::string("simulating") : fmt::format("{} of {} replications", done, total);
    return fmt::format("[{}{}] {}", std::string(full, '#'), std::string(width - full, '.'), count);
}

Progress::Progress(bool shown) {
    if (shown)
        drawer_ = std::jthread([this](const std::stop_token& stop) { draw_until_stopped(stop); });
}

Progress::~Progress() = default;

void Progress::update(std::size_t done, std::size_t total) {
    done_ = done;
    total_ = total;
}

void Progress::draw_until_stopped(const std::stop_token& stop) {
    using namespace std::chrono_literals;
    constexpr std::string_view erase = "\r\033[K";
    bool drawn = false;
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, drawn ? 200ms : 1000ms,
                              [&] { return stop.stop_requested(); })) {
        talk(std::string(erase) + bar(done_, total_));
        drawn = true;
    }
    if (drawn) talk(erase);
}

}  // namespace interlock::app
