#pragma once

// What a run writes down, and who reads it.
//
// A record is 24 bytes: when, what, whom, where, and one number. The kernel
// knows nothing of the meaning; models/record gives the kinds their names.
// Records are handed to the readers in batches, so that a run without readers
// pays one branch a record, and a run with them one virtual call a batch.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/kernel/time.hpp"

namespace interlock::kernel {

struct Record {
    Time at;
    std::uint64_t detail = 0;
    std::uint32_t subject = 0;
    std::uint16_t place = 0;
    std::uint16_t kind = 0;
};

/// Reads the records of a run, in the order in which they were written.
class TraceSink {
public:
    TraceSink() = default;
    TraceSink(const TraceSink&) = delete;
    TraceSink& operator=(const TraceSink&) = delete;
    virtual ~TraceSink() = default;
    virtual void take(std::span<const Record> records) = 0;
};

class Trace {
public:
    /// `sink` must outlive the trace.
    void attach(TraceSink& sink) { sinks_.push_back(&sink); }

    void write(const Record& record) {
        if (sinks_.empty()) return;
        batch_[size_++] = record;
        if (size_ == batch_.size()) flush();
    }

    /// Hands over what is still in the batch; a run calls it at its end.
    void flush() {
        const std::span<const Record> records(batch_.data(), size_);
        size_ = 0;
        for (auto* sink : sinks_) sink->take(records);
    }

private:
    std::vector<TraceSink*> sinks_;
    std::array<Record, 64> batch_;
    std::size_t size_ = 0;
};

}  // namespace interlock::kernel
