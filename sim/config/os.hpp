#pragma once

#include "models/os/settings.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// Fields over `settings`.
os::Settings read_os(const Node& node, os::Settings settings = {});

const Table<os::Settings>& os_table();

/// An item of `load`.
const Table<os::OtherLoad>& load_table();

struct QuotaDraft {
    os::Quota quota;
    double cpus = 0;
};

const Table<QuotaDraft>& quota_table();

/// The parameters of a policy: `{round_robin: {quantum: 1ms}}`.
const Table<os::PolicyParameters>& policy_table();

}  // namespace interlock::config
