#include "sim/config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sim/kernel/wide.hpp"

namespace interlock::config {

namespace {

using kernel::Wide;

constexpr std::uint64_t largest = 1ULL << 62U;

struct Unit {
    std::string_view name;
    std::uint64_t scale;
};

constexpr std::array durations{Unit{"ns", 1}, Unit{"us", 1'000}, Unit{"ms", 1'000'000},
                               Unit{"s", 1'000'000'000}};
constexpr std::array sizes{Unit{"B", 1}, Unit{"KiB", 1ULL << 10U}, Unit{"MiB", 1ULL << 20U},
                           Unit{"GiB", 1ULL << 30U}};
constexpr std::array bandwidths{Unit{"B/s", 1}, Unit{"KiB/s", 1ULL << 10U},
                                Unit{"MiB/s", 1ULL << 20U}, Unit{"GiB/s", 1ULL << 30U}};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// "12.50ms" as digits before and after the point, and the rest.
struct Split {
    std::string_view whole;
    std::string_view fraction;
    std::string_view unit;
};

std::optional<Split> split(std::string_view word) {
    const auto end_of_digits = [](std::string_view text) {
        return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                        text.begin());
    };
    Split parts;
    const auto whole = end_of_digits(word);
    if (whole == 0) return std::nullopt;
    parts.whole = word.substr(0, whole);
    word.remove_prefix(whole);
    if (!word.empty() && word.front() == '.') {
        word.remove_prefix(1);
        const auto digits = end_of_digits(word);
        if (digits == 0) return std::nullopt;
        parts.fraction = word.substr(0, digits);
        word.remove_prefix(digits);
    }
    parts.unit = word;
    return parts;
}

enum class Flaw : std::uint8_t { none, no_quantity, too_large, too_small, too_long };

struct Scaled {
    std::uint64_t value = 0;
    Flaw flaw = Flaw::none;
};

/// The number times the unit's scale, rounded to the nearest; a value between
/// 0 and 1 is too small to be said.
Scaled scaled(const Split& parts, std::uint64_t scale) {
    constexpr std::size_t digits_max = 18;
    auto fraction = parts.fraction;
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    if (fraction.size() > digits_max) return {0, Flaw::too_long};
    Wide whole = 0;
    for (const char digit : parts.whole) {
        whole = whole * 10 + static_cast<unsigned>(digit - '0');
        if (whole > largest) return {0, Flaw::too_large};
    }
    Wide part = 0;
    Wide power = 1;
    for (const char digit : fraction) {
        part = part * 10 + static_cast<unsigned>(digit - '0');
        power *= 10;
    }
    if (whole == 0 && part != 0 && part * scale < power) return {0, Flaw::too_small};
    const Wide value = whole * scale + (part * scale * 2 + power) / (power * 2);
    if (value > largest) return {0, Flaw::too_large};
    return {static_cast<std::uint64_t>(value), Flaw::none};
}

Scaled scaled(std::string_view word, std::span<const Unit> units) {
    const auto parts = split(word);
    if (!parts) return {0, Flaw::no_quantity};
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const Unit& known) { return known.name == parts->unit; });
    return unit == units.end() ? Scaled{0, Flaw::no_quantity} : scaled(*parts, unit->scale);
}

struct Expected {
    std::string_view what;      ///< "a duration such as 5ms"
    std::string_view largest;   ///< in words
    std::string_view smallest;  ///< likewise
};

std::uint64_t read_scaled(const Node& node, std::span<const Unit> units, const Expected& expected) {
    if (!node.is_word()) refuse_expected(node, expected.what);
    const auto result = scaled(node.text, units);
    const std::string what(expected.what);
    switch (result.flaw) {
    case Flaw::none: return result.value;
    case Flaw::too_large: refuse_expected(node, "at most " + std::string(expected.largest));
    case Flaw::too_small: refuse_expected(node, "0 or at least " + std::string(expected.smallest));
    case Flaw::too_long: refuse_expected(node, what + ", of 18 decimals at most");
    case Flaw::no_quantity: break;
    }
    if (node.text.size() > 1 && node.text.front() == '-' &&
        scaled(std::string_view(node.text).substr(1), units).flaw != Flaw::no_quantity)
        refuse_expected(node, what + ", not a negative one");
    const auto parts = split(node.text);
    if (!parts) refuse_expected(node, what);
    std::vector<std::string> names;
    for (const auto& unit : units) names.emplace_back(unit.name);
    refuse_expected(node, what + " (with a unit: " + listed(names) + ")");
}

/// All of the word, as a finite number.
std::optional<double> plain_number(std::string_view word) {
    double number = 0;
    const auto* const end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, number);
    if (result.ec != std::errc() || result.ptr != end || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::string text_of_number(double number) {
    std::array<char, 32> buffer{};
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return {buffer.data(), result.ptr};
}

std::string range(const std::string& low, const std::string& high) {
    return "from " + low + " to " + high;
}

template <typename Whole>
std::optional<Whole> whole_number(std::string_view word) {
    Whole number = 0;
    const auto* const end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, number);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    return number;
}

std::string text_of_scaled(std::uint64_t value, std::span<const Unit> units) {
    // The largest unit that leaves no more than a digit or two after the point.
    for (std::size_t i = units.size(); i-- > 0;) {
        const auto scale = units[i].scale;
        if (value < scale || (value * 10) % scale != 0) continue;
        const auto tenths = (value * 10) / scale;
        auto text = std::to_string(tenths / 10);
        if (tenths % 10 != 0) text += '.' + std::to_string(tenths % 10);
        return text + std::string(units[i].name);
    }
    return std::to_string(value) + std::string(units.front().name);
}

}  // namespace

kernel::Duration read_duration(const Node& node) {
    const auto value = read_scaled(node, durations,
                                   {"a duration such as 5ms", "2^62 ns (about 146 years)", "1ns"});
    return kernel::Duration{static_cast<std::int64_t>(value)};
}

kernel::Duration read_positive_duration(const Node& node) {
    const auto value = read_duration(node);
    if (value == kernel::Duration::zero()) refuse_expected(node, "a duration above 0");
    return value;
}

std::uint64_t read_size(const Node& node) {
    return read_scaled(node, sizes, {"a size such as 4KiB", "2^62 bytes", "1B"});
}

std::uint64_t read_bandwidth(const Node& node) {
    return read_scaled(node, bandwidths,
                       {"a bandwidth such as 2GiB/s", "2^62 bytes a second", "1B/s"});
}

double read_rate(const Node& node) {
    constexpr double fastest = 1e9;
    constexpr std::string_view per_second = "/s";
    if (!node.is_word()) refuse_expected(node, "a rate such as 200/s");
    std::string_view word = node.text;
    const bool has_unit =
        word.size() > per_second.size() && word.substr(word.size() - 2) == per_second;
    if (has_unit) word.remove_suffix(2);
    const auto number = plain_number(word);
    if (!has_unit || !number) refuse_expected(node, "a rate such as 200/s");
    if (*number <= 0 || *number > fastest)
        refuse_expected(node, "a rate above 0 and at most 1000000000/s");
    return *number;
}

double read_percentage(const Node& node) {
    constexpr double highest = 1000;
    if (!node.is_word() || node.text.empty() || node.text.back() != '%')
        refuse_expected(node, "a percentage such as 20%");
    const auto number = plain_number(std::string_view(node.text).substr(0, node.text.size() - 1));
    if (!number || *number < 0 || *number > highest)
        refuse_expected(node, "a percentage from 0% to 1000%");
    return *number / 100;
}

double read_number(const Node& node, double low, double high) {
    const auto expected = "a number " + range(text_of_number(low), text_of_number(high));
    if (!node.is_word()) refuse_expected(node, expected);
    const auto number = plain_number(node.text);
    if (!number || *number < low || *number > high) refuse_expected(node, expected);
    return *number;
}

std::int64_t read_integer(const Node& node, std::int64_t low, std::int64_t high) {
    const auto expected = "a whole number " + range(std::to_string(low), std::to_string(high));
    if (!node.is_word()) refuse_expected(node, expected);
    const auto number = whole_number<std::int64_t>(node.text);
    if (!number || *number < low || *number > high) refuse_expected(node, expected);
    return *number;
}

std::uint32_t read_count(const Node& node, std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(read_integer(node, low, high));
}

std::uint64_t read_seed(const Node& node) {
    const auto number = node.is_word() ? whole_number<std::uint64_t>(node.text) : std::nullopt;
    if (!number) refuse_expected(node, "a whole number from 0 to 18446744073709551615");
    return *number;
}

bool read_flag(const Node& node) {
    static constexpr std::array choices{Choice<bool>{"true", true}, Choice<bool>{"false", false}};
    return read_choice<bool>(node, choices);
}

std::string read_name(const Node& node) {
    constexpr std::size_t longest = 200;
    if (!node.is_word() || node.text.empty()) refuse_expected(node, "a name");
    const auto is_control = [](char letter) { return static_cast<unsigned char>(letter) < 0x20; };
    if (std::any_of(node.text.begin(), node.text.end(), is_control))
        refuse(node.place, label(node) + "expected a name on one line, got control characters");
    if (node.text.size() > longest)
        refuse_expected(node, "a name of at most " + std::to_string(longest) + " bytes");
    return node.text;
}

std::string read_text(const Node& node) {
    if (!node.is_word()) refuse_expected(node, "text");
    return node.text;
}

hardware::Speed read_speed(const Node& node, double high) {
    constexpr double ppm = 1'000'000;
    constexpr double slowest = 0.001;
    const auto number = read_number(node, slowest, high);
    return {static_cast<std::uint32_t>(std::llround(number * ppm))};
}

std::optional<double> quantity(std::string_view word) {
    if (const auto number = plain_number(word)) return number;
    const bool negative = !word.empty() && word.front() == '-';
    if (negative) word.remove_prefix(1);
    const double sign = negative ? -1 : 1;
    if (const auto time = scaled(word, durations); time.flaw == Flaw::none)
        return sign * static_cast<double>(time.value) / 1e9;
    for (const auto units : {std::span<const Unit>(sizes), std::span<const Unit>(bandwidths)})
        if (const auto bytes = scaled(word, units); bytes.flaw == Flaw::none)
            return sign * static_cast<double>(bytes.value);
    const auto parts = split(word);
    if (!parts || (parts->unit != "%" && parts->unit != "/s")) return std::nullopt;
    const auto number = plain_number(word.substr(0, word.size() - parts->unit.size()));
    if (!number) return std::nullopt;
    return sign * *number / (parts->unit == "%" ? 100 : 1);
}

void refuse_unknown(const Node& node, std::span<const std::string> known) {
    const auto meant = nearest(node.text, known);
    refuse(node.place, label(node) + "unknown " + found(node) + "; one of " + listed(known) +
                           (meant ? "; did you mean '" + *meant + "'?" : ""));
}

std::string text_of(kernel::Duration duration) {
    return text_of_scaled(static_cast<std::uint64_t>(duration.count()), durations);
}

std::string text_of_size(std::uint64_t bytes) { return text_of_scaled(bytes, sizes); }

std::string text_of(hardware::Speed speed) {
    constexpr double ppm = 1'000'000;
    return text_of_number(static_cast<double>(speed.ppm) / ppm);
}

}  // namespace interlock::config
