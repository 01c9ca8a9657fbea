#include "sim/report/outcome.hpp"

namespace interlock::report {

const char* name_of(models::Ended ended) {
    switch (ended) {
    case models::Ended::done: return "done";
    case models::Ended::deadlock: return "deadlock";
    case models::Ended::out_of_memory: return "out_of_memory";
    case models::Ended::bound: return "bound";
    case models::Ended::unavailable: return "unavailable";
    }
    return "unknown";
}

const char* name_of(models::StrategyKind kind) {
    switch (kind) {
    case models::StrategyKind::serial: return "serial";
    case models::StrategyKind::threads: return "threads";
    case models::StrategyKind::processes: return "processes";
    case models::StrategyKind::interpreters: return "interpreters";
    case models::StrategyKind::asyncio: return "asyncio";
    case models::StrategyKind::servers: return "servers";
    case models::StrategyKind::direct: return "direct";
    }
    return "unknown";
}

}  // namespace interlock::report
