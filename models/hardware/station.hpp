#pragma once

// A device at work: the operations that are on their way to it, wait for it and are served.
//
//   comes --latency--> let in (iops) --> waits --> a server: service, then its bytes --> done
//
// Operations wait in the order in which they were let in. The n that move bytes share the
// bandwidth evenly, each at most what one may have: B / n, or less. That rate is one clock, which
// counts the bytes that each of them has moved since the device was last without any:
//
//   clock += rate x time        an operation of s bytes ends when the clock has gone on by s
//
// so that whoever comes or goes changes one rate, and the next end is that of the least. The
// clock is an integer, of 2^-20 bytes a second times a nanosecond; a rate is rounded down to
// it, and an end up to the next nanosecond.
//
// Operations are let in as by a token bucket: `iops` a second, of which `iops_burst` are saved
// up when none come. Source followed: the virtual scheduling algorithm of ITU-T I.371.
//
// What it did is counted up to the nanosecond at which that is asked, so that what is under way
// counts as far as it has come: bytes as they are moved, operations as they are let in, of those
// that could have been: the saved up and what `iops` adds in the time. Neither is ever above it.
//
// Left out: any order but that of coming (elevators, priorities), reads and writes of different
// speed, a bandwidth that is not shared evenly.
//
// A station knows no calendar: who drives it advances it when `due`.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "models/hardware/device.hpp"
#include "sim/kernel/maybe.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::hardware {

/// What one operation wants.
struct Demand {
    kernel::Duration service{};
    kernel::Duration latency{};
    std::uint64_t bytes = 0;
};

class Station {
public:
    explicit Station(const Device& device);

    /// An operation comes; `client` is who will be told that it is done. Advance after it.
    void add(std::uint64_t client, const Demand& demand, kernel::Time now);
    /// When something happens next without anybody's doing.
    kernel::Maybe<kernel::Time> due() const;
    /// All that happens by now, in its order. `now` is not after `due`.
    void advance(kernel::Time now);

    /// What it does before then is not counted.
    void count_from(kernel::Time from) { count_from_ = from; }
    struct Use {
        double bytes = 0;          ///< moved, under a bandwidth
        std::uint64_t let_in = 0;  ///< operations
        double allowance = 0;      ///< those that `iops` would have let in, had they come
    };
    /// Up to `now`, which is not before what was advanced to, nor after `due`.
    Use use(kernel::Time now) const;

    enum class What : std::uint8_t { came, begun, done };
    struct Happened {
        What what;
        std::uint32_t operation;  ///< a number that others get again when it is done
        std::uint64_t client;
        std::uint64_t bytes;
    };
    /// Since this was asked last.
    void take_happened(std::vector<Happened>& into) {
        into.clear();
        std::swap(into, happened_);
    }

private:
    using Wide = kernel::Wide;
    using Operation = std::uint32_t;

    enum class Stage : std::uint8_t { comes, let_in, served };
    struct Underway {
        std::uint64_t client = 0;
        Demand demand;
    };
    /// The end of a stage, whose time is known from its beginning.
    struct Timed {
        kernel::Time at;
        std::uint64_t order;
        Operation operation;
        Stage stage;
        friend bool operator>(const Timed& a, const Timed& b) {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };
    /// Moves its bytes until the clock says so.
    struct Flow {
        Wide end;
        std::uint64_t order;
        Operation operation;
        friend bool operator>(const Flow& a, const Flow& b) {
            return a.end != b.end ? a.end > b.end : a.order > b.order;
        }
    };
    template <typename T>
    using Least = std::priority_queue<T, std::vector<T>, std::greater<>>;

    void at(kernel::Time now, kernel::Duration in, Operation operation, Stage stage);
    void come(Operation operation, kernel::Time now);
    void let_in(Operation operation, kernel::Time now);
    void begin(Operation operation, kernel::Time now);
    void move(Operation operation, kernel::Time now);
    void end(Operation operation, kernel::Time now);
    void happened(What what, Operation operation);
    kernel::Time end_of(const Flow& flow) const;
    void wind(kernel::Time now);
    Wide rate() const;
    Wide moved_since_wound(kernel::Time now) const;
    Wide saved_up() const;
    void begin_count(kernel::Time now);

    Wide gap_ = 0;    // between two that are let in, in 2^-20 ns; 0: all are at once
    Wide saved_ = 0;  // likewise, by how much one may be early
    Wide next_ = 0;   // likewise, when the next would be let in if none were ever early
    std::uint64_t held_back_ = 0;  // operations that wait until they are let in
    Wide clock_ = 0;
    kernel::Time wound_{};  // the clock is of then
    kernel::Maybe<std::uint64_t> bandwidth_;
    kernel::Maybe<std::uint64_t> each_;
    std::uint32_t servers_;
    std::uint32_t serving_ = 0;
    std::deque<Operation> waiting_;
    Least<Timed> timed_;
    Least<Flow> flows_;
    std::uint64_t order_ = 0;
    std::vector<Underway> operations_;
    std::vector<Operation> free_;
    std::vector<Happened> happened_;
    kernel::Time count_from_{};
    Wide moved_ = 0;  // since then, in 2^-20 bytes a second times a nanosecond
    std::uint64_t let_in_ = 0;
    std::optional<Wide> saved_before_;  // of then, as saved_; none: nothing has happened since
};

}  // namespace interlock::hardware
