#pragma once

// The machine's memory: where data lie, what that costs, and who gets how much of its bandwidth.
//
//   factor = 1                              data on the node of the CPU
//            remote_speed                   on another one
//            n r / (r + n - 1)              evenly on all n: 1 / n of the time near, r =
//            remote_speed
//
//   a stream from node h to a CPU of node c takes of
//     the memory of h                       bandwidth / n
//     the link from h to c, if h != c       link_bandwidth
//   or, with data on all nodes, 1 / n of its rate from each.
//
// Shares are max-min fair (progressive filling): all rates grow together; a stream stops that has
// what it asks for, and with the first memory or link that is full all streams that use it.
// Without nodes this is: who asks for less than an even share has what it asks for, and the
// others share what is left evenly, and so on.
//
// Sources: the max-min model of D. Bertsekas and R. Gallager, Data Networks, 6.5.2; remote memory
// answers 1.3 to 2 times as late and has 0.5 to 0.7 of the bandwidth (specification, 3.5, which
// recalls it). Left out: routes over several links, memory that moves to who uses it (NUMA
// balancing), traffic that keeps caches coherent, that memory answers more slowly before its
// bandwidth is used up.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/hardware/machine.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::hardware {

/// A node; none: data lie on all, evenly.
using Home = kernel::Maybe<std::uint32_t>;

class Memory {
public:
    explicit Memory(const Machine& machine);

    /// On the speed of work that waits for memory.
    Ratio factor(Home home, std::uint32_t node) const;

    /// Work that moves data.
    struct Stream {
        kernel::Wide demand;  ///< bytes a second x ppm
        Home home;
        std::uint32_t node;  ///< of the CPU
    };
    /// What each gets, of its demand or less, rounded down. Until the next call.
    const std::vector<kernel::Wide>& share(const std::vector<Stream>& streams);

private:
    /// The memory of a node, or a link. Weights are in parts of `nodes_`, which is a whole stream.
    struct Channel {
        kernel::Wide capacity = 0;
        kernel::Wide left = 0;
        kernel::Wide weight = 0;  ///< of the streams that still grow
    };
    template <typename Use>
    void each_channel(const Stream& stream, Use use);
    Channel& link(std::uint32_t from, std::uint32_t to) {
        return channels_[nodes_ + std::size_t{from} * nodes_ + to];
    }
    kernel::Wide level(const Channel& channel) const {
        return channel.left * nodes_ / channel.weight;
    }
    const Channel* fullest() const;
    void stop(const Stream& stream, kernel::Wide at);

    std::uint32_t nodes_;
    Speed remote_speed_;
    bool links_;  // their bandwidth is limited
    std::vector<Channel> channels_;
    std::vector<std::size_t> growing_;  // streams, the least demand first
    std::vector<kernel::Wide> shares_;
};

}  // namespace interlock::hardware
