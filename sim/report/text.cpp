#include "sim/report/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace interlock::report {

namespace {

/// What three digits make of it: 999.6 has become 1000, which may want another unit.
double rounded(double value) {
    if (value == 0 || !std::isfinite(value)) return value;
    const auto digits = 2 - static_cast<int>(std::floor(std::log10(std::abs(value))));
    const auto scale = std::pow(10.0, digits);
    return std::round(value * scale) / scale;
}

struct Unit {
    double size;
    std::string_view name;
};

template <std::size_t count>
std::string in_unit(double value, const std::array<Unit, count>& units) {
    for (const auto& unit : units)  // from the largest
        if (rounded(value / unit.size) >= 1)
            return fmt::format("{} {}", three_digits(value / unit.size), unit.name);
    return fmt::format("{} {}", three_digits(value / units.back().size), units.back().name);
}

struct Range {
    char32_t first;
    char32_t last;
};

bool within(char32_t point, const Range& range) {
    return range.first <= point && point <= range.last;
}

/// The blocks that matter in names; the whole of Unicode's table is not needed
/// to keep columns straight.
std::size_t width_of(char32_t point) {
    constexpr std::array combining{Range{0x0300, 0x036F}, Range{0x200B, 0x200F},
                                   Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}};
    constexpr std::array wide{
        Range{0x1100, 0x115F}, Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
        Range{0xF900, 0xFAFF}, Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
        Range{0xFFE0, 0xFFE6}, Range{0x1F300, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
    const auto holds = [point](const Range& range) { return within(point, range); };
    if (std::any_of(combining.begin(), combining.end(), holds)) return 0;
    return std::any_of(wide.begin(), wide.end(), holds) ? 2 : 1;
}

constexpr bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The code point whose UTF-8 begins the text; `length` bytes of it.
char32_t decoded(std::string_view text, std::size_t length) {
    constexpr std::array<unsigned char, 5> masks{0, 0x7F, 0x1F, 0x0F, 0x07};
    auto point = static_cast<char32_t>(static_cast<unsigned char>(text.front()) &
                                       masks[std::min<std::size_t>(length, 4)]);
    for (std::size_t i = 1; i < length; ++i)
        point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return point;
}

/// Where the next word ends that may stand alone on a line: a number keeps its unit.
std::size_t word_end(std::string_view text) {
    constexpr std::array<std::string_view, 9> units{"s",   "ms",  "µs",  "ns", "%",
                                                    "GiB", "MiB", "KiB", "B"};
    const auto end = std::min(text.find(' '), text.size());
    if (end == 0 || end == text.size() || text[end - 1] < '0' || text[end - 1] > '9') return end;
    const auto rest = text.substr(end + 1);
    const auto next = rest.substr(0, rest.find(' '));
    const auto bare = next.substr(0, next.find_last_not_of(".,;:)") + 1);
    return std::find(units.begin(), units.end(), bare) == units.end() ? end : end + 1 + next.size();
}

}  // namespace

std::string three_digits(double value) {
    const auto size = std::abs(rounded(value));
    if (size == 0) return "0";
    if (size >= 100) return fmt::format("{:.0f}", value);
    if (size >= 10) return fmt::format("{:.1f}", value);
    if (size >= 1) return fmt::format("{:.2f}", value);
    if (size < 0.001) return fmt::format("{:.3g}", value);
    return fmt::format("{:.{}f}", value, 2 - static_cast<int>(std::floor(std::log10(size))));
}

std::string seconds_text(double seconds) {
    constexpr std::array units{Unit{1, "s"}, Unit{1e-3, "ms"}, Unit{1e-6, "µs"}, Unit{1e-9, "ns"}};
    if (seconds == 0) return "0 s";
    return in_unit(seconds, units);
}

std::string ratio_text(double ratio) { return three_digits(ratio) + "x"; }

std::string percent_text(double share) {
    const auto percent = share * 100;
    if (percent == 0) return "0 %";
    if (percent < 0.05) return "<0.1 %";
    if (percent >= 99.95) return fmt::format("{:.0f} %", percent);
    return fmt::format("{:.1f} %", percent);
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr double kib = 1024;
    constexpr std::array units{Unit{kib * kib * kib, "GiB"}, Unit{kib * kib, "MiB"},
                               Unit{kib, "KiB"}, Unit{1, "B"}};
    return in_unit(static_cast<double>(bytes), units);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        std::size_t length = 1;
        while (length < text.size() && continues(text[length])) ++length;
        width += width_of(decoded(text, length));
        text.remove_prefix(length);
    }
    return width;
}

std::string padded_left(std::string_view text, std::size_t width) {
    const auto used = display_width(text);
    return std::string(used < width ? width - used : 0, ' ').append(text);
}

std::string padded_right(std::string_view text, std::size_t width) {
    const auto used = display_width(text);
    return std::string(text).append(used < width ? width - used : 0, ' ');
}

std::string shortened(const std::string& text, std::size_t width) {
    if (display_width(text) <= width) return text;
    std::string start;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t next = i + 1;  // past the bytes of one letter
        while (next < text.size() && continues(text[next])) ++next;
        const auto longer = start + text.substr(i, next - i);
        if (display_width(longer) >= width) break;
        start = longer;
        i = next;
    }
    return start + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    const auto start = std::min(text.find_first_not_of(' '), text.size());
    std::string lines(text.substr(0, start));
    text.remove_prefix(start);
    auto column = start;
    bool fresh = true;  // nothing on this line yet
    while (!text.empty()) {
        const auto end = word_end(text);
        const auto word = text.substr(0, end);
        const auto word_width = display_width(word);
        if (!fresh && column + 1 + word_width > width) {
            lines += '\n' + std::string(indent, ' ');
            column = indent;
            fresh = true;
        }
        if (!fresh) lines += ' ';
        lines += word;
        column += word_width + (fresh ? 0 : 1);
        fresh = false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string listed(const std::vector<std::string>& items, std::string_view last_word) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? fmt::format(" {} ", last_word) : ", ";
        text += items[i];
    }
    return text;
}

}  // namespace interlock::report
