#pragma once

// A table as a terminal shows it: a name and figures, aligned.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace interlock::report {

constexpr std::size_t page_width = 100;

/// As escape sequences of a terminal name them.
enum class Style : std::uint8_t { plain = 0, bold = 1, red = 31, green = 32 };

std::string styled(std::string_view text, Style style, bool colour);

struct Cell {
    std::string text;
    Style style = Style::plain;
};

/// The first cell is the name; the others are figures, aligned to the right.
using Line = std::vector<Cell>;

/// All of as many cells as the first. A name too long for its column stands on
/// a line of its own, above its figures.
std::string columns_text(const std::vector<Line>& lines, bool colour);

}  // namespace interlock::report
