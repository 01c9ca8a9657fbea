#include "sim/config/paths.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "sim/config/fields.hpp"
#include "sim/config/suggest.hpp"

namespace interlock::config {

namespace {

constexpr std::size_t path_length_max = 1'000;

std::string_view first_of(std::string_view path) { return path.substr(0, path.find('.')); }

/// Whether the path goes through `name`: it is the name, or goes on after it.
bool leads_through(std::string_view path, std::string_view name) {
    return path.substr(0, name.size()) == name &&
           (path.size() == name.size() || path[name.size()] == '.');
}

/// `i7-8700k` as `{preset: i7-8700k}`.
void make_mapping(Node& node) {
    Node preset;
    preset.kind = NodeKind::word;
    preset.place = node.place;
    preset.key = "preset";
    preset.key_place = node.place;
    preset.text = std::move(node.text);
    node.text.clear();
    node.kind = NodeKind::mapping;
    node.children = {std::move(preset)};
}

/// What an item of a list is called: its name, or its program.
std::string item_name(const Node& item) {
    for (const auto* const field : {"name", "program"})
        if (const auto* child = item.find(field); child != nullptr && child->is_word())
            return child->text;
    return {};
}

class Assignment {
public:
    Assignment(const Node& value, const Place& at) : value_(&value), at_(at) {}

    /// `preset`: whether a word there may be one.
    void go(Node& node, std::string_view path, bool preset) {
        if (path.empty() || first_of(path).empty())
            refuse(at_, "expected a path such as machine.cores, got an empty part");
        if (node.kind == NodeKind::null) node.kind = NodeKind::mapping;
        if (node.is_word()) {
            if (!preset)
                refuse(at_, node.key + ": " + found(node) + " is one value, which has no '" +
                                std::string(path) + "'");
            make_mapping(node);
        }
        Node& child = node.is_list() ? item(node, path) : field(node, path);
        const auto length = length_;
        if (path.size() == length)
            replace(child);
        else
            go(child, path.substr(length + 1),
               node.key == "devices" ||
                   (node.key.empty() &&
                    (child.key == "machine" || child.key == "interpreter" || child.key == "os")));
    }

private:
    void replace(Node& child) const {
        auto value = *value_;
        value.key = child.key;
        value.key_place = at_;
        child = std::move(value);
    }

    /// The field with the longest name the path goes through, made if need be.
    Node& field(Node& node, std::string_view path) {
        Node* best = nullptr;
        for (auto& child : node.children)
            if (leads_through(path, child.key) &&
                (best == nullptr || child.key.size() > best->key.size()))
                best = &child;
        if (best == nullptr) best = &make(node, first_of(path));
        length_ = best->key.size();
        return *best;
    }

    Node& make(Node& node, std::string_view name) const {
        if (node.key == "programs") {
            std::vector<std::string> names;
            for (const auto& child : node.children) names.push_back(child.key);
            refuse(at_,
                   "there is no program '" + std::string(name) + "'" + suggestion(name, names));
        }
        Node child;
        child.place = at_;
        child.key = name;
        child.key_place = at_;
        node.children.push_back(std::move(child));
        return node.children.back();
    }

    Node& item(Node& list, std::string_view path) {
        Node* best = nullptr;
        std::vector<std::string> names;
        for (std::size_t i = 0; i < list.children.size(); ++i) {
            for (const auto& name : {item_name(list.children[i]), std::to_string(i)}) {
                if (name.empty() || !leads_through(path, name)) continue;
                if (best != nullptr && name.size() <= length_) continue;
                best = &list.children[i];
                length_ = name.size();
            }
            const auto name = item_name(list.children[i]);
            if (!name.empty()) names.push_back(name);
        }
        if (best != nullptr) return *best;
        const auto name = first_of(path);
        refuse(at_, label(list) + "there is no item '" + std::string(name) + "'; it has " +
                        std::to_string(list.children.size()) +
                        (names.empty() ? "" : suggestion(name, names)));
    }

    const Node* value_;
    Place at_;
    std::size_t length_ = 0;  ///< of the part of the path that was taken last
};

/// The fields whose value is a list, or may be one: by their own name, and by
/// that of the mapping before it, for `speed` is a list of machines only.
struct ListFields {
    std::map<std::string, bool, std::less<>> alone;
    std::map<std::string, bool, std::less<>> with_mapping;
};

const ListFields& list_fields() {
    static const ListFields fields = [] {
        ListFields all;
        for (const auto& mapping : mappings())
            for (const auto& field : mapping.fields) {
                const bool is_list = field.type.find("list") != std::string::npos;
                all.alone[field.name] |= is_list;
                all.with_mapping[mapping.name + '.' + field.name] = is_list;
            }
        return all;
    }();
    return fields;
}

}  // namespace

void assign(Node& root, const std::string& path, const Node& value, const Place& at) {
    if (path.size() > path_length_max)
        refuse(at, "expected a path of at most 1000 bytes, got " + std::to_string(path.size()));
    Assignment(value, at).go(root, path, true);
}

Node with_devices_of(const Node& before, Node machine) {
    const auto* devices = before.find("devices");
    if (devices == nullptr) return machine;
    if (machine.is_word()) make_mapping(machine);
    if (!machine.is_mapping()) return machine;
    if (auto* own = machine.find("devices"); own != nullptr) {
        auto all = *devices;
        overlay(all, *own);
        *own = std::move(all);
    } else {
        machine.children.push_back(*devices);
    }
    return machine;
}

namespace {

/// What is a mapping below a mapping: its fields go over one by one, too. A device that is a
/// preset has the preset's.
bool goes_over(const Node& base, const Node& over, const Node& child) {
    if (!child.is_mapping()) return false;
    if (over.key == "devices") return true;
    return (child.key == "costs" || child.key == "devices") && base.is_mapping();
}

}  // namespace

void overlay(Node& base, const Node& over) {
    if (!over.is_mapping() || over.find("preset") != nullptr || base.is_list()) {
        auto replaced = over.key == "machine" ? with_devices_of(base, over) : over;
        replaced.key = base.key.empty() ? over.key : base.key;
        base = std::move(replaced);
        return;
    }
    if (base.is_word()) make_mapping(base);
    base.kind = NodeKind::mapping;
    base.place = over.place;
    for (const auto& child : over.children) {
        auto* same = base.find(child.key);
        if (same == nullptr)
            base.children.push_back(child);
        else if (goes_over(*same, over, child))
            overlay(*same, child);
        else
            *same = child;
    }
}

bool list_valued(std::string_view path) {
    const auto dots = std::count(path.begin(), path.end(), '.');
    if (first_of(path) == "programs" && dots == 1) return true;
    const auto after_dot = [](std::string_view text) { return text.substr(text.rfind('.') + 1); };
    const auto last = after_dot(path);
    const auto& fields = list_fields();
    if (dots > 0) {
        const auto parent = after_dot(path.substr(0, path.rfind('.')));
        const auto exact = fields.with_mapping.find(std::string(parent) + '.' + std::string(last));
        if (exact != fields.with_mapping.end()) return exact->second;
    }
    const auto any = fields.alone.find(last);
    return any != fields.alone.end() && any->second;
}

}  // namespace interlock::config
