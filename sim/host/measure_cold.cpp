// Calls that find the caches cold: what the first takes more after a pause.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "sim/host/clocks.hpp"
#include "sim/host/fail.hpp"
#include "sim/host/futex.hpp"
#include "sim/host/measure_parts.hpp"

namespace interlock::host {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 10ms;

/// Two equal calls: what the second takes, and what the first takes more.
struct Cold {
    std::vector<double> warm;
    std::vector<double> extra;

    void add(const std::function<double()>& timed) {
        const auto first = timed();
        warm.push_back(timed());
        extra.push_back(std::max(0.0, first - warm.back()));
    }
};

/// Sleeps in a timed wait and begins the next; another CPU sees for how long it
/// then keeps the mutex.
class Waiter {
public:
    explicit Waiter(std::uint32_t observer)
        : lock_(mutex_), thread_([this, observer](const std::stop_token& stop) {
              const Pinned pinned(observer);
              for (int seen = 0; !stop.stop_requested();) {
                  if (begun_.load(std::memory_order_acquire) == seen) continue;
                  const auto kept = timed([this] {
                      while (!mutex_.try_lock()) {
                      }
                  });
                  kept_.store(kept, std::memory_order_relaxed);
                  mutex_.unlock();
                  seen_.store(++seen, std::memory_order_release);
              }
          }) {}

    void sleep(std::chrono::nanoseconds time) {
        wait(wall_ns() + static_cast<double>(time.count()));
    }
    /// ns, of a wait whose time is over before it begins.
    double keeps_mutex() {
        const auto next = begun_.load(std::memory_order_relaxed) + 1;
        begun_.store(next, std::memory_order_release);
        wait(wall_ns());
        lock_.unlock();
        while (seen_.load(std::memory_order_acquire) != next) {
        }
        lock_.lock();
        return kept_.load(std::memory_order_relaxed);
    }

private:
    /// As interpreters do: the standard's would read the clock again when it is over.
    void wait(double until_ns) {
        constexpr double second = 1e9;
        const auto seconds = std::floor(until_ns / second);
        const timespec until{.tv_sec = static_cast<time_t>(seconds),
                             .tv_nsec = static_cast<long>(until_ns - seconds * second)};
        pthread_cond_clockwait(condition_.native_handle(), mutex_.native_handle(), CLOCK_MONOTONIC,
                               &until);
    }

    std::mutex mutex_;
    std::condition_variable condition_;
    std::atomic<int> begun_{0};
    std::atomic<int> seen_{0};
    std::atomic<double> kept_{0};
    std::unique_lock<std::mutex> lock_;
    std::jthread thread_;
};

Cold timed_waits(std::uint32_t observer, std::chrono::nanoseconds asleep, int times) {
    Cold found;
    Waiter waiter(observer);
    for (int i = 0; i < times; ++i) {
        waiter.sleep(asleep);
        found.add([&] { return waiter.keeps_mutex(); });
    }
    return found;
}

/// Of a futex_wait that does not sleep, after a sleep.
Cold waits(std::chrono::nanoseconds asleep, int times) {
    Cold found;
    std::atomic<std::uint32_t> word{1};
    for (int i = 0; i < times; ++i) {
        std::this_thread::sleep_for(asleep);
        found.add([&] { return timed([&] { futex_wait(word, 0); }); });
    }
    return found;
}

/// Of a futex_wake of nobody, after computing.
Cold wakes(std::chrono::nanoseconds busy, int times) {
    Cold found;
    std::atomic<std::uint32_t> word{1};
    for (int i = 0; i < times; ++i) {
        spin_ns(static_cast<double>(busy.count()));
        found.add([&] { return timed([&] { futex_wake(word); }); });
    }
    return found;
}

void futexes(Measurements& it) {
    constexpr int times = 200;
    const Pinned pinned(it.cpus[0]);
    const auto kept = timed_waits(it.cpus[1], pause, times);
    it.add(figure("timed_wait", "ns", kept.warm,
                  "for how long a thread that begins a timed wait keeps the mutex, as another CPU "
                  "sees it"));
    it.add(figure("cold_timed_wait", "ns", kept.extra,
                  "how much longer after 10 ms of sleep than the next time"));
    // Beside a CPU that computes, as the lock's holder does: it takes its share of the caches.
    const std::jthread neighbour([cpu = it.cpus[1]](const std::stop_token& stop) {
        const Pinned there(cpu);
        while (!stop.stop_requested()) spin_ns(50'000);
    });
    it.add(figure("cold_wait", "ns", waits(pause, times).extra,
                  "what a futex_wait that does not sleep takes more after 10 ms of sleep than the "
                  "next"));
    it.add(figure("cold_wake", "ns", wakes(pause, times).extra,
                  "what a futex_wake of nobody takes more after 10 ms of computing than the next"));
    const auto full = it.value("cold_wait");
    constexpr auto longest = static_cast<double>(std::chrono::nanoseconds(pause).count());
    std::vector<double> ends;
    for (const auto shorter : {1'250us, 2'500us}) {
        const auto reached = figure("", "ns", waits(shorter, times).extra, "").value;
        if (reached > 0)
            ends.push_back(std::clamp(
                static_cast<double>(std::chrono::nanoseconds(shorter).count()) * full / reached,
                static_cast<double>(std::chrono::nanoseconds(shorter).count()), longest));
    }
    it.add(
        figure("cold_after", "ns", ends,
               "where a line through cold_wait after 1.25 and 2.5 ms of sleep reaches that after "
               "10 ms, at most there"));
}

/// A socket to oneself; each call gives its wall time in ns.
class Loop {
public:
    Loop() {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()) != 0)
            fail("socketpair");
    }
    ~Loop() {
        close(ends_[0]);
        close(ends_[1]);
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    double put() {
        return timed([this] { check(send(ends_[0], bytes_.data(), bytes_.size(), 0)); });
    }
    double get() {
        return timed([this] { check(recv(ends_[1], bytes_.data(), bytes_.size(), 0)); });
    }

private:
    static void check(ssize_t moved) {
        if (moved < 0) fail("socket");
    }
    std::array<int, 2> ends_{};
    std::array<char, 64> bytes_{};
};

void sockets(Measurements& it) {
    Loop loop;
    std::vector<double> calls;
    for (int i = 0; i < 2'000; ++i) {
        const auto sent = loop.put();
        calls.push_back((sent + loop.get()) / 2 - it.value("clock_read"));
    }
    it.add(figure("socket_call", "ns", calls, "64 B into a socket, or out of it"));

    Cold sends;
    Cold receives;
    for (int i = 0; i < 100; ++i) {
        std::this_thread::sleep_for(pause);
        sends.add([&] { return loop.put(); });
        receives.add([&] { return loop.get(); });
    }
    const std::string how = " through a socket takes more after 10 ms of sleep than the next";
    it.add(figure("cold_send", "ns", sends.extra, "what sending" + how));
    it.add(figure("cold_receive", "ns", receives.extra, "what receiving" + how));
}

}  // namespace

void measure_cold(Measurements& it) {
    if (it.cpus.size() >= 2) futexes(it);
    sockets(it);
}

}  // namespace interlock::host
