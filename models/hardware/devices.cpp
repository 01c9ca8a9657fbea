// Presets of devices. Latencies, queue depths and rates of operations are the
// specification's defaults, section 4, which are recalled from the literature: the middle of
// its ranges. Bandwidths are round figures of the interface (6 Gbit/s SATA, 10 Gbit/s
// Ethernet, PCIe 3 x 4) or of common data sheets. All are to be replaced by one's own.

#include "models/hardware/device.hpp"

namespace interlock::hardware {

namespace {

using workload::Amount;

constexpr std::uint64_t mib = 1024ULL * 1024;
constexpr std::int64_t us = 1'000;

/// An NVMe drive: 4 KiB in 80 us (60 to 100), 64 flash units at work: 0.8 million operations a
/// second (0.3 to 1).
Device nvme() {
    return {.name = {},
            .servers = 64,
            .service = Amount::of(80 * us),
            .bandwidth = 3'000 * mib,
            .bandwidth_each = {},
            .iops = {},
            .cache = {}};
}

/// A SATA drive of flash: 150 us (100 to 200), a queue of 32, of which its 12 units make
/// 80 000 operations a second.
Device sata_ssd() {
    return {.name = {},
            .servers = 12,
            .service = Amount::of(150 * us),
            .bandwidth = 520 * mib,
            .bandwidth_each = {},
            .iops = {},
            .cache = {}};
}

/// A disk of 7200 turns a minute: 5 to 12 ms to find a place, one after the other.
Device hdd() {
    Device device{.name = {},
                  .servers = 1,
                  .bandwidth = 180 * mib,
                  .bandwidth_each = {},
                  .iops = {},
                  .cache = {}};
    device.service.shape = workload::Shape::uniform;
    device.service.low = 5'000 * us;
    device.service.high = 12'000 * us;
    device.service.values.clear();
    return device;
}

/// A volume over the network: 1 ms (0.5 to 2), 3000 operations a second, as the base of a
/// general-purpose volume is sold.
Device cloud_block() {
    return {.name = {},
            .servers = {},
            .latency = Amount::of(1'000 * us),
            .bandwidth = 125 * mib,
            .bandwidth_each = {},
            .iops = 3'000,
            .iops_burst = 32,
            .cache = {}};
}

Device round_trip(std::int64_t latency, std::uint64_t bandwidth) {
    return {.name = {},
            .servers = {},
            .latency = Amount::of(latency),
            .bandwidth = bandwidth,
            .bandwidth_each = {},
            .iops = {},
            .cache = {}};
}

/// 50 to 200 us there and back, at 10 Gbit/s.
Device lan() { return round_trip(100 * us, 1'192 * mib); }
/// TCP within the machine: 15 to 30 us there and back.
Device loopback() { return round_trip(20 * us, 3'000 * mib); }
/// 10 to 100 ms there and back, at 100 Mbit/s.
Device wan() { return round_trip(40'000 * us, 12 * mib); }

}  // namespace

const std::vector<DevicePreset>& device_presets() {
    static const std::vector<DevicePreset> presets{
        {"cloud_block", "a volume over the network: 1 ms, 3000 operations a second", cloud_block},
        {"hdd", "a disk that turns: 5 to 12 ms, one operation at a time", hdd},
        {"lan", "a host of the same network: 100 us there and back, 10 Gbit/s", lan},
        {"loopback", "a server on the same machine: 20 us there and back", loopback},
        {"nvme", "a fast drive of flash: 80 us, 64 operations at a time", nvme},
        {"sata_ssd", "a drive of flash: 150 us, 12 operations at a time", sata_ssd},
        {"wan", "a host far away: 40 ms there and back, 100 Mbit/s", wan},
    };
    return presets;
}

}  // namespace interlock::hardware
