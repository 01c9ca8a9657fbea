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

/// As long as CPython's threads have the lock, and wait for it, at a time.
constexpr auto pause = 5ms;

/// Equal calls, one of them after a pause: what the warm one takes, and what the other takes more.
struct Cold {
    std::vector<double> warm;
    std::vector<double> extra;

    void add(double first, double second) {
        warm.push_back(second);
        extra.push_back(first - second);
    }
    void add(const std::function<double()>& timed) {
        const auto first = timed();
        add(first, timed());
    }
};

timespec time_of(double monotonic_ns) {
    constexpr double second = 1e9;
    const auto seconds = std::floor(monotonic_ns / second);
    return {.tv_sec = static_cast<time_t>(seconds),
            .tv_nsec = static_cast<long>(monotonic_ns - seconds * second)};
}

/// Sleeps in a timed wait and begins the next; another CPU tries its mutex once meanwhile, as a
/// holder does that sees it come.
class Waiter {
public:
    explicit Waiter(std::uint32_t observer)
        : lock_(mutex_), thread_([this, observer](const std::stop_token& stop) {
              const Pinned pinned(observer);
              for (int seen = 0; !stop.stop_requested();) {
                  if (begun_.load(std::memory_order_acquire) == seen) continue;
                  spin_ns(delay_.load(std::memory_order_relaxed));
                  const bool free = mutex_.try_lock();
                  if (free) mutex_.unlock();
                  kept_.store(!free, std::memory_order_relaxed);
                  seen_.store(++seen, std::memory_order_release);
              }
          }) {}

    void sleep(std::chrono::nanoseconds time) {
        wait(wall_ns() + static_cast<double>(time.count()));
    }
    /// Of a wait whose time is over before it begins: whether it still keeps the mutex so many ns
    /// after the other CPU saw it begin.
    bool keeps_mutex_after(double delay) {
        delay_.store(delay, std::memory_order_relaxed);
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
        const auto until = time_of(until_ns);
        pthread_cond_clockwait(condition_.native_handle(), mutex_.native_handle(), CLOCK_MONOTONIC,
                               &until);
    }

    static constexpr std::size_t apart = 128;  // cache lines, and their neighbours
    alignas(apart) std::mutex mutex_;
    std::condition_variable condition_;
    alignas(apart) std::atomic<int> begun_{0};
    std::atomic<double> delay_{0};
    alignas(apart) std::atomic<int> seen_{0};
    std::atomic<bool> kept_{false};
    std::unique_lock<std::mutex> lock_;
    std::jthread thread_;
};

/// How long on average, in ns, by the share of tries that found it taken, one each at delays that
/// lie evenly below `longest`.
class MeanHold {
public:
    explicit MeanHold(int tries) : tries_(tries) {}

    /// Near delays follow far ones, so that a slow second falls on both.
    double delay(int number) const {
        constexpr int stride = 89;  // a prime
        return longest * ((number * stride) % tries_ + 0.5) / tries_;
    }
    void add(bool taken) { taken_ += taken ? 1 : 0; }
    double value() const { return longest * share(); }
    double error() const { return longest * std::sqrt(share() * (1 - share()) / tries_); }

private:
    static constexpr double longest = 1'500;
    double share() const { return static_cast<double>(taken_) / tries_; }

    int tries_;
    int taken_ = 0;
};

void timed_waits(Measurements& it, int tries) {
    MeanHold cold(tries);
    MeanHold warm(tries);
    Waiter waiter(it.cpus[1]);
    for (int i = 0; i < tries; ++i) {
        it.rest();
        waiter.sleep(pause);
        cold.add(waiter.keeps_mutex_after(cold.delay(i)));
        warm.add(waiter.keeps_mutex_after(warm.delay(i)));
    }
    const auto add = [&](const char* name, double value, double error, const char* how) {
        const auto spread = value > 0 ? error / value : 0;
        it.add({.name = name,
                .value = value,
                .unit = "ns",
                .samples = static_cast<std::size_t>(tries),
                .spread = spread,
                .how = how});
    };
    add("timed_wait", it.value("line_transfer") + warm.value(), warm.error(),
        "for how long a thread that begins a timed wait keeps the mutex: line_transfer, by which "
        "another CPU sees it begin, and the share of its tries after 0 to 1.5 us that fail");
    add("cold_timed_wait", std::max(0.0, cold.value() - warm.value()), cold.error(),
        "how much longer after 5 ms of sleep than the next time");
}

