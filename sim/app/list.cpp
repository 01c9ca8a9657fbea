#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "models/hardware/machine.hpp"
#include "models/interpreter/runtime.hpp"
#include "models/os/policy_table.hpp"
#include "models/os/settings.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/suggest.hpp"

namespace interlock::app {

namespace {

struct Entry {
    std::string name;
    std::string sentence;
    std::vector<Entry> fields;  ///< what belongs into its mapping
};

template <typename Items>
std::vector<Entry> entries_of(const Items& items) {
    std::vector<Entry> entries;
    entries.reserve(items.size());
    for (const auto& item : items)
        entries.push_back({std::string(item.name), std::string(item.sentence), {}});
    return entries;
}

/// Entries whose fields are declared in a mapping called "step put", "distribution pareto", …
std::vector<Entry> with_fields(std::vector<Entry> entries, const std::string& kind) {
    const auto mappings = config::mappings();
    for (auto& entry : entries)
        for (const auto& mapping : mappings) {
            if (mapping.name != kind + ' ' + entry.name) continue;
            for (const auto& field : mapping.fields) {
                const auto fallback = field.fallback.empty() || field.fallback == "required"
                                          ? field.fallback
                                          : "default " + field.fallback;
                entry.fields.push_back({field.name,
                                        fmt::format("{} ({}{}{})", field.sentence, field.type,
                                                    fallback.empty() ? "" : ", ", fallback),
                                        {}});
            }
        }
    return entries;
}

struct Kind {
    std::string_view name;
    std::string_view sentence;
    std::vector<Entry> (*entries)();
};

constexpr std::array kinds{
    Kind{"locks", "what an interpreter may be locked by: `interpreter: {lock: NAME}`",
         [] { return entries_of(interpreter::locks()); }},
    Kind{"policies", "who runs next: `os: {policy: NAME}`",
         [] { return entries_of(os::policies()); }},
    Kind{"systems", "presets of operating systems: `os: NAME`",
         [] { return entries_of(os::os_presets()); }},
    Kind{"machines", "presets of hardware: `machine: NAME`",
         [] { return entries_of(hardware::machine_presets()); }},
    Kind{"devices", "presets of disks and networks: `machine: {devices: {disk: NAME}}`",
         [] { return entries_of(hardware::device_presets()); }},
    Kind{"interpreters", "presets of interpreters: `interpreter: NAME`",
         [] { return entries_of(interpreter::runtime_presets()); }},
    Kind{"steps", "what a program is made of",
         [] { return with_fields(entries_of(config::step_kinds()), "step"); }},
    Kind{"distributions", "what may stand in place of a duration or size",
         [] { return with_fields(entries_of(config::distributions()), "distribution"); }},
    Kind{"strategies", "the ways to do the tasks",
         [] { return with_fields(entries_of(config::strategy_kinds()), "strategy"); }},
};

template <typename Items>
std::string lines_of(const Items& items, std::size_t indent) {
    std::size_t width = 0;
    for (const auto& item : items) width = std::max(width, item.name.size());
    std::string text;
    for (const auto& item : items) {
        text += fmt::format("{:{}}{:<{}}  {}\n", "", indent, item.name, width, item.sentence);
        if constexpr (requires { item.fields; }) {
            constexpr std::size_t deeper = 4;
            text += lines_of(item.fields, indent + deeper);
        }
    }
    return text;
}

}  // namespace

int list(const Arguments& arguments) {
    const auto options = parse_words("list", arguments);
    if (options.help) {
        write_data(usage_text("list") + "\nKinds:\n" + lines_of(kinds, 2));
        return 0;
    }
    if (options.words.size() > 1)
        throw UsageError(fmt::format("list: expected one kind, got {}", options.words.size()));
    if (options.words.empty()) {
        write_data(lines_of(kinds, 0));
        return 0;
    }
    const auto& wanted = options.words.front();
    const auto* const kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& it) { return it.name == wanted; });
    if (kind == kinds.end()) {
        std::vector<std::string> names;
        names.reserve(kinds.size());
        for (const auto& it : kinds) names.emplace_back(it.name);
        throw UsageError(
            fmt::format("list: unknown kind '{}'{}", wanted, config::suggestion(wanted, names)));
    }
    write_data(lines_of(kind->entries(), 0));
    return 0;
}

}  // namespace interlock::app
