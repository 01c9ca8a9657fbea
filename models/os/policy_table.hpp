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
};

const std::vector<PolicyEntry>& policies();

}  // namespace interlock::os
