#pragma once

// The seam of interpreter locks. A lock is a program that threads run over the
// os's primitives: a call in progress is a small copyable state, and next()
// says which operation the thread issues before it comes back. It sees neither
// calendar nor CPU, and a test can step it by hand.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/interpreter/runtime.hpp"
#include "models/os/c_library.hpp"
#include "models/os/ids.hpp"
#include "models/os/operation.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::interpreter {

/// A thread's call in progress.
struct LockCall {
    enum class Kind : std::uint8_t {
        none,
        take,
        drop,
        yield,  ///< drop and take again, as one: it ends with the lock held
        help,   ///< of the lock's own thread; never over
    };
    Kind kind = Kind::none;
    std::uint8_t phase = 0;
    bool forced = false;  ///< drop: asked to, at a check point
    os::ThreadId thread{};
    std::uint64_t seen = 0;   ///< the number of switches when the wait began
    std::uint32_t spins = 0;  ///< how often it looked again without sleeping
    kernel::Time since{};     ///< when it began, where that matters
    kernel::Time now{};       ///< of this step
};

/// What happened in a step that others care for.
enum class Note : std::uint8_t {
    nothing,
    requested,  ///< by a yield that has dropped it
    granted,
    granted_by_switch,
    released,
    released_by_force,
    drop_requested,
    contended,     ///< somebody waits from now on: the holder looks at its slice
    needs_helper,  ///< somebody waits from now on, and the lock's own thread sleeps
};

struct LockStep {
    os::Operation operation;  ///< Verb::done: the call is over
    Note note = Note::nothing;
    os::ThreadId asked{};  ///< drop_requested, contended: the holder
};

/// The call issues `operation` and is in `phase` when it comes back.
template <typename Phase>
LockStep step(LockCall& call, const os::Operation& operation, Phase phase,
              Note note = Note::nothing, os::ThreadId asked = {}) {
    call.phase = static_cast<std::uint8_t>(phase);
    return {.operation = operation, .note = note, .asked = asked};
}

class Lock {
public:
    Lock() = default;
    Lock(const Lock&) = default;
    Lock& operator=(const Lock&) = delete;
    virtual ~Lock() = default;

    /// The next operation of a call.
    LockStep next(LockCall& call, os::Outcome last);

    /// Whether `holder` should drop it at its next check point.
    virtual bool drop_requested(os::ThreadId holder) const = 0;

    /// Bytecode after which the holder drops the lock by itself, at a check point,
    /// and takes it again; 0: it goes on until it is asked.
    virtual os::Work slice() const { return {}; }

    /// Whether a signal awaits the main thread.
    virtual void signalled(bool /*pending*/) {}

    /// What a holder does that was asked to drop it, or whose slice has ended: drop,
    /// after which it takes the lock like anybody, or yield.
    virtual LockCall::Kind when_asked() const { return LockCall::Kind::drop; }

    /// What the lock's own thread sleeps on while it has nothing to do; none: there
    /// is no such thread.
    virtual std::optional<os::SemaphoreId> helper() const { return {}; }

    virtual bool held() const { return holder_.has_value(); }

    /// A thread of the interpreter that will call: what it waits on of its own.
    virtual void add_thread(os::ThreadId /*thread*/, os::CLibraryState& /*library*/) {}

    /// The whole state as numbers, to tell states apart.
    virtual void append_to(std::vector<std::uint64_t>& key) const;

protected:
    virtual LockStep take(LockCall& call, os::Outcome last) = 0;
    virtual LockStep drop(LockCall& call) = 0;
    virtual LockStep yield(LockCall& call, os::Outcome last);  ///< if when_asked() says so
    virtual LockStep help(LockCall& call);                     ///< if there is a helper()

    /// `thread` holds the lock from now on, which was free.
    Note grant(os::ThreadId thread);
    /// Nobody holds the lock from now on, which `thread` held.
    void release(os::ThreadId thread);
    const std::optional<os::ThreadId>& holder() const { return holder_; }
    const std::optional<os::ThreadId>& last_holder() const { return last_holder_; }

    static std::uint64_t number(const std::optional<os::ThreadId>& thread) {
        return thread ? os::index(*thread) + 1 : 0;
    }

private:
    std::optional<os::ThreadId> holder_;
    std::optional<os::ThreadId> last_holder_;
};

/// `runtime.lock` is one of locks() and not "none". Adds its mutexes and
/// condition variables to `library`.
std::unique_ptr<Lock> make_lock(const Runtime& runtime, os::CLibraryState& library);

}  // namespace interlock::interpreter
