#pragma once

// A YAML document as plain data: every alias resolved, every node with the
// place it was written at. Overrides (`--set`, a strategy's `set`) work on it,
// so that what they change goes through the same reading as the file itself.

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/error.hpp"

namespace interlock::config {

/// A location without a copy of the file's name, whose string must outlive it.
struct Place {
    const std::string* file = nullptr;
    int line = 0;
    int column = 0;
};

Location location_of(const Place& place);

[[noreturn]] void refuse(const Place& place, const std::string& message);

enum class NodeKind : std::uint8_t { null, word, list, mapping };

struct Node {
    NodeKind kind = NodeKind::null;
    bool quoted = false;
    Place place;
    std::string key;   ///< of a child of a mapping
    Place key_place;   ///< likewise
    std::string text;  ///< of a word
    std::vector<Node> children;

    bool is_word() const { return kind == NodeKind::word; }
    bool is_list() const { return kind == NodeKind::list; }
    bool is_mapping() const { return kind == NodeKind::mapping; }
    /// Nothing, or `{}`: what stands behind `direct:` and `yield:`.
    bool is_nothing() const { return kind == NodeKind::null || (is_mapping() && children.empty()); }

    const Node* find(std::string_view name) const;
    Node* find(std::string_view name);
};

/// Whether the key begins with `x-`: a note, which nobody reads.
bool is_note(const Node& child);

/// The one child of a mapping of one key, notes apart; null if there is not
/// exactly one.
const Node* only_child(const Node& node);

/// The name of a mapping's child as a word of its own, said to stand behind
/// `label`: for `policy: {round_robin: …}`, round_robin behind policy.
Node key_as_word(const Node& child, const std::string& label);

/// "policy: ", or nothing for a node without a key.
std::string label(const Node& node);

/// What was found there, in words: "'fast'", "a list", "a mapping", "nothing".
std::string found(const Node& node);

[[noreturn]] void refuse_expected(const Node& node, std::string_view expected);

/// As YAML in flow form: `{round_robin: {quantum: 1ms}}`.
std::string flow_text(const Node& node);

/// As JSON on one line; words that are JSON numbers or truth values are such.
std::string json_text(const Node& node);

/// How many nodes, this one included.
std::size_t size_of(const Node& node);

}  // namespace interlock::config
