// The interpreter locks that a scenario can name, a line each.

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "models/interpreter/deadline_lock.hpp"
#include "models/interpreter/fifo_lock.hpp"
#include "models/interpreter/interval_lock.hpp"
#include "models/interpreter/lock.hpp"
#include "models/interpreter/master_lock.hpp"
#include "models/interpreter/polled_lock.hpp"
#include "models/interpreter/priority_lock.hpp"
#include "models/interpreter/quantum_lock.hpp"
#include "models/interpreter/requests_lock.hpp"
#include "models/interpreter/runtime.hpp"
#include "models/interpreter/tick_lock.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

namespace {

using namespace std::chrono_literals;
using os::CLibraryState;

kernel::Duration check_interval(const Runtime& runtime) {
    return runtime.check_spacing * runtime.check_interval;
}
kernel::Duration switch_interval(const Runtime& runtime) { return runtime.switch_interval; }
kernel::Duration quantum(const Runtime& runtime) { return runtime.quantum; }

std::unique_ptr<Lock> tick_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<TickLock>(
        TickLockParameters{.interval = os::Work::of(check_interval(runtime)),
                           .tick = os::Work::of(runtime.check_spacing)},
        library);
}

/// The lock of CPython 3.2, or a proposal to change it.
template <typename Kind>
std::unique_ptr<Lock> interval_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<Kind>(IntervalLockParameters{.interval = runtime.switch_interval,
                                                         .request_scope = runtime.request_scope},
                                  library);
}

std::unique_ptr<Lock> polled_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<PolledLock>(os::Work::of(check_interval(runtime)), library);
}

std::unique_ptr<Lock> quantum_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<QuantumLock>(runtime.quantum, library);
}

std::unique_ptr<Lock> deadline_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<DeadlineLock>(runtime.quantum, library);
}

std::unique_ptr<Lock> fifo_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<FifoLock>(FifoLockParameters{.quantum = runtime.quantum}, library);
}

template <bool yield_waits>
std::unique_ptr<Lock> master_lock(const Runtime& runtime, CLibraryState& library) {
    return std::make_unique<MasterLock>(
        MasterLockParameters{.quantum = runtime.quantum, .yield_waits = yield_waits}, library);
}

}  // namespace

const LockEntry& lock_named(std::string_view name) {
    for (const auto& lock : locks())
        if (lock.name == name) return lock;
    kernel::broken("the lock of a runtime is one of the table's");
}

const std::vector<LockEntry>& locks() {
    static const std::vector<LockEntry> entries{
        {"none", "no lock: threads run as the os lets them", {}, {}, nullptr, nullptr, nullptr},
        {"cpython-2.7",
         "CPython 2 and 3.0: the holder drops it every 100 opcodes and takes it back at once",
         {"check_interval"},
         {},
         [](Runtime& runtime) { runtime.check_interval = 100; },
         check_interval,
         tick_lock},
        {"cpython-3.2",
         "CPython 3.2 to 3.14: a waiter asks the holder to drop it after a whole interval without "
         "a switch",
         {"switch_interval"},
         "each of its timers spanned a switch",
         [](Runtime& runtime) { runtime.switch_interval = 5ms; },
         switch_interval,
         interval_lock<IntervalLock>},
        {"pypy-7.3",
         "PyPy: handed over every 10000 bytecodes; who waits looks at it every 100 us",
         {"check_interval"},
         {},
         [](Runtime& runtime) { runtime.check_interval = 10'000; },
         check_interval,
         polled_lock},
        {"ruby-3.1",
         "Ruby 2.6 to 3.2: a queue whose first thread asks the owner to yield after a quantum",
         {"quantum"},
         {},
         [](Runtime& runtime) { runtime.quantum = 100ms; },
         quantum,
         quantum_lock},
        {"ruby-3.4",
         "Ruby 3.3 on: a queue, handed on in order, at the latest after a quantum of 10 ms ticks",
         {"quantum"},
         {},
         [](Runtime& runtime) { runtime.quantum = 100ms; },
         quantum,
         fifo_lock},
        {"ocaml-4.08",
         "OCaml to 4.08: a tick every 50 ms; who yields races the one it woke",
         {"quantum"},
         {},
         [](Runtime& runtime) { runtime.quantum = 50ms; },
         quantum,
         master_lock<false>},
        {"ocaml-4.14",
         "OCaml 4.09 on, and each domain of 5: a tick every 50 ms; a yield switches",
         {"quantum"},
         {},
         [](Runtime& runtime) { runtime.quantum = 50ms; },
         quantum,
         master_lock<true>},
        {"proposed-priority",
         "a proposal for CPython 3.2: I/O-bound threads take the lock from CPU-bound ones at once",
         {"switch_interval"},
         {},
         [](Runtime& runtime) { runtime.switch_interval = 5ms; },
         switch_interval,
         interval_lock<PriorityLock>},
        {"proposed-requests",
         "a draft of CPython 3.2: who comes back from I/O asks for the lock at once",
         {"switch_interval"},
         {},
         [](Runtime& runtime) { runtime.switch_interval = 5ms; },
         switch_interval,
         interval_lock<RequestsLock>},
        {"proposed-deadline",
         "a proposal for CPython 3.2: a scheduler by virtual deadlines, in slices of 10 ms",
         {"quantum"},
         {},
         [](Runtime& runtime) { runtime.quantum = 10ms; },
         quantum,
         deadline_lock},
    };
    return entries;
}

void use_lock(Runtime& runtime, std::string_view name) {
    const auto& lock = lock_named(name);
    if (lock.usual != nullptr && runtime.lock != name) lock.usual(runtime);
    runtime.lock = name;
}

std::unique_ptr<Lock> make_lock(const Runtime& runtime, CLibraryState& library) {
    const auto& lock = lock_named(runtime.lock);
    kernel::check(lock.make != nullptr, "a lock is made where there is one");
    return lock.make(runtime, library);
}

}  // namespace interlock::interpreter
