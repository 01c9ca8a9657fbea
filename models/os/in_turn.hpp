#pragma once

// What policies have in common whose threads run for a quantum each, whoever is next.

#include "models/os/quanta.hpp"
#include "models/os/queueing.hpp"

namespace interlock::os {

template <typename Queue>
class InTurn : public Queueing<Queue> {
public:
    InTurn(kernel::Duration quantum, std::size_t runqueues)
        : Queueing<Queue>(runqueues), quanta_(quantum) {}

    void charge(RunqueueId queue, ThreadId thread, kernel::Duration ran) override {
        quanta_.use(thread, ran, this->queued(queue) > 0);
    }
    kernel::Maybe<kernel::Duration> due(RunqueueId queue, ThreadId thread) override {
        if (this->queued(queue) == 0) return std::nullopt;
        return quanta_.left(thread);
    }

protected:
    void begin_quantum(ThreadId thread) { quanta_.begin(thread); }

private:
    Quanta quanta_;
};

}  // namespace interlock::os
