#pragma once

// Numbers and columns as a person reads them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace interlock::report {

/// Three significant digits, whatever stands before the point: 0.157, 3.94, 12.1, 643, 1280.
std::string three_digits(double value);
/// In the unit that keeps the number between 1 and 1000: "643 ms", "5.04 s".
std::string seconds_text(double seconds);
/// "3.94x".
std::string ratio_text(double ratio);
/// Of a share: "97.9 %"; "0 %" is exactly none.
std::string percent_text(double share);
/// "1.50 GiB".
std::string bytes_text(std::uint64_t bytes);

/// How many columns a terminal gives the text: code points, wide ones twice,
/// combining ones not at all.
std::size_t display_width(std::string_view text);
std::string padded_left(std::string_view text, std::size_t width);
std::string padded_right(std::string_view text, std::size_t width);

/// Of at most that many columns: a longer text ends in "…".
std::string shortened(const std::string& text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces; all but the first
/// begin with `indent` spaces. A word that is longer stays whole, and a number
/// stays with its unit.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// "a, b and c", or with another last word.
std::string listed(const std::vector<std::string>& items, std::string_view last_word);

}  // namespace interlock::report
