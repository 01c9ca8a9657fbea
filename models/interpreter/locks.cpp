#include <memory>
#include <vector>

#include "models/interpreter/interval_lock.hpp"
#include "models/interpreter/lock.hpp"
#include "models/interpreter/runtime.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::interpreter {

const std::vector<LockEntry>& locks() {
    static const std::vector<LockEntry> entries{
        {"none", "no lock: threads run as the os lets them"},
        {"cpython-3.2", "CPython 3.2 to 3.14: a waiter asks the holder to drop it after a whole "
                        "interval without a switch"},
    };
    return entries;
}

std::unique_ptr<Lock> make_lock(const Runtime& runtime, os::CLibraryState& library) {
    kernel::check(runtime.lock == "cpython-3.2", "the lock of a runtime is one of the table's");
    return std::make_unique<IntervalLock>(
        IntervalLockParameters{.interval = runtime.switch_interval,
                               .request_scope = runtime.request_scope},
        library);
}

}  // namespace interlock::interpreter
