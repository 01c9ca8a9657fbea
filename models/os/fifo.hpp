#pragma once

// First come, first served: whoever is runnable longest runs until it blocks.
// A textbook policy (Silberschatz, Galvin, Gagne: Operating System Concepts).

#include "models/os/queueing.hpp"
#include "models/os/thread_ring.hpp"

namespace interlock::os {

class Fifo final : public Queueing<ThreadRing> {
public:
    explicit Fifo(std::size_t runqueues) : Queueing(runqueues) {}

    void enqueue(RunqueueId queue, ThreadId thread, Joining /*why*/,
                 const Facts& /*facts*/) override {
        waiting(queue).append(thread);
    }
    bool minds_newcomers() const override { return false; }
};

}  // namespace interlock::os
