#pragma once

// A fixed quantum each, in turn. Whoever has used up its quantum while others
// wait goes to the tail; who blocks earlier gives the rest away. A quantum that
// ends while nobody waits is followed by another.
//
// A textbook policy; ties of arrival are settled by the order of entering.

#include "models/os/in_turn.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class RoundRobin final : public InTurn<ThreadRing> {
public:
    using InTurn::InTurn;

    void enqueue(RunqueueId queue, ThreadId thread, Joining why, const Facts& /*facts*/) override {
        if (why != Joining::migrated) begin_quantum(thread);
        waiting(queue).append(thread);
    }
    bool minds_newcomers() const override { return false; }
};

}  // namespace interlock::os
