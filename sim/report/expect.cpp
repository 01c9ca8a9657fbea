#include "sim/report/expect.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/report/json.hpp"
#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

using Json = nlohmann::ordered_json;

/// What a path leads to, or why it leads nowhere.
struct Found {
    const Json* value = nullptr;
    std::string problem;
};

/// Whether the path goes on with this word; if so, takes it off.
bool take_word(std::string_view& path, std::string_view word) {
    if (path.substr(0, word.size()) != word) return false;
    if (path.size() > word.size() && path[word.size()] != '.') return false;
    path.remove_prefix(std::min(word.size() + 1, path.size()));
    return true;
}

std::string_view next_word(std::string_view path) { return path.substr(0, path.find('.')); }

const Json* step_into_object(const Json& object, std::string_view& path) {
    for (const auto& [key, value] : object.items())
        if (take_word(path, key)) return &value;
    return nullptr;
}

/// By name, which may hold dots; else by number, from 0.
const Json* step_into_array(const Json& array, std::string_view& path) {
    for (const auto& item : array)
        for (const auto* const key : {"name", "strategy"})
            if (item.is_object() && item.contains(key) && item[key].is_string() &&
                take_word(path, item[key].get_ref<const std::string&>()))
                return &item;
    const auto word = next_word(path);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    if (error != std::errc{} || end != word.data() + word.size() || index >= array.size())
        return nullptr;
    take_word(path, word);
    return &array[index];
}

std::string choices(const Json& place) {
    std::vector<std::string> names;
    if (place.is_object())
        for (const auto& [key, value] : place.items()) names.push_back(key);
    if (names.empty() && place.is_array())
        return fmt::format("a name or a number below {}", place.size());
    if (names.empty()) return "a single value";
    return listed(names, "or");
}

Found look_up(const Json& strategy, std::string_view path) {
    const auto* place = &strategy;
    while (!path.empty()) {
        const auto* next = place->is_object()  ? step_into_object(*place, path)
                           : place->is_array() ? step_into_array(*place, path)
                                               : nullptr;
        if (next == nullptr)
            return {nullptr, fmt::format("not there: no field '{}', but {}", next_word(path),
                                         choices(*place))};
        place = next;
    }
    return {place, {}};
}

/// Beyond what adding up and converting units may leave behind.
bool same_number(double a, double b) {
    constexpr double rounding = 1e-12;
    return std::abs(a - b) <= rounding * std::max(std::abs(a), std::abs(b));
}

bool number_fits(const models::Expectation& wanted, double found) {
    if (wanted.text) return false;
    if (wanted.at_least && found < *wanted.at_least && !same_number(found, *wanted.at_least))
        return false;
    if (wanted.at_most && found > *wanted.at_most && !same_number(found, *wanted.at_most))
        return false;
    if (!wanted.equals) return true;
    if (same_number(found, *wanted.equals)) return true;
    return wanted.within &&
           std::abs(found - *wanted.equals) <= *wanted.within * std::abs(*wanted.equals);
}

bool fits(const models::Expectation& wanted, const Json& found) {
    if (found.is_number()) return number_fits(wanted, found.get<double>());
    if (found.is_string()) return wanted.text && found.get<std::string>() == *wanted.text;
    return false;
}

std::string value_text(const Json& value) {
    if (value.is_number()) return fmt::format("{:.6g}", value.get<double>());
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return "null";
    return value.is_array() ? "a list" : "a group of fields";
}

std::string wanted_text(const models::Expectation& wanted) {
    std::vector<std::string> parts;
    if (wanted.text) parts.push_back(*wanted.text);
    if (wanted.equals && wanted.within)
        parts.push_back(
            fmt::format("{:.6g} within {:.6g} %", *wanted.equals, *wanted.within * 100));
    else if (wanted.equals)
        parts.push_back(fmt::format("{:.6g}", *wanted.equals));
    if (wanted.at_least) parts.push_back(fmt::format("at least {:.6g}", *wanted.at_least));
    if (wanted.at_most) parts.push_back(fmt::format("at most {:.6g}", *wanted.at_most));
    return listed(parts, "and");
}

Verdict judged(const models::Expectation& wanted, const Json* strategy) {
    if (strategy == nullptr) return {wanted, false, "not there: no such strategy"};
    const auto found = look_up(*strategy, wanted.field);
    if (found.value == nullptr) return {wanted, false, found.problem};
    return {wanted, fits(wanted, *found.value), value_text(*found.value)};
}

std::string verdict_text(const Verdict& verdict) {
    const auto& wanted = verdict.expectation;
    const auto head = verdict.met ? std::string("met") : wanted.where + ": not met";
    auto line = fmt::format("{}: {} of '{}' is {}, expected {}", head, wanted.field,
                            wanted.strategy, verdict.found, wanted_text(wanted));
    if (!wanted.source.empty()) line += fmt::format(" ({})", wanted.source);
    return line + '\n';
}

}  // namespace

std::vector<Verdict> judge(const std::vector<models::Expectation>& expectations,
                           const Outcome& outcome) {
    std::map<std::string, Json> strategies;  // made once, for those that are asked about
    std::vector<Verdict> verdicts;
    for (const auto& wanted : expectations) {
        const auto row = std::find_if(
            outcome.strategies.begin(), outcome.strategies.end(),
            [&](const StrategyOutcome& it) { return it.strategy.name == wanted.strategy; });
        if (row == outcome.strategies.end()) {
            verdicts.push_back(judged(wanted, nullptr));
            continue;
        }
        const auto known = strategies.find(wanted.strategy);
        const auto& json =
            known != strategies.end()
                ? known->second
                : strategies.emplace(wanted.strategy, strategy_json(*row)).first->second;
        verdicts.push_back(judged(wanted, &json));
    }
    return verdicts;
}

std::string verdicts_text(const std::vector<Verdict>& verdicts) {
    std::string text;
    for (const auto& verdict : verdicts) text += verdict_text(verdict);
    return text;
}

std::string unmet_text(const std::vector<Verdict>& verdicts) {
    std::string text;
    for (const auto& verdict : verdicts)
        if (!verdict.met) text += verdict_text(verdict);
    return text;
}

bool ended_well(const Outcome& outcome, const std::vector<Verdict>& verdicts) {
    const auto asked_for = [&](const StrategyOutcome& row) {
        return std::any_of(verdicts.begin(), verdicts.end(), [&](const Verdict& verdict) {
            return verdict.expectation.strategy == row.strategy.name &&
                   verdict.expectation.field == "ended" && verdict.met;
        });
    };
    const auto well = [&](const StrategyOutcome& row) {
        return row.ended == models::Ended::done || row.ended == models::Ended::unavailable ||
               asked_for(row);
    };
    const bool any_ran =
        std::any_of(outcome.strategies.begin(), outcome.strategies.end(), [&](const auto& row) {
            return row.ended != models::Ended::unavailable || asked_for(row);
        });
    return any_ran &&
           std::all_of(verdicts.begin(), verdicts.end(),
                       [](const Verdict& verdict) { return verdict.met; }) &&
           std::all_of(outcome.strategies.begin(), outcome.strategies.end(), well);
}

}  // namespace interlock::report
