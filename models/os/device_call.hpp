#pragma once

// What a thread, or a routine of one, asks of a device.

#include <cstdint>

#include "models/hardware/station.hpp"
#include "models/workload/program.hpp"

namespace interlock::os {

struct DeviceCall {
    std::uint32_t device = 0;  ///< of the machine's
    workload::Access access = workload::Access::read;
    bool hit = false;  ///< of a read: its data is in the kernel's memory
    hardware::Demand demand;
};

/// Whom an operation is done for: a thread, whom the driver knows by a number, or the
/// kernel's memory, of which it writes something back.
class Client {
public:
    static constexpr Client of(std::uint32_t thread) { return Client{thread}; }
    static constexpr Client of_driver(std::uint64_t number) { return Client{number | driver}; }
    static constexpr Client of_memory(std::uint64_t number) { return Client{number | memory}; }
    static constexpr Client from(std::uint64_t value) { return Client{value}; }

    constexpr std::uint64_t value() const { return value_; }
    constexpr bool is_driver() const { return (value_ & driver) != 0; }
    constexpr bool is_memory() const { return (value_ & memory) != 0; }
    constexpr std::uint64_t number() const { return value_ & ~(driver | memory); }
    friend constexpr bool operator==(Client, Client) = default;

private:
    static constexpr std::uint64_t driver = std::uint64_t{1} << 63U;
    static constexpr std::uint64_t memory = std::uint64_t{1} << 62U;

    explicit constexpr Client(std::uint64_t value) : value_(value) {}

    std::uint64_t value_;
};

}  // namespace interlock::os
