#include "sim/config/amounts.hpp"

namespace interlock::config {

namespace {

using workload::Amount;
using workload::Shape;

std::int64_t read_one(const Node& node, Quantity quantity) {
    if (quantity == Quantity::duration) return read_duration(node).count();
    return static_cast<std::int64_t>(read_size(node));
}

void read_mean(AmountDraft& draft, const Node& node) {
    const auto mean = read_one(node, draft.quantity);
    if (mean == 0) refuse_expected(node, "a mean above 0");
    draft.amount.mean = static_cast<double>(mean);
}

void read_uniform(AmountDraft& draft, const Node& node) {
    draft.amount.shape = Shape::uniform;
    if (!node.is_list() || node.children.size() != 2)
        refuse_expected(node, "a list of two: the lowest and the highest");
    const auto low = read_one(node.children[0], draft.quantity);
    const auto high = read_one(node.children[1], draft.quantity);
    if (low > high)
        refuse(node.place, label(node) + "expected the lowest first, got " + flow_text(node));
    draft.amount.low = static_cast<double>(low);
    draft.amount.high = static_cast<double>(high);
}

void read_values(AmountDraft& draft, const Node& node) {
    if (!node.is_list() || node.children.empty())
        refuse_expected(node, "a list of at least one value");
    for (const auto& child : node.children)
        draft.amount.values.push_back(read_one(child, draft.quantity));
}

Field<AmountDraft> mean_field() {
    return {{"mean", "duration or size", "above 0", "required", "the expectation"}, read_mean};
}

Field<AmountDraft> parameter_field(std::string name, double low, double high, std::string values,
                                   std::string sentence) {
    return {{std::move(name), "number", std::move(values), "required", std::move(sentence)},
            [low, high](AmountDraft& draft, const Node& node) {
                draft.amount.parameter = read_number(node, low, high);
            }};
}

Field<AmountDraft> stages_field() {
    constexpr Bounds stages{1, 1'000};
    return {{"stages", "count", text_of(stages), "required", "how many exponentials are added up"},
            [stages](AmountDraft& draft, const Node& node) {
                draft.amount.parameter =
                    static_cast<double>(read_count(node, stages.low, stages.high));
            }};
}

const Table<AmountDraft>& lognormal_fields() {
    static const Table<AmountDraft> table{mean_field(),
                                          parameter_field("cv", 0.001, 100, "from 0.001 to 100",
                                                          "the standard deviation over the mean")};
    return table;
}

const Table<AmountDraft>& pareto_fields() {
    static const Table<AmountDraft> table{
        mean_field(), parameter_field("alpha", 1.001, 100, "from 1.001 to 100",
                                      "the tail index: the smaller, the heavier the tail")};
    return table;
}

const Table<AmountDraft>& erlang_fields() {
    static const Table<AmountDraft> table{mean_field(), stages_field()};
    return table;
}

template <Shape shape>
void read_shaped(AmountDraft& draft, const Node& node) {
    draft.amount.shape = shape;
    const auto& table = distribution_fields(node.key);
    read_mapping(node, table, draft, "a mapping of " + listed(field_names(table)));
}

}  // namespace

const Table<AmountDraft>& distribution_fields(std::string_view distribution) {
    if (distribution == "lognormal") return lognormal_fields();
    return distribution == "pareto" ? pareto_fields() : erlang_fields();
}

const Table<AmountDraft>& distribution_table() {
    static const Table<AmountDraft> table{
        {{"exponential", "duration or size", "above 0", "", "of this mean"},
         [](AmountDraft& draft, const Node& node) {
             draft.amount.shape = Shape::exponential;
             read_mean(draft, node);
         }},
        {{"uniform", "list of two", "lowest, highest", "", "anything between, equally likely"},
         read_uniform},
        {{"lognormal", "mapping", "mean, cv", "", "skewed to the right, as service times are"},
         read_shaped<Shape::lognormal>},
        {{"pareto", "mapping", "mean, alpha", "", "a heavy tail"}, read_shaped<Shape::pareto>},
        {{"erlang", "mapping", "mean, stages", "", "a sum of exponentials, less spread than one"},
         read_shaped<Shape::erlang>},
        {{"choice", "list", "durations or sizes", "", "one of these, equally likely"},
         [](AmountDraft& draft, const Node& node) {
             draft.amount.shape = Shape::choice;
             read_values(draft, node);
         }},
        {{"trace", "list", "durations or sizes", "",
          "these in turn, by how often the step was reached, then from the start again"},
         [](AmountDraft& draft, const Node& node) {
             draft.amount.shape = Shape::trace;
             read_values(draft, node);
         }},
    };
    return table;
}

workload::Amount read_amount(const Node& node, Quantity quantity) {
    const std::string_view expected = quantity == Quantity::duration
                                          ? "a duration such as 5ms, or a distribution"
                                          : "a size such as 4KiB, or a distribution";
    if (node.is_word()) return Amount::of(read_one(node, quantity));
    if (!node.is_mapping()) refuse_expected(node, expected);
    const Node* chosen = nullptr;
    for (const auto& child : node.children) {
        if (is_note(child)) continue;
        if (find_field(distribution_table(), child.key) == nullptr)
            refuse(child.key_place, label(node) + "unknown distribution '" + child.key + "'" +
                                        suggestion(child.key, field_names(distribution_table())));
        if (chosen != nullptr)
            refuse(child.key_place, label(node) + "expected one distribution, got '" + chosen->key +
                                        "' and '" + child.key + "'");
        chosen = &child;
    }
    if (chosen == nullptr) refuse_expected(node, expected);
    AmountDraft draft{.amount = {}, .quantity = quantity};
    read_field(*chosen, distribution_table(), draft);
    return draft.amount;
}

}  // namespace interlock::config
