#include "sim/stats/quantiles.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/kernel/check.hpp"

namespace interlock::stats {

namespace {

using kernel::Wide;

constexpr unsigned sub_bits = 8;
constexpr std::uint64_t sub_buckets = std::uint64_t{1} << sub_bits;

/// The bucket of a value: itself below 2^8; above, 2^8 buckets an octave.
std::size_t bucket_of(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (bits < sub_buckets) return bits;
    const auto shift = static_cast<unsigned>(std::bit_width(bits)) - 1 - sub_bits;
    return shift * sub_buckets + (bits >> shift);
}

double middle_of(std::size_t bucket) {
    if (bucket < sub_buckets) return static_cast<double>(bucket);
    const auto shift = bucket / sub_buckets - 1;
    const auto lowest = (bucket - shift * sub_buckets) << shift;
    const auto width = std::uint64_t{1} << shift;
    return static_cast<double>(lowest) + static_cast<double>(width - 1) / 2;
}

/// A number of 256 bits.
struct Wider {
    Wide high = 0;
    Wide low = 0;
};

Wider multiply(Wide a, Wide b) {
    constexpr Wide half = ~std::uint64_t{0};
    const auto low = (a & half) * (b & half);
    const auto cross_a = (a >> 64) * (b & half);
    const auto cross_b = (a & half) * (b >> 64);
    const auto middle = (low >> 64) + (cross_a & half) + (cross_b & half);
    return {(a >> 64) * (b >> 64) + (cross_a >> 64) + (cross_b >> 64) + (middle >> 64),
            middle << 64 | (low & half)};
}

double to_double(const Wider& number) {
    return static_cast<double>(number.high) * 0x1p128 + static_cast<double>(number.low);
}

}  // namespace

void Quantiles::add(std::int64_t value, std::uint64_t times) {
    kernel::check(value >= 0, "a value of which quantiles are taken is not negative");
    if (times == 0) return;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    const auto wide = static_cast<Wide>(value);
    sum_ += wide * times;
    const auto square = multiply(wide * wide, times);
    add_square(square.high, square.low);
    if (exact() && (times > exact_max || count_ + times > exact_max)) leave_exact();
    count_ += times;
    if (!exact()) return count_in_bucket(value, times);
    sorted_ = sorted_ && (values_.empty() || values_.back() <= value);
    values_.insert(values_.end(), times, value);
}

void Quantiles::merge(const Quantiles& other) {
    if (other.count_ == 0) return;
    if (&other == this) return merge(Quantiles(other));
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
    add_square(other.squares_high_, other.squares_low_);
    if (exact() && (!other.exact() || count_ + other.count_ > exact_max)) leave_exact();
    count_ += other.count_;
    if (exact()) {
        values_.insert(values_.end(), other.values_.begin(), other.values_.end());
        sorted_ = false;
        return;
    }
    for (const auto value : other.values_) count_in_bucket(value, 1);
    if (buckets_.size() < other.buckets_.size()) buckets_.resize(other.buckets_.size());
    for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
}

double Quantiles::mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double Quantiles::sd() const {
    if (count_ < 2) return 0;
    auto left = multiply(squares_low_, count_);
    left.high += squares_high_ * count_;
    const auto right = multiply(sum_, sum_);
    const Wider difference{left.high - right.high - (left.low < right.low ? 1U : 0U),
                           left.low - right.low};
    const auto n = static_cast<double>(count_);
    return std::sqrt(to_double(difference) / n / (n - 1));
}

double Quantiles::quantile(double p) const {
    if (count_ == 0) return 0;
    const auto wanted = std::ceil(p * static_cast<double>(count_));
    const auto rank = wanted < 1                              ? 1
                      : wanted >= static_cast<double>(count_) ? count_
                                                              : static_cast<std::uint64_t>(wanted);
    if (exact()) {
        if (!sorted_) std::sort(values_.begin(), values_.end());
        sorted_ = true;
        return static_cast<double>(values_[rank - 1]);
    }
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    while (below + buckets_[bucket] < rank) below += buckets_[bucket++];
    return std::clamp(middle_of(bucket), static_cast<double>(min_), static_cast<double>(max_));
}

void Quantiles::count_in_bucket(std::int64_t value, std::uint64_t times) {
    const auto bucket = bucket_of(value);
    if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
    buckets_[bucket] += times;
}

void Quantiles::leave_exact() {
    buckets_.resize(1);
    for (const auto value : values_) count_in_bucket(value, 1);
    values_ = {};
    sorted_ = true;
}

void Quantiles::add_square(Wide high, Wide low) {
    squares_low_ += low;
    squares_high_ += high + (squares_low_ < low ? 1U : 0U);
}

}  // namespace interlock::stats
