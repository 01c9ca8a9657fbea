#include "sim/report/columns.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

constexpr std::size_t name_width_min = 24;
constexpr std::string_view gap = "  ";

std::vector<std::size_t> widths_of(const std::vector<Line>& lines) {
    std::vector<std::size_t> widths(lines.front().size(), 0);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], display_width(line[i].text));
    std::size_t figures_width = 0;
    for (std::size_t i = 1; i < widths.size(); ++i) figures_width += gap.size() + widths[i];
    // A name that leaves the figures no room does not widen the column either.
    const auto left = page_width > figures_width ? page_width - figures_width : 0;
    const auto most = std::max(left, name_width_min);
    widths.front() = 0;
    for (const auto& line : lines)
        if (const auto width = display_width(line.front().text); width <= most)
            widths.front() = std::max(widths.front(), width);
    return widths;
}

std::string drawn(const Line& line, const std::vector<std::size_t>& widths, bool colour) {
    const auto& name = line.front();
    std::string text = styled(padded_right(name.text, widths.front()), name.style, colour);
    if (display_width(name.text) > widths.front()) text += '\n' + std::string(widths.front(), ' ');
    for (std::size_t i = 1; i < line.size(); ++i) {
        text += gap;
        text += styled(padded_left(line[i].text, widths[i]), line[i].style, colour);
    }
    return text + '\n';
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
    if (!colour || style == Style::plain) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", static_cast<int>(style), text);
}

std::string columns_text(const std::vector<Line>& lines, bool colour) {
    const auto widths = widths_of(lines);
    std::string text;
    for (const auto& line : lines) text += drawn(line, widths, colour);
    return text;
}

}  // namespace interlock::report
