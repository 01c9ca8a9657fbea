#include "sim/config/device.hpp"

#include "sim/config/amounts.hpp"
#include "sim/config/preset.hpp"

namespace interlock::config {

namespace {

using hardware::Cache;
using hardware::Device;

constexpr std::size_t devices_max = 1'000;
constexpr Bounds server_bounds{1, 1'000'000};
constexpr Bounds burst_bounds{1, 1'000'000'000};
constexpr std::string_view none = "unlimited";

bool is_unlimited(const Node& node) { return node.is_word() && node.text == none; }

Field<Device> time_field(std::string name, workload::Amount Device::*member, std::string sentence) {
    return {{std::move(name), "duration", "ns, us, ms, s, or a distribution", "0s",
             std::move(sentence)},
            [member](Device& device, const Node& node) {
                device.*member = read_amount(node, Quantity::duration);
            }};
}

std::uint64_t read_some_bandwidth(const Node& node) {
    const auto bandwidth = read_bandwidth(node);
    if (bandwidth == 0) refuse_expected(node, "a bandwidth above 0, or unlimited");
    return bandwidth;
}

Field<Device> rate_field(std::string name, std::optional<std::uint64_t> Device::*member,
                         std::string sentence) {
    return {{std::move(name), "bandwidth", "above 0B/s, unlimited", std::string(none),
             std::move(sentence)},
            [member](Device& device, const Node& node) {
                (device.*member).reset();
                if (!is_unlimited(node)) device.*member = read_some_bandwidth(node);
            }};
}

void read_servers(Device& device, const Node& node) {
    device.servers.reset();
    if (!is_unlimited(node))
        device.servers = read_count(node, server_bounds.low, server_bounds.high);
}

void read_iops(Device& device, const Node& node) {
    constexpr double slowest = 0.001;
    device.iops.reset();
    if (is_unlimited(node)) return;
    device.iops = read_rate(node);
    if (*device.iops < slowest) refuse_expected(node, "a rate of at least 0.001/s");
}

void read_cache(Device& device, const Node& node) {
    if (node.is_word() && node.text == "none") return device.cache.reset();
    Cache cache;
    read_mapping(node, cache_table(), cache, "none, or a mapping such as {hits: 90%}");
    device.cache = cache;
}

Device read_device(const Node& node) {
    if (node.is_word()) return find_preset(node, hardware::device_presets()).make();
    Device device;
    if (const auto* preset = node.find("preset"))
        device = find_preset(*preset, hardware::device_presets()).make();
    read_mapping(node, device_table(), device,
                 "a preset, or a mapping such as {servers: 1, service: 8ms}");
    return device;
}

}  // namespace

const Table<Cache>& cache_table() {
    static const Table<Cache> table{
        {{"hits", "percentage", "from 0% to 100%", "0%",
          "of reads that find their data in memory, each drawn by itself"},
         [](Cache& cache, const Node& node) {
             cache.hits = read_percentage(node);
             if (cache.hits > 1) refuse_expected(node, "a percentage from 0% to 100%");
         }},
        bandwidth_field("copy", &Cache::copy_bytes_per_second,
                        "copying to or from the program, by its CPU; 0B/s: takes no time"),
        size_field("dirty", &Cache::dirty,
                   "what may be written and not yet on the device; beyond, who writes waits"),
    };
    return table;
}

const Table<Device>& device_table() {
    static const Table<Device> table{
        {{"preset", "name", listed(preset_names(hardware::device_presets())), "",
          "where the other fields start from"},
         [](Device& /*device*/, const Node& /*node*/) {}},
        {{"servers", "count", text_of(server_bounds) + ", unlimited", std::string(none),
          "how many operations it serves at a time; the others wait in the order of coming"},
         read_servers},
        time_field("service", &Device::service, "what an operation keeps a server for"),
        time_field("latency", &Device::latency,
                   "the way there and back, before it; no server is kept"),
        rate_field("bandwidth", &Device::bandwidth,
                   "shared evenly by all operations that move their bytes, after their service"),
        rate_field("bandwidth_each", &Device::bandwidth_each,
                   "the most of it that one operation gets"),
        {{"iops", "rate", "at least 0.001/s, unlimited", std::string(none),
          "operations that are let in, by a token bucket"},
         read_iops},
        count_field("iops_burst", &Device::iops_burst, burst_bounds,
                    "how many of these are saved up while none come"),
        {{"cache", "mapping of cache", "none, or fields of cache", "none",
          "what the kernel keeps of it in memory"},
         read_cache},
    };
    return table;
}

std::vector<Device> read_devices(const Node& node) {
    constexpr std::string_view expected = "a mapping of devices such as {disk: nvme}";
    if (!node.is_mapping()) refuse_expected(node, expected);
    std::vector<Device> devices;
    for (const auto& child : node.children) {
        if (is_note(child)) continue;
        auto device = read_device(child);
        device.name = read_name(key_as_word(child, node.key));
        devices.push_back(std::move(device));
    }
    if (devices.size() > devices_max)
        refuse(node.place, label(node) + "expected at most " + std::to_string(devices_max) +
                               " devices, got " + std::to_string(devices.size()));
    return devices;
}

}  // namespace interlock::config
