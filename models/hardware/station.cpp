#include "models/hardware/station.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::hardware {

using kernel::Duration;
using kernel::Time;

namespace {

constexpr unsigned fraction_bits = 20;  // of a rate, and of the time between two that are let in
constexpr kernel::Wide second = 1'000'000'000;

/// What would end later ends then.
constexpr Time latest{Duration{std::int64_t{1} << 62U}};

kernel::Wide fine(std::uint64_t value) { return kernel::Wide{value} << fraction_bits; }

kernel::Wide fine(Time time) {
    return fine(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

}  // namespace

Station::Station(const Device& device)
    : bandwidth_(device.bandwidth), each_(device.bandwidth_each),
      servers_(device.servers.value_or(std::numeric_limits<std::uint32_t>::max())) {
    if (!device.iops) return;
    gap_ = static_cast<Wide>(std::llround(std::ldexp(1e9 / *device.iops, fraction_bits)));
    saved_ = gap_ * (device.iops_burst - 1);
}

void Station::add(std::uint64_t client, const Demand& demand, Time now) {
    if (free_.empty()) {
        free_.push_back(static_cast<Operation>(operations_.size()));
        operations_.emplace_back();
    }
    const auto operation = free_.back();
    free_.pop_back();
    operations_[operation] = {.client = client, .demand = demand};
    at(now, demand.latency, operation, Stage::comes);
}

void Station::at(Time now, Duration in, Operation operation, Stage stage) {
    const auto time = in > latest - now ? std::max(latest, now) : now + in;
    timed_.push({.at = time, .order = order_++, .operation = operation, .stage = stage});
}

kernel::Maybe<Time> Station::due() const {
    kernel::Maybe<Time> next;
    if (!timed_.empty()) next = timed_.top().at;
    if (flows_.empty()) return next;
    const auto end = end_of(flows_.top());
    return next && *next < end ? next : end;
}

/// What is due is looked for again after each, for an end makes room for a beginning. Of
/// equal times bytes come first: who is served by then does not slow them.
void Station::advance(Time now) {
    for (;;) {
        if (!flows_.empty() && end_of(flows_.top()) <= now) {
            const auto operation = flows_.top().operation;
            wind(now);
            flows_.pop();
            end(operation, now);
        } else if (!timed_.empty() && timed_.top().at <= now) {
            const auto first = timed_.top();
            timed_.pop();
            switch (first.stage) {
            case Stage::comes: come(first.operation, now); break;
            case Stage::let_in:
                begin_count(now);
                --held_back_;
                let_in(first.operation, now);
                break;
            case Stage::served: move(first.operation, now); break;
            }
        } else {
            return;
        }
    }
}

void Station::come(Operation operation, Time now) {
    happened(What::came, operation);
    if (gap_ == 0) return let_in(operation, now);
    begin_count(now);
    const auto time = fine(now);
    const auto first = next_ > saved_ ? next_ - saved_ : 0;
    next_ = std::max(next_, time) + gap_;
    if (first <= time) return let_in(operation, now);
    ++held_back_;
    const auto wait = (first - time + fine(1) - 1) >> fraction_bits;
    at(now, Duration{static_cast<Duration::rep>(wait)}, operation, Stage::let_in);
}

void Station::let_in(Operation operation, Time now) {
    if (now >= count_from_) ++let_in_;
    if (serving_ == servers_) return waiting_.push_back(operation);
    begin(operation, now);
}

void Station::begin(Operation operation, Time now) {
    ++serving_;
    happened(What::begun, operation);
    const auto service = operations_[operation].demand.service;
    if (service == Duration::zero()) return move(operation, now);
    at(now, service, operation, Stage::served);
}

void Station::move(Operation operation, Time now) {
    const auto bytes = operations_[operation].demand.bytes;
    if (bytes == 0 || (!bandwidth_ && !each_)) return end(operation, now);
    wind(now);
    flows_.push({.end = clock_ + fine(bytes) * second, .order = order_++, .operation = operation});
}

void Station::end(Operation operation, Time now) {
    happened(What::done, operation);
    free_.push_back(operation);
    --serving_;
    if (waiting_.empty()) return;
    const auto next = waiting_.front();
    waiting_.pop_front();
    begin(next, now);
}

void Station::happened(What what, Operation operation) {
    const auto& it = operations_[operation];
    happened_.push_back(
        {.what = what, .operation = operation, .client = it.client, .bytes = it.demand.bytes});
}

/// The clock goes on at the rate that held until now.
void Station::wind(Time now) {
    moved_ += moved_since_wound(now);
    if (flows_.empty())
        clock_ = 0;
    else
        clock_ += rate() * static_cast<Wide>((now - wound_).count());
    wound_ = now;
}

/// By all of them, at the rate that held until now.
Station::Wide Station::moved_since_wound(Time now) const {
    const auto from = std::max(wound_, count_from_);
    if (!bandwidth_ || flows_.empty() || now <= from) return 0;
    return rate() * flows_.size() * static_cast<Wide>((now - from).count());
}

/// When it begins to count, as saved_ and one more; who is held back has taken nothing yet.
Station::Wide Station::saved_up() const {
    const auto from = fine(count_from_);
    return saved_ + gap_ * (1 + held_back_) - (next_ > from ? next_ - from : 0);
}

void Station::begin_count(Time now) {
    if (now >= count_from_ && !saved_before_) saved_before_ = saved_up();
}

Station::Use Station::use(Time now) const {
    if (now < count_from_) return {};
    const auto grain = static_cast<double>(fine(1) * second);
    Use use{.bytes = static_cast<double>(moved_ + moved_since_wound(now)) / grain,
            .let_in = let_in_,
            .allowance = 0};
    if (gap_ == 0) return use;
    const auto saved = saved_before_ ? *saved_before_ : saved_up();
    use.allowance =
        static_cast<double>(saved + fine(now) - fine(count_from_)) / static_cast<double>(gap_);
    return use;
}

/// Of each that moves bytes. Slow beyond the clock's grain is not still.
Station::Wide Station::rate() const {
    Wide rate = each_ ? fine(*each_) : ~Wide{0};
    if (bandwidth_) rate = std::min(rate, fine(*bandwidth_) / flows_.size());
    return std::max<Wide>(rate, 1);
}

/// The first nanosecond by which its bytes are moved, if the rate stays.
Time Station::end_of(const Flow& flow) const {
    if (flow.end <= clock_) return wound_;
    const auto rate = this->rate();
    const auto left = (flow.end - clock_ + rate - 1) / rate;
    const auto room = static_cast<Wide>((std::max(latest, wound_) - wound_).count());
    return wound_ + Duration{static_cast<Duration::rep>(std::min(left, room))};
}

}  // namespace interlock::hardware
