#pragma once

// How readily a thread gives way and where it may run: of tasks and of other load.

#include <cstdint>
#include <vector>

#include "sim/config/table.hpp"

namespace interlock::config {

/// `of(draft)`: the nice value that is read.
template <typename Draft, typename Of>
Field<Draft> nice_field(Of of) {
    return {{"nice", "whole number", "from -20 to 19", "0",
             "how readily it gives way to others, of Linux's policies: 19 the most"},
            [of](Draft& draft, const Node& node) {
                constexpr int least = -20;
                constexpr int most = 19;
                of(draft) = static_cast<int>(read_integer(node, least, most));
            }};
}

/// `of(draft)`: the CPUs that are read.
template <typename Draft, typename Of>
Field<Draft> affinity_field(Of of) {
    return {{"affinity", "list", "numbers of CPUs, from 0", "all",
             "on which CPUs its threads may run; needs a queue for each CPU"},
            [of](Draft& draft, const Node& node) {
                if (!node.is_list() || node.children.empty())
                    refuse_expected(node, "a list of CPUs such as [0, 1]");
                std::vector<std::uint32_t>& cpus = of(draft);
                for (const auto& child : node.children) cpus.push_back(read_count(child, 0, 4095));
            }};
}

}  // namespace interlock::config
