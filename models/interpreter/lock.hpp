#pragma once

// The seam of interpreter locks. A lock is a program that threads run over the
// os's primitives: a call in progress is a small copyable state, and next()
// says which operation the thread issues before it comes back. It sees neither
// calendar nor CPU, and a test can step it by hand.

#include <cstdint>
#include <memory>
#include <string>

#include "models/interpreter/runtime.hpp"
#include "models/os/c_library.hpp"
#include "models/os/ids.hpp"
#include "models/os/operation.hpp"

namespace interlock::interpreter {

/// A thread's call in progress.
struct LockCall {
    enum class Kind : std::uint8_t { none, take, drop };
    Kind kind = Kind::none;
    std::uint8_t phase = 0;
    bool forced = false;  ///< drop: asked to, at a check point
    os::ThreadId thread{};
    std::uint64_t seen = 0;  ///< the number of switches when the wait began
};

/// What happened in a step that others care for.
enum class Note : std::uint8_t {
    nothing,
    granted,
    granted_by_switch,
    released,
    released_by_force,
    drop_requested
};

struct LockStep {
    os::Operation operation;  ///< Verb::done: the call is over
    Note note = Note::nothing;
    os::ThreadId asked{};  ///< drop_requested: the holder that shall drop
};

class Lock {
public:
    Lock() = default;
    Lock(const Lock&) = default;
    Lock& operator=(const Lock&) = delete;
    virtual ~Lock() = default;

    /// The next operation of a call to take or to drop the lock.
    virtual LockStep next(LockCall& call, os::Outcome last) = 0;

    /// Whether `holder` should drop it at its next check point.
    virtual bool drop_requested(os::ThreadId holder) const = 0;

    virtual bool held() const = 0;
};

/// `runtime.lock` is one of locks() and not "none". Adds its mutexes and
/// condition variables to `library`.
std::unique_ptr<Lock> make_lock(const Runtime& runtime, os::CLibraryState& library);

}  // namespace interlock::interpreter
