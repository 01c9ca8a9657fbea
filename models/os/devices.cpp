// The machine's devices: who asks, and who goes on when it is done.

#include "models/os/system.hpp"

namespace interlock::os {

using hardware::Station;
using kernel::Duration;
using kernel::EventClass;
using record::Kind;
using workload::Access;

namespace {

/// The kernel writes by itself at the device's average pace: no task has drawn it.
Duration on_average(const workload::Amount& amount) {
    return Duration{static_cast<Duration::rep>(workload::expectation(amount))};
}

}  // namespace

System::DeviceState::DeviceState(const hardware::Device& device)
    : station(device), piece{.service = on_average(device.service),
                             .latency = on_average(device.latency)} {
    if (device.cache) cache.emplace(*device.cache);
}

/// Whether it is done at once, and the client goes on.
bool System::ask(Client client, const DeviceCall& call) {
    auto& it = devices_[call.device];
    bool at_once = false;
    if (it.cache && call.access == Access::write) {
        at_once = it.cache->write(client.value(), call.demand.bytes);
    } else if (it.cache && call.hit) {
        return true;
    } else if (it.cache && call.access == Access::fsync) {
        write_back(it, it.cache->sync(client.value()), call.demand);
    } else {
        it.station.add(client.value(), call.demand, now());
    }
    return drive(call.device, client) || at_once;
}

void System::write_back(DeviceState& it, const PageCache::WriteBack& what,
                        hardware::Demand demand) {
    demand.bytes = what.bytes;
    it.station.add(Client::of_memory(what.number).value(), demand, now());
}

void System::device_event(std::uint32_t device) {
    devices_[device].event = {};
    drive(device, std::nullopt);
}

/// All that happens there by now. Whether it lets `asks` go on, who has not gone to sleep.
bool System::drive(std::uint32_t device, std::optional<Client> asks) {
    auto& it = devices_[device];
    bool at_once = false;
    const auto goes_on = [&](Client client) {
        if (client == asks)
            at_once = true;
        else
            let_go(client);
    };
    for (;;) {
        it.station.advance(now());
        it.station.take_happened(happened_);
        for (const auto& one : happened_) {
            note_device(device, one);
            if (one.what != Station::What::done) continue;
            const auto client = Client::from(one.client);
            if (!client.is_memory()) {
                goes_on(client);
                continue;
            }
            for (const auto other : it.cache->written(client.number()))
                goes_on(Client::from(other));
        }
        const auto piece = it.cache ? it.cache->take_piece() : std::nullopt;
        if (!piece) break;
        write_back(it, *piece, it.piece);
    }
    arm_device(device);
    return at_once;
}

void System::note_device(std::uint32_t device, const Station::Happened& it) {
    const auto kind = it.what == Station::What::came    ? Kind::device_came
                      : it.what == Station::What::begun ? Kind::device_begun
                                                        : Kind::device_done;
    record(kind, it.operation, device, it.bytes);
}

void System::let_go(Client client) {
    if (client.is_driver()) return driver_.served(client.number());
    wake(ThreadId{static_cast<std::uint32_t>(client.value())}, Joining::woken, std::nullopt);
}

void System::arm_device(std::uint32_t device) {
    auto& it = devices_[device];
    auto& calendar = simulation_.calendar();
    const auto due = it.station.due();
    if (!due) {
        calendar.cancel(it.event);
        it.event = {};
    } else if (!it.event) {
        it.event = calendar.schedule(*due, EventClass::wake,
                                     {static_cast<std::uint32_t>(EventKind::device), device});
    } else if (it.event_at != *due) {
        calendar.reschedule(it.event, *due);
    }
    if (due) it.event_at = *due;
}

}  // namespace interlock::os
