#pragma once

// Text to a tree of nodes, safely: whatever the bytes are, the answer is a
// tree of bounded size or an error with its place. The only file of the room
// that sees the YAML library.

#include <string>

#include "sim/config/node.hpp"

namespace interlock::config {

struct Limits {
    std::size_t bytes = 2'097'152;
    std::size_t nodes = 500'000;    ///< with every alias written out
    std::size_t depth = 100;        ///< of lists and mappings in each other
    std::size_t brackets = 10'000;  ///< opened and not closed, wherever they stand
    bool duplicate_keys = false;    ///< a mapping may say a key twice
};

/// One document. `file` names it in errors and must outlive the tree. An
/// option of the command line has no lines: with `lines` false every place is
/// that of the whole.
Node parse_document(const std::string& text, const std::string& file, bool lines = true,
                    const Limits& limits = {});

/// The bytes of a file, at most as many as the limits allow.
std::string read_file(const std::string& path, const Limits& limits = {});

}  // namespace interlock::config
