#pragma once

// The word that was meant: for misspelt fields, names, options.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace interlock::config {

/// The least number of insertions, deletions, replacements and swaps of two
/// neighbours that turn `a` into `b`, no letter being edited twice.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, the first of equals; none if all of them
/// differ in more than a third of the letters, rounded up.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'x'?" if a candidate is near, else "; one of a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

/// "a, b, c"
std::string listed(std::span<const std::string> words);

}  // namespace interlock::config
