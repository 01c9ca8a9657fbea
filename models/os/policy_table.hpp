#pragma once

// The scheduling policies a scenario can name, in sight.

#include <string_view>
#include <vector>

namespace interlock::os {

struct PolicyEntry {
    std::string_view name;
    std::string_view sentence;
    bool takes_quantum;  ///< `{round_robin: {quantum: 1ms}}`
    bool ticks;          ///< decisions fall on the tick (hz 250) unless `hz` says otherwise
    bool preempts;       ///< a thread that never blocks does not keep its CPU for ever
};

const std::vector<PolicyEntry>& policies();

/// That of the name, which is one of the table.
const PolicyEntry& policy_named(std::string_view name);

}  // namespace interlock::os