/// Two calls in turn after a pause, and both again.
struct InTurn {
    Cold first;
    Cold second;
};

template <typename Pause, typename First, typename Second>
InTurn in_turn(const Measurements& it, int times, Pause pause_before, First first, Second second) {
    InTurn found;
    for (int i = 0; i < times; ++i) {
        it.rest();
        pause_before();
        const auto cold_first = timed(first);
        const auto cold_second = timed(second);
        found.first.add(cold_first, timed(first));
        found.second.add(cold_second, timed(second));
    }
    return found;
}

/// A futex_wake of nobody and a timed futex_wait that does not sleep, as who asks for the lock: its
/// own timed wait is over, it wakes who waits for the mutex, and begins the next.
InTurn after_sleep(const Measurements& it, int times) {
    std::atomic<std::uint32_t> word{1};
    timespec until{};
    return in_turn(
        it, times,
        [&] {
            until =
                time_of(wall_ns() + static_cast<double>(std::chrono::nanoseconds(pause).count()));
            futex_wait(word, 1, until);
        },
        [&] { futex_wake(word); }, [&] { futex_wait(word, 0, until); });
}

/// A futex_wait that does not sleep and a futex_wake of nobody, as who holds the lock: it finds the
/// mutex taken, and later wakes the next.
InTurn after_computing(const Measurements& it, int times) {
    std::atomic<std::uint32_t> word{1};
    return in_turn(
        it, times, [] { spin_ns(static_cast<double>(std::chrono::nanoseconds(pause).count())); },
        [&] { futex_wait(word, 0); }, [&] { futex_wake(word); });
}

/// What a timeout adds to a futex_wait that does not sleep.
std::vector<double> timers(int times) {
    std::vector<double> found;
    std::atomic<std::uint32_t> word{1};
    const auto until = time_of(wall_ns());
    for (int i = 0; i < times; ++i) {
        const auto without = timed([&] { futex_wait(word, 0); });
        found.push_back(timed([&] { futex_wait(word, 0, until); }) - without);
    }
    return found;
}

void futexes(Measurements& it) {
    constexpr int times = 200;
    const Pinned pinned(it.cpus[0]);
    timed_waits(it, times);
    // Beside a CPU that computes, as the lock's holder does: it takes its share of the caches.
    const std::jthread neighbour([cpu = it.cpus[1]](const std::stop_token& stop) {
        const Pinned there(cpu);
        while (!stop.stop_requested()) spin_ns(50'000);
    });
    it.add(figure("futex_timer", "ns", timers(times),
                  "what a timeout adds to a futex_wait that does not sleep"));
    const auto slept = after_sleep(it, times);
    it.add(mean_figure("cold_wake", "ns", slept.first.extra,
                       "what a futex_wake of nobody takes more after 5 ms of sleep than the next"));
    it.add(mean_figure("cold_wait", "ns", slept.second.extra,
                       "what a timed futex_wait right after it takes more, which does not sleep"));
    const auto computed = after_computing(it, times);
    it.add(mean_figure("cold_wait_busy", "ns", computed.first.extra,
                       "what a futex_wait that does not sleep takes more after 5 ms of computing"));
    it.add(mean_figure("cold_wake_busy", "ns", computed.second.extra,
                       "what a futex_wake of nobody right after it takes more"));
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
        it.rest(pause);
        sends.add([&] { return loop.put(); });
        receives.add([&] { return loop.get(); });
    }
    const std::string how = " through a socket takes more after 5 ms of sleep than the next";
    it.add(mean_figure("cold_send", "ns", sends.extra, "what sending" + how));
    it.add(mean_figure("cold_receive", "ns", receives.extra, "what receiving" + how));
}

}  // namespace

void measure_cold(Measurements& it) {
    if (it.cpus.size() >= 2) futexes(it);
    sockets(it);
}

}  // namespace interlock::host
