#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace interlock::config {

/// An edge leads from `first` to `second`.
using Edge = std::pair<std::size_t, std::size_t>;

/// The nodes of one cycle in the order of its edges, if the graph has any.
std::vector<std::size_t> find_cycle(std::size_t nodes, const std::vector<Edge>& edges);

}  // namespace interlock::config
