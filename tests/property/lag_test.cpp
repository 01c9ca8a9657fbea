// EEVDF's promise, whatever the weights and the slices: a thread that is always runnable is never
// further from its share of the CPU than the longest request, -r < lag < max(r, q), where q is what
// is run without being asked, here a request too. It holds where threads join with no lag, as new
// ones do (Stoica and Abdel-Wahab, TR-95-22, theorem 1).
//
// Where slices end at ticks a request is overrun by up to one. Who was eligible is then ahead by
// less than r + tick. Behind, one may be for the last requests of all others that were to end
// before its own: those have each run a tick too long, earlier ones made up for it.
// So -(r + tick) < lag < r + (n - 1) tick.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "models/os/eevdf.hpp"
#include "models/os/weights.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

using namespace std::chrono_literals;
using kernel::Duration;

/// One CPU, driven from a seed: threads join one after the other, and each only computes.
class Share {
public:
    Share(LinuxRelease release, Duration tick, std::uint64_t seed)
        : random_(seed, kernel::stream_of("shares of a CPU")), tick_(tick),
          policy_({.runqueues = 1,
                   .cpus = 4,
                   .tick = tick == Duration::zero() ? std::optional<Duration>() : tick,
                   .parameters = {.release = release},
                   .now = {},
                   .draw = {}}),
          longest_(policy_.slice()), own_slices_(release != LinuxRelease::v6_6) {}

    void run() {
        const auto all = 2 + random_.below(6);
        join();
        while (now_ < 3s) {
            const auto current = *policy_.pick(queue);
            const auto due = policy_.due(queue, current);
            auto end = due ? on_tick(now_ + *due) : now_ + 1ms;
            const bool joins = weights_.size() < all && random_.below(3) == 0;
            if (joins) end = std::min(end, now_ + Duration{1 + upto(4'000'000)});
            policy_.charge(queue, current, end - now_);
            now_ = end;
            check();
            if (joins) join();
            policy_.enqueue(queue, current, joins ? Joining::preempted : Joining::expired, {});
        }
    }

private:
    static constexpr RunqueueId queue{0};

    std::int64_t upto(std::uint64_t most) { return static_cast<std::int64_t>(random_.below(most)); }
    Duration on_tick(Duration at) const {
        return tick_ == Duration::zero() ? at : (at + tick_ - 1ns) / tick_ * tick_;
    }

    void join() {
        const ThreadId thread{static_cast<std::uint32_t>(weights_.size())};
        Facts facts{.weight = weight_of_nice(static_cast<int>(upto(21)) - 10), .burst = {}};
        if (own_slices_ && random_.below(2) == 0) {
            facts.scheduling.runtime = Duration{100'000 + upto(20'000'000)};
            longest_ = std::max(longest_, *facts.scheduling.runtime);
        }
        policy_.enqueue(queue, thread, Joining::started, facts);
        weights_.push_back(facts.weight);
    }

    /// The lag is a virtual time: a thread of weight 1024 is owed as much.
    void check() {
        for (std::uint32_t i = 0; i < weights_.size(); ++i) {
            const auto lag = policy_.lag(queue, ThreadId{i}) * weights_[i] / 1024;
            const auto others = static_cast<std::int64_t>(weights_.size()) - 1;
            const auto rounded = 1us;  // virtual times are whole, V is rounded down
            if (-lag < longest_ + tick_ + rounded && lag < longest_ + others * tick_ + rounded)
                continue;
            FAIL(fmt::format("thread {} of {} at {} ns: lag {} ns, requests up to {} ns", i,
                             weights_.size(), now_.count(), lag.count(), longest_.count()));
        }
    }

    kernel::Random random_;
    Duration tick_;
    Eevdf policy_;
    Duration longest_;
    bool own_slices_;
    std::vector<std::uint32_t> weights_;
    Duration now_{};
};

TEST_CASE("eevdf: lags stay within a request, and a tick", "[property]") {
    const auto release = GENERATE(LinuxRelease::v6_6, LinuxRelease::v6_12, LinuxRelease::v6_17);
    const auto tick = GENERATE(Duration{0ms}, Duration{1ms}, Duration{4ms});
    const auto seed = GENERATE(range(std::uint64_t{0}, std::uint64_t{100}));
    CAPTURE(release, tick, seed);
    Share(release, tick, seed).run();
}

}  // namespace
}  // namespace interlock::os
