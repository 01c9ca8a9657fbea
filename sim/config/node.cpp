#include "sim/config/node.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace interlock::config {

namespace {

/// A word as it would have to be written to be read back as one.
std::string word_text(const Node& node) {
    if (node.text.empty()) return "''";
    const bool needs_quotes = node.text.find_first_of(",[]{}#\"") != std::string::npos ||
                              node.text.find(": ") != std::string::npos;
    return needs_quotes ? nlohmann::json(node.text).dump() : node.text;
}

std::string json_word(const Node& node) {
    if (!node.quoted) {
        const auto number = nlohmann::json::parse(node.text, nullptr, false);
        if (number.is_number() || number.is_boolean()) return number.dump();
    }
    return nlohmann::json(node.text).dump();
}

}  // namespace

Location location_of(const Place& place) {
    return {place.file == nullptr ? std::string() : *place.file, place.line, place.column};
}

void refuse(const Place& place, const std::string& message) {
    throw Error(location_of(place), message);
}

const Node* Node::find(std::string_view name) const {
    const auto child = std::find_if(children.begin(), children.end(),
                                    [name](const Node& node) { return node.key == name; });
    return is_mapping() && child != children.end() ? &*child : nullptr;
}

Node* Node::find(std::string_view name) {
    const auto child = std::find_if(children.begin(), children.end(),
                                    [name](const Node& node) { return node.key == name; });
    return is_mapping() && child != children.end() ? &*child : nullptr;
}

bool is_note(const Node& child) { return child.key.rfind("x-", 0) == 0; }

const Node* only_child(const Node& node) {
    const Node* only = nullptr;
    for (const auto& child : node.children) {
        if (!node.is_mapping() || is_note(child)) continue;
        if (only != nullptr) return nullptr;
        only = &child;
    }
    return only;
}

Node key_as_word(const Node& child, const std::string& label) {
    Node word;
    word.kind = NodeKind::word;
    word.place = child.key_place;
    word.key = label;
    word.text = child.key;
    return word;
}

std::string label(const Node& node) { return node.key.empty() ? "" : node.key + ": "; }

std::string found(const Node& node) {
    constexpr std::size_t longest_shown = 60;
    switch (node.kind) {
    case NodeKind::null: return "nothing";
    case NodeKind::list: return node.children.empty() ? "an empty list" : "a list";
    case NodeKind::mapping: return node.children.empty() ? "an empty mapping" : "a mapping";
    case NodeKind::word: break;
    }
    if (node.text.size() <= longest_shown) return "'" + node.text + "'";
    std::size_t end = longest_shown;
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(node.text[at]) & 0xC0U) == 0x80U;
    };
    while (end > 0 && continues(end)) --end;
    return "'" + node.text.substr(0, end) + "…'";
}

void refuse_expected(const Node& node, std::string_view expected) {
    refuse(node.place, label(node) + "expected " + std::string(expected) + ", got " + found(node));
}

std::string flow_text(const Node& node) {
    if (node.is_word()) return word_text(node);
    if (node.is_nothing()) return "{}";
    std::string text(1, node.is_list() ? '[' : '{');
    for (const auto& child : node.children) {
        if (text.size() > 1) text += ", ";
        if (node.is_mapping()) text += child.key + ": ";
        text += flow_text(child);
    }
    return text + (node.is_list() ? ']' : '}');
}

std::string json_text(const Node& node) {
    if (node.is_word()) return json_word(node);
    if (node.is_nothing()) return "{}";
    std::string text(1, node.is_list() ? '[' : '{');
    for (const auto& child : node.children) {
        if (text.size() > 1) text += ", ";
        if (node.is_mapping()) text += nlohmann::json(child.key).dump() + ": ";
        text += json_text(child);
    }
    return text + (node.is_list() ? ']' : '}');
}

std::size_t size_of(const Node& node) {
    std::size_t size = 1;
    for (const auto& child : node.children) size += size_of(child);
    return size;
}

}  // namespace interlock::config
