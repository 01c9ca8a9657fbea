#include "sim/config/rows.hpp"

#include "sim/config/document.hpp"
#include "sim/config/paths.hpp"
#include "sim/config/scenario.hpp"

namespace interlock::config {

namespace {

constexpr std::size_t rows_max = 1'000;
constexpr std::size_t nodes_max = 5'000'000;

/// One `--set`, `--machine` or `--interpreter`.
struct Option {
    Place at;
    std::string path;
    Node value;
};

Option parse_option(const std::string& option, const std::string& path, const std::string& value,
                    std::deque<std::string>& sources) {
    const auto& source = sources.emplace_back(option);
    Option parsed{Place{&source, 0, 0}, path, parse_document(value, source, false)};
    if (parsed.value.kind == NodeKind::null)
        refuse(parsed.at, "expected a value behind '=', got nothing");
    return parsed;
}

Option parse_set(const std::string& text, std::deque<std::string>& sources) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        const auto& source = sources.emplace_back("--set " + text);
        refuse(Place{&source, 0, 0}, "expected PATH=VALUE, such as machine.cores=8");
    }
    return parse_option("--set " + text, text.substr(0, equals), text.substr(equals + 1), sources);
}

bool varies(const Option& option) { return option.value.is_list() && !list_valued(option.path); }

Node of_this_file(const Node& root, const Option& option, const Node& value) {
    const auto* machine = root.find("machine");
    if (option.path != "machine" || machine == nullptr) return value;
    return with_devices_of(*machine, value);
}

/// The row with one of the option's values, which its name then tells.
Row with_value(const Row& row, const Option& option, const Node& value) {
    Row next = row;
    assign(next.root, option.path, of_this_file(row.root, option, value), option.at);
    next.suffix += ", " + option.path + ": " + flow_text(value);
    auto told = value;
    told.key = option.path;
    next.set.kind = NodeKind::mapping;
    next.set.children.push_back(std::move(told));
    return next;
}

std::vector<Row> applied(std::vector<Row> rows, const Option& option) {
    if (!varies(option)) {
        for (auto& row : rows)
            assign(row.root, option.path, of_this_file(row.root, option, option.value), option.at);
        return rows;
    }
    const auto first = option.path.substr(0, option.path.find('.'));
    if (!of_strategy(first) && first != "strategies")
        refuse(option.at, first + ": expected one value, for it is the same for all strategies, "
                                  "got a list");
    if (option.value.children.empty()) refuse(option.at, "expected a list of at least one value");
    const auto count = rows.size() * option.value.children.size();
    if (count > rows_max || count * size_of(rows.front().root) > nodes_max)
        refuse(option.at, "these lists stand for too many rows; expected at most " +
                              std::to_string(rows_max) + ", fewer for a large file");
    std::vector<Row> next;
    for (const auto& row : rows)
        for (const auto& value : option.value.children)
            next.push_back(with_value(row, option, value));
    return next;
}

}  // namespace

std::vector<Row> rows_of(Node root, const Overrides& overrides, std::deque<std::string>& sources) {
    std::vector<Row> rows;
    rows.push_back({std::move(root), {}, {}});
    std::vector<Option> options;
    if (overrides.machine)
        options.push_back(parse_option("--machine " + *overrides.machine, "machine",
                                       *overrides.machine, sources));
    if (overrides.interpreter)
        options.push_back(parse_option("--interpreter " + *overrides.interpreter, "interpreter",
                                       *overrides.interpreter, sources));
    for (const auto& text : overrides.set) {
        auto option = parse_set(text, sources);
        const auto clashes = [&](const Option& before) {
            return before.path == option.path && (varies(before) || varies(option));
        };
        if (std::any_of(options.begin(), options.end(), clashes))
            refuse(option.at, "'" + option.path + "' has several values already");
        options.push_back(std::move(option));
    }
    for (const auto& option : options) rows = applied(std::move(rows), option);
    return rows;
}

}  // namespace interlock::config
