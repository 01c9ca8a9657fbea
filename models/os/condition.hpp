#pragma once

// The condition variable of glibc 2.25 to 2.40: two groups of waiters.
//
//   A waiter takes the next position in the order of waiters and joins G2, the
//   open group. Signals go to G1, the closed one, until each of its waiters
//   has been sent one; the next signal then turns G2 into G1 and opens a new
//   G2 for those who come later. Two slots change their roles.
//
//   wait:    position += 1 in slot g of G2; unlock the mutex
//     look:  group closed -> leave; a signal in slot g -> take it, leave
//            else refs[g] += 1, sleep while signals[g] == 0, refs[g] -= 1, look
//     time-out: one waiter less in the group, and if there is none left that a
//            signal was meant for, we have used one up: send another
//     leave: lock the mutex
//   signal:  G1 has unsignalled waiters -> signals[g1] += 1, wake one
//            else close G1, wait until refs[g1] == 0, switch the groups, and
//            signal the new G1
//
// What follows from it: within a group any waiter may take a signal, be it
// asleep or only on its way; a waiter looks before it sleeps, so one that is
// awake wins against one that must be woken; one that came later than a signal
// cannot take it, unless it is so slow that its slot has a new group: then it
// may have stolen, and puts a signal back.
//
// Words: signals[slot] counts in twos, 1 says closed. refs[slot] counts in
// twos, 1 says that a signaller sleeps until it is zero. Positions count in
// twos, 1 is the slot of G2. The internal lock is a mutex of its own here; in
// glibc it is two bits of G1's size.
//
// Source followed: glibc 2.30, nptl/pthread_cond_wait.c, pthread_cond_signal.c,
// pthread_cond_broadcast.c, pthread_cond_common.c.
// Left out: destruction, cancellation, the limit on the size of a group.

#include <array>
#include <cstdint>
#include <vector>

#include "models/os/futex_words.hpp"
#include "models/os/library_call.hpp"

namespace interlock::os {

class Condition {
public:
    explicit Condition(FutexWords& words);

    Operation step_wait(FutexWords& words, FutexId mutex, LibraryCall& call, Outcome last,
                        kernel::Time now);
    Operation step_signal(FutexWords& words, LibraryCall& call);

    void append_to(std::vector<std::uint64_t>& key) const;

private:
    void enter(LibraryCall& call);
    Operation look(FutexWords& words, LibraryCall& call);
    Operation sleep(const FutexWords& words, LibraryCall& call, kernel::Time now) const;
    Operation drop_reference(FutexWords& words, LibraryCall& call) const;
    /// Whether a signal was used up that another waiter should have.
    bool cancel(const LibraryCall& call);
    Operation give_back(FutexWords& words, LibraryCall& call) const;

    Operation signal_g1(FutexWords& words, LibraryCall& call);
    Operation close_g1(FutexWords& words, LibraryCall& call) const;
    Operation wait_for_references(FutexWords& words, LibraryCall& call) const;
    Operation switch_groups(FutexWords& words, LibraryCall& call);
    void send(FutexWords& words, const LibraryCall& call);

    bool group_is_over(std::uint64_t position) const { return position < g1_start_ >> 1; }

    FutexId lock_;
    std::array<FutexId, 2> signals_;
    std::array<FutexId, 2> references_;
    std::uint64_t next_position_ = 0;            ///< in twos, and the slot of G2
    std::uint64_t g1_start_ = 0;                 ///< likewise: the position where G1 starts
    std::uint32_t g1_size_ = 0;                  ///< of G1 when it was closed
    std::array<std::int32_t, 2> unsignalled_{};  ///< of G2: minus those who timed out
    std::uint32_t waiters_ = 0;
};

}  // namespace interlock::os
