#include "models/hardware/memory.hpp"

#include <algorithm>
#include <numeric>

namespace interlock::hardware {

using kernel::Wide;

Memory::Memory(const Machine& machine)
    : nodes_(machine.nodes()), remote_speed_(machine.numa.value_or(Numa{}).remote_speed),
      links_(machine.link_bandwidth().has_value()) {
    constexpr Wide one = 1'000'000;
    const auto all = Wide{machine.memory_bandwidth.value_or(0)} * one;
    channels_.resize(nodes_, {.capacity = all / nodes_});
    if (links_)
        channels_.resize(std::size_t{nodes_} * (nodes_ + 1),
                         {.capacity = Wide{*machine.link_bandwidth()} * one});
}

Ratio Memory::factor(Home home, std::uint32_t node) const {
    constexpr std::uint32_t one = 1'000'000;
    if (!home)
        return {.value = Wide{nodes_} * remote_speed_.ppm,
                .divisor = remote_speed_.ppm + Wide{nodes_ - 1} * one};
    if (*home == node) return {};
    return {.value = remote_speed_.ppm, .divisor = one};
}

/// Calls use(channel, weight) for each that the stream goes through.
template <typename Use>
void Memory::each_channel(const Stream& stream, Use use) {
    const auto from = [&](std::uint32_t node, std::uint32_t weight) {
        use(channels_[node], weight);
        if (links_ && node != stream.node) use(link(node, stream.node), weight);
    };
    if (stream.home) return from(*stream.home, nodes_);
    for (std::uint32_t node = 0; node < nodes_; ++node) from(node, 1);
}

/// The one whose streams can grow least; none: no stream grows.
const Memory::Channel* Memory::fullest() const {
    const Channel* found = nullptr;
    for (const auto& channel : channels_)
        if (channel.weight > 0 && (found == nullptr || level(channel) < level(*found)))
            found = &channel;
    return found;
}

/// What it takes is no longer there for others.
void Memory::stop(const Stream& stream, Wide at) {
    each_channel(stream, [&](Channel& channel, std::uint32_t weight) {
        const auto taken = (at * weight + nodes_ - 1) / nodes_;
        channel.left -= std::min(channel.left, taken);
        channel.weight -= weight;
    });
}

const std::vector<Wide>& Memory::share(const std::vector<Stream>& streams) {
    for (auto& channel : channels_) {
        channel.left = channel.capacity;
        channel.weight = 0;
    }
    for (const auto& stream : streams)
        each_channel(stream,
                     [](Channel& channel, std::uint32_t weight) { channel.weight += weight; });
    shares_.resize(streams.size());
    growing_.resize(streams.size());
    std::iota(growing_.begin(), growing_.end(), std::size_t{0});
    std::sort(growing_.begin(), growing_.end(),
              [&](std::size_t a, std::size_t b) { return streams[a].demand < streams[b].demand; });
    while (!growing_.empty()) {
        const auto* full = fullest();
        const auto most = level(*full);
        // Which have what they ask for; if none has, those that the full channel holds.
        const auto enough = [&](std::size_t i) { return streams[i].demand <= most; };
        const bool some = enough(growing_.front());
        const auto is_held = [&](const Stream& stream) {
            bool there = false;
            each_channel(stream, [&](const Channel& channel, std::uint32_t /*weight*/) {
                there = there || &channel == full;
            });
            return there;
        };
        const auto done = [&](std::size_t i) { return some ? enough(i) : is_held(streams[i]); };
        for (const auto i : growing_) {
            if (!done(i)) continue;
            shares_[i] = some ? streams[i].demand : most;
            stop(streams[i], shares_[i]);
        }
        growing_.erase(std::remove_if(growing_.begin(), growing_.end(), done), growing_.end());
    }
    return shares_;
}

}  // namespace interlock::hardware
