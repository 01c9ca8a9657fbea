#pragma once

// Words that mean quantities. Decimals are read exactly, by integer
// arithmetic: 0.1us is 100ns on every machine.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/hardware/machine.hpp"
#include "sim/config/node.hpp"
#include "sim/config/suggest.hpp"
#include "sim/kernel/time.hpp"

namespace interlock::config {

/// From 0 to 2^62 ns, about 146 years.
kernel::Duration read_duration(const Node& node);
kernel::Duration read_positive_duration(const Node& node);

/// Bytes, from 0 to 2^62.
std::uint64_t read_size(const Node& node);

/// "2GiB/s", in bytes a second, from 0.
std::uint64_t read_bandwidth(const Node& node);

/// "200/s", a second, above 0 and up to 1e9.
double read_rate(const Node& node);

/// "20%" as 0.2, from 0 to 1000%.
double read_percentage(const Node& node);

/// A plain decimal number in [low, high].
double read_number(const Node& node, double low, double high);

/// A whole number in [low, high].
std::int64_t read_integer(const Node& node, std::int64_t low, std::int64_t high);
std::uint32_t read_count(const Node& node, std::uint32_t low, std::uint32_t high);

/// Any 64 bits.
std::uint64_t read_seed(const Node& node);

bool read_flag(const Node& node);

/// What somebody called something: text on one line, of 200 bytes at most.
std::string read_name(const Node& node);

/// A name, free text allowed.
std::string read_text(const Node& node);

hardware::Speed read_speed(const Node& node, double high);

/// A number with or without a unit, as the output counts: seconds, bytes, a
/// second, shares of one. None if the word is no quantity at all.
std::optional<double> quantity(std::string_view word);

/// One of the words of a written-out list.
template <typename T>
struct Choice {
    std::string_view name;
    T value;
};

template <typename T>
std::vector<std::string> names_of(std::span<const Choice<T>> choices) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.emplace_back(choice.name);
    return names;
}

/// "policy: unknown 'fare'; did you mean 'fair'?"
[[noreturn]] void refuse_unknown(const Node& node, std::span<const std::string> known);

template <typename T>
T read_choice(const Node& node, std::span<const Choice<T>> choices) {
    if (!node.is_word()) refuse_expected(node, "one of " + listed(names_of(choices)));
    for (const auto& choice : choices)
        if (choice.name == node.text) return choice.value;
    refuse_unknown(node, names_of(choices));
}

/// The shortest exact text: 5ms, 2.5us, 10MiB.
std::string text_of(kernel::Duration duration);
std::string text_of_size(std::uint64_t bytes);
std::string text_of(hardware::Speed speed);

}  // namespace interlock::config
