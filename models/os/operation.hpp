#pragma once

// What a thread asks of the operating system and of the C library, one
// operation at a time. Locks and interpreters are programs of these.

#include <cstdint>
#include <limits>
#include <vector>

#include "models/hardware/machine.hpp"
#include "models/os/ids.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::os {

/// CPU work: nanoseconds at full speed, times a million (ns x ppm), so that a
/// change of speed loses nothing.
struct Work {
    kernel::Wide value = 0;

    static constexpr Work of(kernel::Duration at_full_speed) {
        return {static_cast<kernel::Wide>(at_full_speed.count()) * hardware::Speed{}.ppm};
    }
    /// To the first nanosecond at which it is done.
    constexpr kernel::Duration time_at(hardware::Speed speed) const {
        const auto rounded_up = [this](auto divisor) {
            constexpr kernel::Wide narrow = ~std::uint64_t{0} / 2;
            return value > narrow ? static_cast<std::uint64_t>((value + divisor - 1) / divisor)
                                  : (static_cast<std::uint64_t>(value) + divisor - 1) / divisor;
        };
        // The same twice: a division by a constant is a multiplication.
        constexpr std::uint64_t full = hardware::Speed{}.ppm;
        const auto time =
            speed.ppm == full ? rounded_up(full) : rounded_up(std::uint64_t{speed.ppm});
        // What takes longer never ends.
        constexpr std::uint64_t ever = kernel::Duration::max().count();
        return kernel::Duration{static_cast<kernel::Duration::rep>(time < ever ? time : ever)};
    }
    friend constexpr bool operator==(Work a, Work b) { return a.value == b.value; }
    friend constexpr bool operator<(Work a, Work b) { return a.value < b.value; }
};

/// What the thread waits for, as the books call it.
enum class Waiting : std::uint8_t { io, blocked };

enum class Verb : std::uint8_t {
    nothing,     ///< takes no time
    run,         ///< `work` on a CPU, of footprint `object`; may be cut at a check point if
                 ///< `interruptible`
    send,        ///< `work` in the kernel, of a message through a socket
    receive,     ///< likewise, out of it
    futex_wait,  ///< sleep if the word still holds `value`; at most `timeout`
    futex_wake,  ///< wake up to `value` sleepers
    mutex_lock,
    mutex_unlock,
    condition_wait,  ///< release `mutex`, sleep at most `timeout`, take `mutex` again
    condition_signal,
    condition_broadcast,
    semaphore_wait,  ///< at most `timeout`
    semaphore_post,
    sleep,   ///< a timer: `time` and the timer slack
    device,  ///< a call that the driver tells by Driver::device_call; `work`: what it copies
    io,      ///< an outside event after `time`, without slack; 0: a call that does not block
    yield,   ///< of footprint `object` until it does
    exit,
    done,  ///< of a machine: its call is over; never reaches the os
};

/// None: waits for ever.
using Timeout = kernel::Maybe<kernel::Duration>;

struct Operation {
    Verb verb = Verb::nothing;
    bool interruptible = false;
    bool sync = false;  ///< semaphore_post, futex_wake: who wakes is about to sleep (WF_SYNC)
    Waiting waiting = Waiting::blocked;
    std::uint32_t object = 0;  ///< the futex, mutex, condition, semaphore or footprint
    std::uint32_t mutex = 0;   ///< condition_wait: the mutex
    std::uint32_t value = 0;   ///< futex_wait: expected; futex_wake: how many
    Timeout timeout;
    kernel::Duration time{};
    Work work;
};

/// How the last operation ended.
enum class Outcome : std::uint8_t {
    done,
    again,  ///< futex_wait: the word had changed
    timed_out,
    interrupted,  ///< run: cut at a check point; System::withheld has the rest
};

/// Numbers of the footprints that a system is told of: its list begins with these.
inline constexpr std::uint32_t plain_work = 0;
inline constexpr std::uint32_t spinning = 1;
inline std::vector<workload::Footprint> first_footprints() {
    return {{}, {.work_class = workload::WorkClass::spin}};
}

inline Operation run(Work work, bool interruptible = false, std::uint32_t footprint = plain_work) {
    return {.verb = Verb::run,
            .interruptible = interruptible,
            .object = footprint,
            .timeout = {},
            .work = work};
}
inline Operation run(kernel::Duration time, std::uint32_t footprint = plain_work) {
    return run(Work::of(time), false, footprint);
}
inline Operation send(kernel::Duration time) {
    return {.verb = Verb::send, .timeout = {}, .work = Work::of(time)};
}
inline Operation receive(kernel::Duration time) {
    return {.verb = Verb::receive, .timeout = {}, .work = Work::of(time)};
}
inline Operation lock(MutexId mutex) {
    return {.verb = Verb::mutex_lock,
            .object = static_cast<std::uint32_t>(mutex),
            .timeout = {},
            .work = {}};
}
inline Operation unlock(MutexId mutex) {
    return {.verb = Verb::mutex_unlock,
            .object = static_cast<std::uint32_t>(mutex),
            .timeout = {},
            .work = {}};
}
inline Operation wait(ConditionId condition, MutexId mutex, Timeout timeout = {}) {
    return {.verb = Verb::condition_wait,
            .object = static_cast<std::uint32_t>(condition),
            .mutex = static_cast<std::uint32_t>(mutex),
            .timeout = timeout,
            .work = {}};
}
inline Operation signal(ConditionId condition) {
    return {.verb = Verb::condition_signal,
            .object = static_cast<std::uint32_t>(condition),
            .timeout = {},
            .work = {}};
}
inline Operation broadcast(ConditionId condition) {
    return {.verb = Verb::condition_broadcast,
            .object = static_cast<std::uint32_t>(condition),
            .timeout = {},
            .work = {}};
}
inline Operation wait(SemaphoreId semaphore, Timeout timeout = {},
                      Waiting waiting = Waiting::blocked) {
    return {.verb = Verb::semaphore_wait,
            .waiting = waiting,
            .object = static_cast<std::uint32_t>(semaphore),
            .timeout = timeout,
            .work = {}};
}
inline Operation post(SemaphoreId semaphore, bool sync = false) {
    return {.verb = Verb::semaphore_post,
            .sync = sync,
            .object = static_cast<std::uint32_t>(semaphore),
            .timeout = {},
            .work = {}};
}
inline Operation sleep(kernel::Duration time, Waiting waiting = Waiting::io) {
    return {.verb = Verb::sleep, .waiting = waiting, .timeout = {}, .time = time, .work = {}};
}
inline Operation io(kernel::Duration time) {
    return {.verb = Verb::io, .waiting = Waiting::io, .timeout = {}, .time = time, .work = {}};
}
inline Operation device(kernel::Duration copy) {
    return {.verb = Verb::device, .waiting = Waiting::io, .timeout = {}, .work = Work::of(copy)};
}
inline Operation yield(std::uint32_t footprint = plain_work) {
    return {.verb = Verb::yield, .object = footprint, .timeout = {}, .work = {}};
}
inline Operation nothing() { return {}; }
inline Operation done() { return {.verb = Verb::done, .timeout = {}, .work = {}}; }

}  // namespace interlock::os
