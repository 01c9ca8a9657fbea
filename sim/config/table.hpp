#pragma once

// One mechanism for every mapping of the scenario file: a table of fields,
// each with its description and the function that reads it.

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/config/fields.hpp"
#include "sim/config/node.hpp"
#include "sim/config/suggest.hpp"
#include "sim/config/values.hpp"

namespace interlock::config {

template <typename T>
struct Field {
    FieldInfo info;
    std::function<void(T&, const Node&)> read;

    bool required() const { return info.fallback == "required"; }
};

template <typename T>
using Table = std::vector<Field<T>>;

template <typename T>
const Field<T>* find_field(const Table<T>& table, std::string_view name) {
    const auto field = std::find_if(table.begin(), table.end(),
                                    [name](const Field<T>& f) { return f.info.name == name; });
    return field == table.end() ? nullptr : &*field;
}

template <typename T>
std::vector<std::string> field_names(const Table<T>& table) {
    std::vector<std::string> names;
    for (const auto& field : table) names.push_back(field.info.name);
    return names;
}

template <typename T>
std::vector<FieldInfo> infos(const Table<T>& table) {
    std::vector<FieldInfo> list;
    for (const auto& field : table) list.push_back(field.info);
    return list;
}

/// Reads one field of a mapping, or refuses it at its name.
template <typename T>
void read_field(const Node& child, const Table<T>& table, T& into) {
    const auto* field = find_field(table, child.key);
    if (field == nullptr)
        refuse(child.key_place,
               "unknown field '" + child.key + "'" + suggestion(child.key, field_names(table)));
    field->read(into, child);
}

/// Reads every field that stands in the mapping, in the order written.
template <typename T>
void read_mapping(const Node& node, const Table<T>& table, T& into, std::string_view expected) {
    if (!node.is_mapping()) refuse_expected(node, expected);
    for (const auto& child : node.children)
        if (!is_note(child)) read_field(child, table, into);
    for (const auto& field : table)
        if (field.required() && node.find(field.info.name) == nullptr)
            refuse(node.place,
                   label(node) + "missing field '" + field.info.name + "': " + field.info.sentence);
}

// Fields that are a member of a struct: their default is the struct's own.

template <typename T>
Field<T> duration_field(std::string name, kernel::Duration T::*member, std::string sentence) {
    return {
        {std::move(name), "duration", "ns, us, ms, s", text_of(T{}.*member), std::move(sentence)},
        [member](T& into, const Node& node) { into.*member = read_duration(node); }};
}

template <typename T>
Field<T> size_field(std::string name, std::uint64_t T::*member, std::string sentence) {
    return {{std::move(name), "size", "B, KiB, MiB, GiB", text_of_size(T{}.*member),
             std::move(sentence)},
            [member](T& into, const Node& node) { into.*member = read_size(node); }};
}

template <typename T>
Field<T> bandwidth_field(std::string name, std::uint64_t T::*member, std::string sentence) {
    return {{std::move(name), "bandwidth", "B/s, KiB/s, MiB/s, GiB/s",
             text_of_size(T{}.*member) + "/s", std::move(sentence)},
            [member](T& into, const Node& node) { into.*member = read_bandwidth(node); }};
}

struct Bounds {
    std::uint32_t low = 1;
    std::uint32_t high = 1;
};

inline std::string text_of(Bounds bounds) {
    return "from " + std::to_string(bounds.low) + " to " + std::to_string(bounds.high);
}

template <typename T>
Field<T> count_field(std::string name, std::uint32_t T::*member, Bounds bounds,
                     std::string sentence) {
    return {{std::move(name), "count", text_of(bounds), std::to_string(T{}.*member),
             std::move(sentence)},
            [member, bounds](T& into, const Node& node) {
                into.*member = read_count(node, bounds.low, bounds.high);
            }};
}

template <typename T>
Field<T> flag_field(std::string name, bool T::*member, std::string sentence) {
    return {{std::move(name), "flag", "true, false", T{}.*member ? "true" : "false",
             std::move(sentence)},
            [member](T& into, const Node& node) { into.*member = read_flag(node); }};
}

template <typename T>
Field<T> speed_field(std::string name, hardware::Speed T::*member, double high,
                     std::string sentence) {
    return {{std::move(name), "number", "from 0.001 to " + std::to_string(static_cast<int>(high)),
             text_of(T{}.*member), std::move(sentence)},
            [member, high](T& into, const Node& node) { into.*member = read_speed(node, high); }};
}

template <typename T, typename E>
Field<T> choice_field(std::string name, E T::*member, std::span<const Choice<E>> choices,
                      std::string sentence) {
    std::string fallback;
    for (const auto& choice : choices)
        if (choice.value == T{}.*member) fallback = choice.name;
    return {{std::move(name), "word", listed(names_of(choices)), fallback, std::move(sentence)},
            [member, choices](T& into, const Node& node) {
                into.*member = read_choice<E>(node, choices);
            }};
}

}  // namespace interlock::config
