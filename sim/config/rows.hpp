#pragma once

// What the command line says on top of the file: one tree, or a row of them.

#include <deque>
#include <string>
#include <vector>

#include "sim/config/load.hpp"
#include "sim/config/node.hpp"

namespace interlock::config {

/// The scenario's tree under one choice of the values that `--set` lists.
struct Row {
    Node root;
    Node set;            ///< a mapping of the paths that vary, and their values here
    std::string suffix;  ///< ", machine.cores: 2"
};

/// `sources` keeps the options' texts, to which errors refer.
std::vector<Row> rows_of(Node root, const Overrides& overrides, std::deque<std::string>& sources);

}  // namespace interlock::config
