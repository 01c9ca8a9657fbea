#pragma once

#include "models/os/settings.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

os::Settings read_os(const Node& node);

const Table<os::Settings>& os_table();

/// The parameters of a policy: `{round_robin: {quantum: 1ms}}`.
const Table<os::Settings>& policy_table();

}  // namespace interlock::config
