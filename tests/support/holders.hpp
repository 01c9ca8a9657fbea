#pragma once

// Threads that take an interpreter lock and drop it, for explore().

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/interpreter/lock.hpp"
#include "models/os/c_library.hpp"
#include "models/os/operation.hpp"
#include "tests/support/explore.hpp"

namespace interlock::support {

/// Each thread takes the lock, runs for a while, and drops it, a few times; asked to,
/// or at the end of its slice, it does what the lock says first, once each time. The
/// lock's own thread, if it has one, is the last.
template <typename Lock>
class Holders {
public:
    Holders(Lock lock, os::CLibraryState library, std::uint32_t count, std::uint8_t times_each)
        : library_(std::move(library)), lock_(std::move(lock)),
          holders_(count + (lock_.helper() ? 1 : 0), Holder{.left = times_each}) {
        for (std::uint32_t i = 0; i < threads(); ++i) lock_.add_thread(os::ThreadId{i}, library_);
        if (lock_.helper())
            holders_.back() = {
                .call = {.kind = LockCall::Kind::help, .thread = os::ThreadId{count}}};
    }

    std::uint32_t threads() const { return static_cast<std::uint32_t>(holders_.size()); }
    os::CLibraryState& library() { return library_; }

    os::Operation next(std::uint32_t thread, os::Outcome last) {
        auto& me = holders_[thread];
        if (me.call.kind == LockCall::Kind::help && over()) return os::done();
        if (me.put_off) return *std::exchange(me.put_off, std::nullopt);
        if (me.call.kind == LockCall::Kind::none) {
            if (!me.holds && me.left == 0) return end(me);
            me.call = begun(me, os::ThreadId{thread});
        }
        const auto step = lock_.next(me.call, last);
        granted_ += step.note == Note::granted || step.note == Note::granted_by_switch ? 1 : 0;
        granted_ -= step.note == Note::released || step.note == Note::released_by_force ? 1 : 0;
        if (step.note == Note::needs_helper) {
            me.put_off = step.operation;
            return os::post(*lock_.helper());
        }
        if (step.operation.verb != os::Verb::done) return step.operation;
        const bool had = std::exchange(me.holds, me.call.kind != LockCall::Kind::drop);
        me.left = static_cast<std::uint8_t>(me.left - (me.holds && !had ? 1 : 0));
        me.yielded = me.holds && had;
        me.call = {};
        return os::run(kernel::Duration{1});
    }

    std::string broken(bool ended) const {
        if (granted_ > 1) return "two hold the lock:";
        return ended && lock_.held() ? "all are over and one holds the lock:" : "";
    }

    void append_to(Key& key) const {
        library_.append_to(key);
        lock_.append_to(key);
        key.push_back(granted_);
        for (const auto& holder : holders_)
            key.insert(key.end(),
                       {number(holder.holds), number(holder.yielded), number(holder.told),
                        number(holder.put_off.has_value()), number(holder.left),
                        number(holder.call.kind), number(holder.call.phase),
                        number(holder.call.forced), holder.call.seen});
    }

private:
    using LockCall = interpreter::LockCall;
    using Note = interpreter::Note;

    struct Holder {
        bool holds = false;
        bool yielded = false;  ///< since it took the lock
        bool told = false;     ///< the lock's own thread that it is over
        std::uint8_t left = 0;
        LockCall call{};
        std::optional<os::Operation> put_off{};
    };

    template <typename T>
    static std::uint64_t number(T value) {
        return static_cast<std::uint64_t>(value);
    }

    bool over() const {
        return std::all_of(holders_.begin(), holders_.end(), [](const Holder& one) {
            return one.call.kind == LockCall::Kind::help || (one.left == 0 && one.told);
        });
    }

    os::Operation end(Holder& me) {
        if (!lock_.helper() || std::exchange(me.told, true)) return os::done();
        return os::post(*lock_.helper());
    }

    LockCall begun(const Holder& me, os::ThreadId thread) const {
        if (!me.holds) return {.kind = LockCall::Kind::take, .thread = thread};
        const bool asked = lock_.drop_requested(thread) || lock_.slice().value != 0;
        if (!asked || me.yielded) return {.kind = LockCall::Kind::drop, .thread = thread};
        return {.kind = lock_.when_asked(), .forced = true, .thread = thread};
    }

    os::CLibraryState library_;
    Lock lock_;
    std::vector<Holder> holders_;
    std::uint64_t granted_ = 0;
};

}  // namespace interlock::support
