#pragma once

// Overrides by path: `machine.cores=8`, `tasks.request.count=40`.

#include <string>
#include <string_view>

#include "sim/config/node.hpp"

namespace interlock::config {

/// Puts `value` at the end of the path. Names lead through mappings; in a list
/// an item is found by its name, its program or its index from 0. A field that
/// is not there is made, so that the reader refuses it if there is none of
/// that name. `at` is where the path was written.
void assign(Node& root, const std::string& path, const Node& value, const Place& at);

/// `over` on top of `base`: a preset or another mapping with a preset replaces
/// it, the fields of any other mapping replace its fields one by one, and so do those
/// of its costs and of each of its devices.
void overlay(Node& base, const Node& over);

/// A machine instead of another: the devices, which steps name, stay, and its own go over them.
Node with_devices_of(const Node& before, Node machine);

/// Whether a list at the end of the path is its value, rather than several
/// values one after the other.
bool list_valued(std::string_view path);

}  // namespace interlock::config
