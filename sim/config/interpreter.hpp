#pragma once

#include "models/interpreter/runtime.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

class Profile;

/// A preset by name, or a mapping of fields over a preset or over no lock.
/// `profile`: whose figures a preset has, where it was calibrated.
interpreter::Runtime read_interpreter(const Node& node, const Profile* profile = nullptr);

const Table<interpreter::Runtime>& interpreter_table();

/// The parameters of a lock: `{cpython-3.2: {switch_interval: 1ms}}`.
const Table<interpreter::Runtime>& lock_table();

std::span<const Choice<interpreter::StartMethod>> start_methods();

}  // namespace interlock::config
