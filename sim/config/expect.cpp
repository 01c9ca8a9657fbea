#include "sim/config/expect.hpp"

#include <algorithm>

#include "sim/config/strategies.hpp"

namespace interlock::config {

namespace {

using models::Expectation;

/// What a strategy's JSON has, so that a misspelt field is found before the run.
const std::vector<std::string>& result_fields() {
    static const std::vector<std::string> fields{
        "strategy", "kind",       "workers",          "options", "baseline",     "assumptions",
        "ended",    "makespan_s", "makespan_ci95_s",  "speedup", "speedup_ci95", "efficiency",
        "bounds",   "totals_s",   "throughput_per_s", "by_task", "lock",         "cpu",
        "quota",    "objects",    "queues",           "devices", "threads",      "tasks",
        "marks",    "findings",   "memory_peak_bytes"};
    return fields;
}

void read_path(ExpectationDraft& draft, const Node& node) {
    draft.expectation.field = read_name(node);
    const auto& field = draft.expectation.field;
    const auto first = field.substr(0, field.find_first_of(".["));
    const auto& known = result_fields();
    if (std::find(known.begin(), known.end(), first) == known.end())
        refuse(node.place,
               "field: the JSON has no field '" + first + "'" + suggestion(first, known));
}

Field<ExpectationDraft> bound_field(std::string name, std::optional<double> Expectation::*member,
                                    std::string sentence) {
    return {{std::move(name), "number, with or without a unit", "", "none", std::move(sentence)},
            [member](ExpectationDraft& draft, const Node& node) {
                const auto value = node.is_word() ? quantity(node.text) : std::nullopt;
                if (!value) refuse_expected(node, "a number, a duration, a size or a percentage");
                draft.expectation.*member = value;
            }};
}

void read_equals(ExpectationDraft& draft, const Node& node) {
    if (!node.is_word()) refuse_expected(node, "a value");
    draft.equals = &node;
    if (!node.quoted) draft.expectation.equals = quantity(node.text);
    if (!draft.expectation.equals) draft.expectation.text = node.text;
}

void check_bounds(const ExpectationDraft& draft, const Node& node) {
    const auto& line = draft.expectation;
    if (!line.at_least && !line.at_most && draft.equals == nullptr)
        refuse(node.place, "expect: expected at_least, at_most or equals, got none of them");
    if (line.within && !line.equals)
        refuse(node.place, "within: expected equals with a number beside it");
}

std::vector<std::string> own_names(const std::vector<Known>& strategies) {
    std::vector<std::string> names;
    for (const auto& known : strategies)
        if (std::find(names.begin(), names.end(), known.own_name) == names.end())
            names.push_back(known.own_name);
    return names;
}

}  // namespace

const Table<ExpectationDraft>& expectation_table() {
    static const Table<ExpectationDraft> table{
        {{"strategy", "name, or strategy", "", "the only one",
          "whose result: a strategy's name, or its options"},
         [](ExpectationDraft& draft, const Node& node) { draft.strategy = &node; }},
        {{"field", "path", "in the strategy's JSON", "required",
          "such as makespan_s, lock.held_share, threads.0.running_s"},
         read_path},
        bound_field("at_least", &Expectation::at_least, "the least value that will do"),
        bound_field("at_most", &Expectation::at_most, "the greatest value that will do"),
        {{"equals", "number, with or without a unit, or text", "", "none", "the value itself"},
         read_equals},
        {{"within", "percentage", "of equals", "exactly", "how far from `equals` it may be"},
         [](ExpectationDraft& draft, const Node& node) {
             draft.expectation.within = read_percentage(node);
         }},
        {{"source", "text", "", "none", "where the expectation comes from"},
         [](ExpectationDraft& draft, const Node& node) {
             draft.expectation.source = read_text(node);
         }},
    };
    return table;
}

std::vector<const Known*> strategies_meant(const Node& node, const std::vector<Known>& strategies) {
    std::vector<const Known*> meant;
    std::vector<Variant> variants;
    if (node.is_mapping()) variants = variants_of(node);
    for (const auto& known : strategies) {
        const bool named =
            node.is_word() && (known.own_name == node.text || known.name == node.text);
        const bool described =
            std::any_of(variants.begin(), variants.end(), [&](const Variant& variant) {
                return variant.canonical == known.canonical;
            });
        if (named || described) meant.push_back(&known);
    }
    if (!meant.empty()) return meant;
    const auto names = own_names(strategies);
    if (!node.is_word() && !node.is_mapping())
        refuse_expected(node, "a strategy: one of " + listed(names));
    const auto text = node.is_word() ? node.text : variants.front().text;
    refuse(node.place,
           label(node) + "there is no strategy '" + text + "'" + suggestion(text, names));
}

std::vector<Expectation> read_expectations(const Node& node, const std::vector<Known>& strategies) {
    constexpr std::string_view expected =
        "a mapping such as {strategy: {threads: 4}, field: speedup, at_most: 1.0}";
    std::vector<Expectation> all;
    constexpr std::size_t most = 10'000;
    if (!node.is_list() || node.children.size() > most)
        refuse_expected(node, "a list of at most 10000 expectations");
    for (const auto& child : node.children) {
        ExpectationDraft draft;
        read_mapping(child, expectation_table(), draft, expected);
        check_bounds(draft, child);
        draft.expectation.where = text_of(location_of(child.place));
        if (draft.strategy == nullptr && own_names(strategies).size() != 1)
            refuse(child.place, "missing field 'strategy': there are several; one of " +
                                    listed(own_names(strategies)));
        std::vector<const Known*> meant;
        if (draft.strategy != nullptr)
            meant = strategies_meant(*draft.strategy, strategies);
        else
            for (const auto& known : strategies) meant.push_back(&known);
        for (const auto* known : meant) {
            draft.expectation.strategy = known->name;
            all.push_back(draft.expectation);
        }
    }
    return all;
}

}  // namespace interlock::config
