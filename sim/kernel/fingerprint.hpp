#pragma once

// One number for all that happened in a run: two runs with the same records in
// the same order have the same, others with near certainty not.
//
//   word  = at k1  xor  rotated(detail k2)  xor  rotated((subject, place, kind) k3)
//   state = rotated(state xor word) k4
//
// The three products do not wait for each other; only the fourth is on the way
// from record to record. Not meant to withstand somebody who wants a collision.

#include <bit>
#include <cstdint>
#include <span>

#include "sim/kernel/trace.hpp"

namespace interlock::kernel {

class Fingerprint final : public TraceSink {
public:
    void take(std::span<const Record> records) override {
        auto state = state_;
        for (const auto& record : records)
            state = std::rotl(state ^ word(record), 27) * 0x9E3779B185EBCA87U;
        state_ = state;
        count_ += records.size();
    }

    std::uint64_t value() const {
        // The last step of MurmurHash3: every bit of the state reaches every bit.
        auto mixed = state_ ^ (count_ * 0xC2B2AE3D27D4EB4FU);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDU;
        mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53U;
        return mixed ^ (mixed >> 33);
    }

private:
    static std::uint64_t word(const Record& record) {
        const auto at = static_cast<std::uint64_t>(record.at.time_since_epoch().count());
        const auto what = std::uint64_t{record.subject} << 32 | std::uint64_t{record.place} << 16 |
                          std::uint64_t{record.kind};
        return at * 0xD6E8FEB86659FD93U ^ std::rotl(record.detail * 0xA0761D6478BD642FU, 21) ^
               std::rotl(what * 0xE7037ED1A0B428DBU, 42);
    }

    std::uint64_t state_ = 0x27D4EB2F165667C5U;
    std::uint64_t count_ = 0;
};

}  // namespace interlock::kernel
