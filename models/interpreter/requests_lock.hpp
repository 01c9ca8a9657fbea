#pragma once

// The priority requests of the first draft of CPython 3.2's lock, of 2009.
//
//   take:  as the lock of CPython 3.2, but a thread that dropped the lock by itself, and
//          so comes back from I/O, asks the holder to drop it at once
//
// What follows from it: the convoy is gone, whoever holds the lock; two threads that
// both come back from I/O often take the lock from one another, and each request is a
// forced switch.
//
// Source followed: the specification of the locks, section 8, after the release notes of
// Python 3.2, which say that they were dropped before the merge. Left out: nothing known.

#include <cstdint>
#include <vector>

#include "models/interpreter/interval_lock.hpp"

namespace interlock::interpreter {

class RequestsLock final : public IntervalLock {
public:
    using IntervalLock::IntervalLock;

    void add_thread(os::ThreadId thread, os::CLibraryState& library) override;
    void append_to(std::vector<std::uint64_t>& key) const override;

private:
    bool asks_at_once(const LockCall& call) const override;
    void dropped(const LockCall& call) override;

    std::vector<std::uint8_t> comes_back_;  ///< by thread: it dropped the lock by itself
};

}  // namespace interlock::interpreter
