#include "sim/config/steps.hpp"

namespace interlock::config {

namespace {

const StepEntry* find_kind(std::string_view kind) {
    for (const auto& entry : step_table())
        if (entry.kind() == kind) return &entry;
    return nullptr;
}

std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (const auto& entry : step_table()) names.push_back(entry.kind());
    return names;
}

[[noreturn]] void refuse_kind(const Place& place, const std::string& word) {
    refuse(place, "unknown step '" + word + "'" + suggestion(word, kind_names()));
}

/// The child whose key names the kind; a step is one thing.
const Node& kind_of(const Node& step) {
    const Node* kind = nullptr;
    const Node* first = nullptr;
    for (const auto& child : step.children) {
        if (is_note(child)) continue;
        if (first == nullptr) first = &child;
        if (find_kind(child.key) == nullptr) continue;
        if (kind != nullptr)
            refuse(child.key_place, "expected one step, got '" + kind->key + "' and '" + child.key +
                                        "'; each begins with a '-' of its own");
        kind = &child;
    }
    if (first == nullptr) refuse_expected(step, "a step such as {compute: 5ms}");
    if (kind == nullptr) refuse_kind(first->key_place, first->key);
    return *kind;
}

}  // namespace

std::vector<workload::Step> StepReader::read_list(const Node& node) {
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a list of at least one step");
    std::vector<workload::Step> steps;
    steps.reserve(node.children.size());
    for (const auto& child : node.children) steps.push_back(read_step(child));
    return steps;
}

workload::Step StepReader::read_step(const Node& node) {
    const auto place = static_cast<std::uint32_t>(places_.size());
    StepDraft draft;
    draft.reader = this;
    if (node.is_word()) {
        const auto* entry = find_kind(node.text);
        if (entry == nullptr) refuse_kind(node.place, node.text);
        if (!entry->bare)
            refuse(node.place,
                   node.text + ": expected a value behind it, such as {" + node.text + ": …}");
        places_.push_back(node.place);
        return {entry->make(std::move(draft)), place};
    }
    if (!node.is_mapping()) refuse_expected(node, "a step such as {compute: 5ms}");
    const auto& kind = kind_of(node);
    const auto& entry = *find_kind(kind.key);
    places_.push_back(kind.key_place);
    read_mapping(node, entry.fields, draft, "a step such as {compute: 5ms}");
    return {entry.make(std::move(draft)), place};
}

}  // namespace interlock::config
