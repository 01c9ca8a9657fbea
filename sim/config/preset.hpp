#pragma once

// Presets by name, and mappings that override some of their fields.

#include "sim/config/table.hpp"

namespace interlock::config {

template <typename Preset>
std::vector<std::string> preset_names(const std::vector<Preset>& presets) {
    std::vector<std::string> names;
    names.reserve(presets.size());
    for (const auto& preset : presets) names.emplace_back(preset.name);
    return names;
}

/// The entry of that name, or a refusal.
template <typename Preset>
const Preset& find_preset(const Node& node, const std::vector<Preset>& presets) {
    const auto names = preset_names(presets);
    if (!node.is_word()) refuse_expected(node, "a name: one of " + listed(names));
    for (const auto& preset : presets)
        if (preset.name == node.text) return preset;
    refuse_unknown(node, names);
}

/// What the fields make of it, for the eye: "i7-8700k, cores: 8". Two that
/// differ are called differently.
inline std::string given_name(const Node& mapping) {
    std::string name;
    for (const auto& child : mapping.children) {
        if (is_note(child)) continue;
        if (!name.empty()) name += ", ";
        name += child.key == "preset" ? flow_text(child) : child.key + ": " + flow_text(child);
    }
    return name.empty() ? "given" : name;
}

}  // namespace interlock::config
