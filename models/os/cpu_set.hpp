#pragma once

// A set of CPUs that is emptied in order of their numbers.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/os/ids.hpp"

namespace interlock::os {

class CpuSet {
public:
    explicit CpuSet(std::size_t cpus) : words_((cpus + 63) / 64, 0) {}

    void insert(CpuId cpu) { words_[index(cpu) / 64] |= bit(cpu); }
    void erase(CpuId cpu) { words_[index(cpu) / 64] &= ~bit(cpu); }
    bool contains(CpuId cpu) const { return (words_[index(cpu) / 64] & bit(cpu)) != 0; }

    /// Removes the least and gives it.
    std::optional<CpuId> take_first() {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            if (words_[i] == 0) continue;
            const auto low = static_cast<std::size_t>(std::countr_zero(words_[i]));
            words_[i] &= words_[i] - 1;
            return CpuId{static_cast<std::uint32_t>(i * 64 + low)};
        }
        return std::nullopt;
    }

private:
    static std::uint64_t bit(CpuId cpu) { return std::uint64_t{1} << (index(cpu) % 64); }

    std::vector<std::uint64_t> words_;
};

}  // namespace interlock::os
