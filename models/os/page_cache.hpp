#pragma once

// What the kernel keeps of a device in memory, as far as it is written.
//
// A write is over when its bytes are copied. They are dirty until they are on the device:
// beyond half of the limit the kernel writes them there, a piece after the other, and who
// writes while more than the limit are dirty waits until they are not. fsync writes all that is
// dirty and not on its way in one operation, and waits for that and for what is on its way.
//
// Source followed: Linux's dirty_background_ratio and dirty_ratio (10 and 20 %), of which this
// has the proportion. Left out: that dirty data is written after 30 s at the latest, that writers
// are slowed before they reach the limit, files: an fsync writes those of others too, as the
// journal of ext4 in its ordered mode does.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/hardware/device.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

class PageCache {
public:
    using Clients = std::vector<std::uint64_t>;

    explicit PageCache(const hardware::Cache& cache) : limit_(cache.dirty) {}

    /// An operation of the device by which dirty bytes get there.
    struct WriteBack {
        std::uint64_t number;  ///< counts them
        std::uint64_t bytes;
    };

    /// Bytes are copied for a writer. Whether it goes on; else it waits.
    bool write(std::uint64_t client, std::uint64_t bytes) {
        dirty_ += bytes;
        if (dirty_ <= limit_) return true;
        writers_.push_back(client);
        return false;
    }
    /// The next piece that the kernel writes by itself, unless one is on its way.
    std::optional<WriteBack> take_piece() {
        const bool due = !writers_.empty() || left() > limit_ / 2;
        if (piece_ || !due || left() == 0) return std::nullopt;
        const auto it = take(std::min(piece_max, left()));
        piece_ = it.number;
        return it;
    }
    /// All of it, for an fsync, which waits.
    WriteBack sync(std::uint64_t client) {
        const auto it = take(left());
        syncs_.push_back({.client = client, .number = it.number});
        return it;
    }
    /// It is on the device. Who goes on: an fsync when nothing is on its way that was when
    /// it came.
    Clients written(std::uint64_t number) {
        const auto it = std::find_if(on_the_way_.begin(), on_the_way_.end(),
                                     [&](const WriteBack& one) { return one.number == number; });
        kernel::check(it != on_the_way_.end(), "what is written was on its way");
        dirty_ -= it->bytes;
        moving_ -= it->bytes;
        on_the_way_.erase(it);
        if (piece_ == number) piece_.reset();
        const auto first = on_the_way_.empty() ? next_ : on_the_way_.front().number;
        Clients go_on;
        while (!syncs_.empty() && syncs_.front().number < first) {
            go_on.push_back(syncs_.front().client);
            syncs_.erase(syncs_.begin());
        }
        if (dirty_ > limit_) return go_on;
        go_on.insert(go_on.end(), writers_.begin(), writers_.end());
        writers_.clear();
        return go_on;
    }

private:
    static constexpr std::uint64_t piece_max = std::uint64_t{4} << 20U;

    struct Sync {
        std::uint64_t client;
        std::uint64_t number;
    };

    std::uint64_t left() const { return dirty_ - moving_; }

    WriteBack take(std::uint64_t bytes) {
        moving_ += bytes;
        on_the_way_.push_back({.number = next_++, .bytes = bytes});
        return on_the_way_.back();
    }

    std::uint64_t limit_;
    std::uint64_t dirty_ = 0;
    std::uint64_t moving_ = 0;           // of them
    std::vector<WriteBack> on_the_way_;  // in the order of their numbers
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> piece_;  // the kernel's own among these
    Clients writers_;                     // that wait
    std::vector<Sync> syncs_;             // likewise
};

}  // namespace interlock::os
