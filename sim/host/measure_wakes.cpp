// How long a thread takes to run once it was woken, and what that costs.

#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <thread>
#include <vector>

#include "sim/host/clocks.hpp"
#include "sim/host/futex.hpp"
#include "sim/host/measure_parts.hpp"

namespace interlock::host {

namespace {

/// A thread that sleeps on a futex and notes when it runs after each wake-up.
class Sleeper {
public:
    explicit Sleeper(std::uint32_t cpu)
        : thread_([this, cpu] {
              const Pinned pinned(cpu);
              for (std::uint32_t seen = 0;; ++seen) {
                  while (word_.load(std::memory_order_acquire) == seen) futex_wait(word_, seen);
                  woken_at_.store(wall_ns(), std::memory_order_relaxed);
                  answer_.store(seen + 1, std::memory_order_release);
                  if (ending_.load(std::memory_order_acquire)) return;
              }
          }) {}
    ~Sleeper() {
        ending_ = true;
        ++word_;
        futex_wake(word_);
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    struct Woken {
        double delay;  ///< ns, from the call to the sleeper's first own clock reading
        double call;   ///< ns, of the waker's call
    };
    Woken wake() {
        const auto next = word_.load(std::memory_order_relaxed) + 1;
        const auto begin = wall_ns();
        word_.store(next, std::memory_order_release);
        futex_wake(word_);
        const auto called = wall_ns() - begin;
        while (answer_.load(std::memory_order_acquire) != next) {
        }
        return {.delay = woken_at_.load(std::memory_order_relaxed) - begin, .call = called};
    }

private:
    std::atomic<std::uint32_t> word_{0};
    std::atomic<std::uint32_t> answer_{0};
    std::atomic<double> woken_at_{0};
    std::atomic<bool> ending_{false};
    std::jthread thread_;
};

/// Two threads on one CPU: each wakes the other and goes to sleep.
Figure hand_off_same(std::uint32_t cpu) {
    constexpr int batches = 31;
    constexpr int trips = 200;
    std::atomic<std::uint32_t> turn{0};
    const auto play = [&](std::uint32_t parity, std::uint32_t moves) {
        for (std::uint32_t i = parity; i < 2 * moves; i += 2) {
            for (auto now = turn.load(); now != i; now = turn.load()) futex_wait(turn, now);
            turn = i + 1;
            futex_wake(turn);
        }
    };
    std::vector<double> samples;
    const Pinned pinned(cpu);
    for (int batch = 0; batch < batches; ++batch) {
        turn = 0;
        std::jthread other([&] { play(1, trips); });  // it inherits the CPU
        const auto begin = wall_ns();
        play(0, trips);
        other.join();
        samples.push_back((wall_ns() - begin) / (2.0 * trips));
    }
    return figure("hand_off_same", "ns", samples,
                  "half a round trip of wake and sleep between two threads on one CPU");
}

Figure switches(std::uint32_t cpu) {
    constexpr int batches = 31;
    constexpr int yields = 500;
    std::vector<double> samples;
    const Pinned pinned(cpu);
    const auto give = [] {
        for (int i = 0; i < yields; ++i) sched_yield();
    };
    for (int batch = 0; batch < batches; ++batch) {
        std::jthread other(give);
        const auto begin = wall_ns();
        give();
        other.join();
        samples.push_back((wall_ns() - begin) / (2.0 * yields));
    }
    return figure("yield_and_switch", "ns", samples, "two threads on one CPU yield in turn");
}

struct Waking {
    Figure delay;
    Figure call;
};

Waking waking(const Measurements& it, double idle_ns, int times) {
    it.rest();
    std::vector<double> delays;
    std::vector<double> calls;
    const Pinned pinned(it.cpus[0]);
    Sleeper sleeper(it.cpus[1]);
    for (int i = 0; i < times; ++i) {
        spin_ns(idle_ns);
        const auto woken = sleeper.wake();
        if (i < 2) continue;
        delays.push_back(woken.delay);
        calls.push_back(woken.call);
    }
    return {figure("", "ns", delays, ""), figure("", "ns", calls, "")};
}

/// The delay that the model adds between the waker's call and the switch.
Figure idle_delay(const Measurements& it, const std::string& name, double idle_ns, int times,
                  const std::string& when) {
    const auto whole = waking(it, idle_ns, times).delay;
    const auto parts =
        it.value("futex_wake") + it.value("context_switch") + it.value("futex_wait") / 2;
    auto made = derived(name, "ns", whole.value - parts, whole,
                        "from waking a thread on another CPU, idle for " + when +
                            ", until it runs, without futex_wake, futex_wait / 2 and "
                            "context_switch");
    if (made.value > 0) made.spread = whole.spread * whole.value / made.value;
    return made;
}

Figure change_of_delay(const Measurements& it, const std::string& name,
                       std::initializer_list<double> idles, const std::string& range) {
    std::vector<std::pair<double, double>> curve;
    for (const auto idle : idles) curve.emplace_back(idle, waking(it, idle, 60).delay.value);
    return {.name = name,
            .value = half_way(curve),
            .unit = "ns",
            .samples = curve.size(),
            .how = "idle length at which the delay passes half way from its least to its "
                   "greatest, from " +
                   range};
}

Figure idle_short_after(const Measurements& it) {
    return change_of_delay(it, "idle_short_after", {3e3, 5e3, 7e3, 9e3, 12e3, 16e3, 22e3, 30e3},
                           "3 us to 30 us");
}

Figure idle_long_after(const Measurements& it) {
    return change_of_delay(it, "idle_long_after", {30e3, 50e3, 100e3, 200e3, 400e3, 800e3},
                           "30 us to 800 us");
}

/// By how much sleeps end late beside a busy thread on their CPU. The slack is the kernel's; the
/// interrupt comes late for other reasons, the later the longer the sleep was: a line through two
/// lengths tells the parts. A hypervisor takes 17 us at one time and 41 us some seconds later, so
/// samples are taken in several goes between other measurements, and both lengths in turn.
class LateTimers {
public:
    explicit LateTimers(std::uint32_t cpu) : cpu_(cpu) {}

