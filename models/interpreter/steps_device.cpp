// Calls of devices: outside the interpreter, as other I/O. A routine of an event loop
// awaits its device; what only copies to or from the kernel's memory, or waits for room in there,
// is done by the loop's thread, as file I/O is.

#include <algorithm>

#include "models/interpreter/engine.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::Client;
using workload::Access;
using workload::OfOperation;

/// The bytes are shared evenly by the calls; each of them takes the lock again.
Engine::Step Engine::device(Context& context) {
    auto& me = context.me;
    switch (me.at.phase) {
    case 0:
        me.visit = visit(context);
        me.amount = workload::draw(*context.it.amount, me.visit);
        me.counter = 0;
        [[fallthrough]];
    case 1: {
        const auto asks = device_call_of(context, me.counter++);
        const std::uint8_t next = me.counter < context.it.count ? 1 : 3;
        const auto& cache = setup_.machine->devices[asks.device].cache;
        const bool copies = cache && (asks.hit || asks.access == Access::write);
        if (me.number == 0 || copies) {
            me.asks = asks;
            return without_lock(
                context, 2,
                os::device(copies ? copying(*cache, asks.demand.bytes) : Duration::zero()));
        }
        const auto loop = static_cast<std::uint64_t>(*me.event_loop);
        const auto number = loop << 32U | me.number;
        auto step = await(context, next, EventLoop::Awaits::event);
        if (system_.ask(Client::of_driver(number), asks)) served(number);
        return step;
    }
    case 2: return take_back(context, me.counter < context.it.count ? 1 : 3);
    default: me.counter = 0; return done();
    }
}

os::DeviceCall Engine::device_call_of(const Context& context, std::uint32_t call) const {
    const auto& use = *context.it.use;
    const auto id = devices_[static_cast<std::size_t>(use.device)];
    const auto& device = setup_.machine->devices[id];
    const auto key = [&](OfOperation what) {
        return workload::key_of(context.me.visit, call, what);
    };
    const bool hit = device.cache && use.access == Access::read &&
                     workload::draw_uniform(key(OfOperation::hit)) < device.cache->hits;
    const auto& service = use.service ? *use.service : device.service;
    return {
        .device = id,
        .access = use.access,
        .hit = hit,
        .demand = {.service = Duration{workload::draw(service, key(OfOperation::service))},
                   .latency = Duration{workload::draw(device.latency, key(OfOperation::latency))},
                   .bytes = workload::part_of(context.me.amount, call, context.it.count)}};
}

Duration Engine::copying(const hardware::Cache& cache, std::uint64_t bytes) {
    if (cache.copy_bytes_per_second == 0) return {};
    const auto time = kernel::Wide{bytes} * 1'000'000'000 / cache.copy_bytes_per_second;
    constexpr auto longest = kernel::Wide{1} << 62U;
    return Duration{static_cast<Duration::rep>(std::min(time, longest))};
}

/// What a routine awaits of a device is there: its loop's number, and its own.
void Engine::served(std::uint64_t number) {
    auto& own = loop(EventLoopId{static_cast<std::uint32_t>(number >> 32U)});
    own.happened(static_cast<std::uint32_t>(number), now());
    if (own.selecting) system_.post(own.selector);
}

}  // namespace interlock::interpreter
