#pragma once

// The vocabulary of a run's records: what the models write down, and what the
// ledger, the fingerprint, the timeline and every later writer read.
//
//   kind            subject   place        detail
//   thread_created  thread    process      -
//   thread_state    thread    cpu          State (the cpu counts when it runs); to
//                                          cpu_wait + 4 if a thread woke it
//   thread_rate     thread    cpu          speed in ppm, while it runs
//   thread_exited   thread    -            -
//   lock_request    thread    lock         1 if another thread held it
//   lock_grant      thread    lock         1 if a switch of holders
//   lock_release    thread    lock         1 if forced by a drop request
//   drop_request    thread    lock         the holder that is asked
//   task_arrived    instance  -            -
//   task_started    instance  -            thread
//   task_paused     instance  -            thread
//   task_resumed    instance  -            ns that it waited for time or the outside
//                             thread_follows: thread that works for it from now on
//   task_finished   instance  -            thread
//   mark            instance  -            mark
//   queue_put       thread    queue        length after it
//   queue_get       thread    queue        length after it
//   queue_wait      thread    queue        waited ns * 2, + 1 if to put
//   object_write    thread    process      object * 2, + 1 if an update was lost
//   memory          process   -            bytes resident on the machine
//   cpu_throttled   -         cpu          1 when its quota is used up, 0 when it goes on
//   device_came     operation device       bytes; the number is another's after it is done
//   device_begun    operation device       bytes
//   device_done     operation device       bytes
//   task_aborted    instance  -            thread

#include <cstdint>

#include "sim/kernel/trace.hpp"

namespace interlock::record {

enum class Kind : std::uint16_t {
    thread_created,
    thread_state,
    thread_rate,
    thread_exited,
    lock_request,
    lock_grant,
    lock_release,
    drop_request,
    task_arrived,
    task_started,
    task_finished,
    task_paused,
    task_resumed,
    mark,
    queue_put,
    queue_get,
    queue_wait,
    object_write,
    memory,
    cpu_throttled,
    device_came,
    device_begun,
    device_done,
    task_aborted,
};

/// What a thread does, as the os sees it. A thread that asks for an
/// interpreter lock and does not run is booked under lock wait by the ledger.
enum class State : std::uint8_t { cpu_wait, running, io, blocked };

/// The place of a task_resumed.
constexpr std::uint32_t thread_follows = 1;

/// Of a thread_state's detail.
constexpr std::uint64_t woken_by_thread = 4;
constexpr State state_of(std::uint64_t detail) {
    return static_cast<State>(detail & (woken_by_thread - 1));
}

inline kernel::Record make(kernel::Time at, Kind kind, std::uint32_t subject, std::uint32_t place,
                           std::uint64_t detail) {
    return {at, detail, subject, static_cast<std::uint16_t>(place),
            static_cast<std::uint16_t>(kind)};
}

}  // namespace interlock::record
