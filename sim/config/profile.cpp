#include "sim/config/profile.hpp"

#include <utility>

#include "sim/config/document.hpp"
#include "sim/config/interpreter.hpp"
#include "sim/config/os.hpp"

namespace interlock::config {

namespace {

/// The whole file; what it says about the host is not read.
struct Sections {
    const Node* machine = nullptr;
    const Node* os = nullptr;
    const Node* interpreters = nullptr;
};

Field<Sections> section(std::string name, const Node* Sections::*member, std::string fallback,
                        std::string sentence) {
    return {{std::move(name), "mapping", "", std::move(fallback), std::move(sentence)},
            [member](Sections& into, const Node& node) { into.*member = &node; }};
}

const Table<Sections>& profile_table() {
    static const Table<Sections> table{
        {{"host", "mapping", "", "none", "what was measured, and where; nobody reads it"},
         [](Sections& /*into*/, const Node& /*node*/) {}},
        section("machine", &Sections::machine, "required", "the machine that the host is"),
        section("os", &Sections::os, "all defaults", "its operating system"),
        section("interpreters", &Sections::interpreters, "none",
                "what the interpreters on it charge"),
    };
    return table;
}

}  // namespace

Profile::Profile(const std::string& text, std::string name)
    : file_(std::move(name)), root_(parse_document(text, file_)) {
    Sections sections;
    read_mapping(root_, profile_table(), sections, "what `interlock calibrate` writes");
    machine_ = read_machine(*sections.machine);
    machine_.name = "host";
    machine_.costs_origin = "calibrated";
    if (sections.os != nullptr) os_ = read_os(*sections.os);
    if (sections.interpreters == nullptr) return;
    if (!sections.interpreters->is_mapping())
        refuse_expected(*sections.interpreters, "a mapping of interpreters");
    for (const auto& child : sections.interpreters->children)
        static_cast<void>(read_interpreter(child));
}

Profile::Profile(const std::string& path) : Profile(read_file(path), path) {}

const Node* Profile::interpreter(std::string_view name) const {
    const auto* all = root_.find("interpreters");
    if (all == nullptr) return nullptr;
    if (const auto* exact = all->find(name)) return exact;
    for (const auto& child : all->children) {
        const auto* preset = child.find("preset");
        if (preset != nullptr && preset->text == name) return &child;
    }
    return nullptr;
}

std::vector<std::string> Profile::interpreters() const {
    std::vector<std::string> names;
    if (const auto* all = root_.find("interpreters"))
        for (const auto& child : all->children) names.push_back(child.key);
    return names;
}

}  // namespace interlock::config