    void take_samples() {
        constexpr int times = 30;
        const Pinned pinned(cpu_);
        const std::jthread busy([](const std::stop_token& stop) {  // it inherits the CPU
            while (!stop.stop_requested()) {
            }
        });
        for (int i = 0; i < times; ++i) {
            brief_.push_back(overshoot(brief_length));
            cold_.push_back(overshoot(cold_length));
        }
    }

    void add_to(Measurements& it) const {
        const auto slack = static_cast<double>(prctl(PR_GET_TIMERSLACK));
        const auto after_brief = figure("", "ns", brief_, "");
        const auto after_cold = figure("", "ns", cold_, "");
        constexpr auto share = static_cast<double>(brief_length) / cold_length;
        const auto more = std::max(0.0, after_cold.value - after_brief.value) / (1 - share);
        it.add({.name = "timer_slack",
                .value = slack,
                .unit = "ns",
                .samples = 1,
                .how = "of this process, as the kernel says it"});
        it.add(derived("timer_interrupt", "ns",
                       after_brief.value - more * share - slack - it.value("context_switch") -
                           it.value("syscall"),
                       after_brief,
                       "by how much a sleep of 0.2 ms ends late beside a busy thread on its CPU, "
                       "without timer_slack, context_switch, syscall and its part of cold_timer"));
        it.add(derived("cold_timer", "ns", more, after_cold,
                       "how much later a sleep of 5 ms ends than one of 0.2 ms in turn with it"));
    }

private:
    static constexpr long brief_length = 200'000;
    static constexpr long cold_length = 5'000'000;  // Costs::cold_after

    static double overshoot(long length) {
        const timespec time{.tv_sec = 0, .tv_nsec = length};
        return timed([&] { nanosleep(&time, nullptr); }) - static_cast<double>(length);
    }

