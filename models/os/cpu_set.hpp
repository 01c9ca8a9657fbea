#pragma once

// Sets of CPUs: those on which a thread may run, and one that is gone through or
// emptied in order of their numbers, a word of 64 at a time.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/os/ids.hpp"
#include "sim/kernel/maybe.hpp"

namespace interlock::os {

/// On which CPUs a thread may run; without any said, on all.
class Allowed {
public:
    Allowed() = default;
    explicit Allowed(const std::vector<std::uint32_t>& cpus) {
        for (const auto cpu : cpus) {
            if (cpu >= has_.size()) has_.resize(cpu + 1);
            has_[cpu] = true;
        }
    }
    bool all() const { return has_.empty(); }
    bool has(CpuId cpu) const { return all() || (index(cpu) < has_.size() && has_[index(cpu)]); }

private:
    std::vector<bool> has_;
};

class CpuSet {
public:
    explicit CpuSet(std::size_t cpus)
        : words_((cpus + 63) / 64, 0), end_(words_.size()), least_(end_) {}

    void insert(CpuId cpu) {
        const auto word = index(cpu) / 64;
        words_[word] |= bit(cpu);
        least_ = std::min(least_, word);
    }

    void erase(CpuId cpu) {
        const auto word = index(cpu) / 64;
        words_[word] &= ~bit(cpu);
        if (word == least_) skip_empty();
    }

    bool empty() const { return least_ == end_; }

    /// The least of those that are not below `from`.
    kernel::Maybe<CpuId> next(CpuId from) const {
        const auto first = index(from) / 64;
        for (auto i = std::max(least_, first); i < end_; ++i) {
            const auto word = words_[i] & (i == first ? ~(bit(from) - 1) : ~std::uint64_t{0});
            if (word != 0) return first_of(i, word);
        }
        return std::nullopt;
    }

    bool none_but(CpuId cpu) const {
        for (auto i = least_; i < end_; ++i)
            if ((words_[i] & ~(i == index(cpu) / 64 ? bit(cpu) : 0)) != 0) return false;
        return true;
    }

    /// Removes the least and gives it; the set must not be empty.
    CpuId take_first() {
        const auto word = words_[least_];
        const auto first = first_of(least_, word);
        const auto rest = word & (word - 1);
        words_[least_] = rest;
        if (rest == 0) {
            ++least_;
            skip_empty();
        }
        return first;
    }

private:
    static CpuId first_of(std::size_t i, std::uint64_t word) {
        return CpuId{
            static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word)))};
    }
    void skip_empty() {
        while (least_ < end_ && words_[least_] == 0) ++least_;
    }
    static std::uint64_t bit(CpuId cpu) { return std::uint64_t{1} << (index(cpu) % 64); }

    std::vector<std::uint64_t> words_;
    std::size_t end_;
    std::size_t least_;  // the first word that is not 0
};

}  // namespace interlock::os