    std::uint32_t cpu_;
    std::vector<double> brief_;
    std::vector<double> cold_;
};

/// What a thread loses that finds itself on another CPU: the memory it works on.
Figure migration(const Measurements& it) {
    std::vector<std::uint64_t> memory(32UL * 1024 / sizeof(std::uint64_t), 1);
    std::uint64_t sum = 0;
    const auto touch = [&] {
        return timed([&] {
            for (std::size_t i = 0; i < memory.size(); i += 8) sum += ++memory[i];
        });
    };
    std::vector<double> samples;
    const Pinned pinned(it.cpus[0]);
    for (int i = 0; i < 200; ++i) {
        touch();
        const auto warm = touch();
        Pinned::move(it.cpus[static_cast<std::size_t>(i) % 2]);
        if (i > 1) samples.push_back(std::max(0.0, touch() - warm));
    }
    return figure("migration", "ns", samples,
                  sum > 0 ? "to touch 32 KiB again after moving to another CPU" : "");
}

/// How long two busy threads run in turn on one CPU.
Figure run_length(std::uint32_t cpu) {
    constexpr double watch = 0.6e9;
    constexpr double gap = 100'000;
    const auto runs = [&](std::vector<double>& lengths) {
        const auto end = wall_ns() + watch;
        auto start = wall_ns();
        for (auto last = start; last < end;) {
            const auto now = wall_ns();
            if (now - last > gap) {
                lengths.push_back(last - start);
                start = now;
            }
            last = now;
        }
    };
    std::vector<double> mine;
    std::vector<double> its;
    const Pinned pinned(cpu);
    std::jthread other([&] { runs(its); });
    runs(mine);
    other.join();
    mine.insert(mine.end(), its.begin(), its.end());
    return figure("run_length", "ns", mine, "runs of two busy threads on one CPU");
}

}  // namespace

void measure_wakes(Measurements& it) {
    if (it.cpus.size() < 2) return;
    LateTimers late(it.cpus[0]);
    late.take_samples();
    constexpr double just_idle = 3'000;
    auto awake = waking(it, just_idle, 100).call;
    awake.name = "futex_wake";
    awake.how = "the waker's call, of a sleeper on another CPU that has just gone idle";
    it.add(awake);
    const auto halted = waking(it, 30'000, 100).call;
    it.add(derived("wake_interrupt", "ns", halted.value - awake.value, halted,
                   "what the call takes more when that CPU was idle for 30 us"));
    const auto yielded = switches(it.cpus[0]);
    it.add(derived("context_switch", "ns", yielded.value - it.value("syscall"), yielded,
                   "two threads on one CPU yield in turn, without the system call"));
    const auto same = hand_off_same(it.cpus[0]);
    it.add(same);
    // On its own CPU a waker pays less than across: no interrupt is sent.
    auto wait = derived("futex_wait", "ns",
                        std::max(it.value("syscall"),
                                 same.value - it.value("context_switch") - 2 * it.value("syscall")),
                        same,
                        "a hand-off on one CPU without context_switch and two system calls; at "
                        "least a system call");
    it.add(wait);
    it.add({.name = "wake_same",
            .unit = "ns",
            .samples = same.samples,
            .how = "nothing: futex_wake is more than a hand-off on one CPU has"});
    late.take_samples();
    it.add(idle_delay(it, "wake_idle_brief", just_idle, 150, "3 us"));
    it.add(idle_short_after(it));
    const auto brief = idle_delay(it, "wake_idle_short", 30'000, 150, "30 us");
    it.add(brief);
    it.add({.name = "wake_spread",
            .value = std::min(1.0, 2 * brief.spread),
            .unit = "ratio",
            .samples = brief.samples,
            .how = "range of the middle half of wake_idle_short, as a share of it"});
    it.add(idle_delay(it, "wake_idle_long", 2'000'000, 150, "2 ms"));
    it.add(idle_long_after(it));
    late.take_samples();
    it.add(migration(it));
    it.add(run_length(it.cpus[0]));
    late.take_samples();
    late.add_to(it);
}

}  // namespace interlock::host
