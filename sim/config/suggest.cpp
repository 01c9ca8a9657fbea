#include "sim/config/suggest.hpp"

#include <algorithm>
#include <cstddef>

namespace interlock::config {

namespace {

/// Longer words are not compared: the table below is quadratic.
constexpr std::size_t longest_compared = 64;

constexpr std::size_t candidates_listed = 40;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Optimal string alignment (Damerau-Levenshtein, restricted): row i holds
    // the distances of the first i letters of a to every beginning of b.
    std::vector<std::vector<std::size_t>> rows(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    if (word.empty() || word.size() > longest_compared) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = (word.size() + 2) / 3 + 1;
    for (const auto& candidate : candidates) {
        const auto longer = std::max(word.size(), candidate.size());
        const auto shorter = std::min(word.size(), candidate.size());
        if (longer > longest_compared || longer - shorter >= best_distance) continue;
        if (candidate == word) continue;
        const auto distance = edit_distance(word, candidate);
        // A replacement of everything is no likeness: 'a' is not a misspelt 'b'.
        if (distance < best_distance && distance < longer) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
    if (const auto meant = nearest(word, candidates)) return "; did you mean '" + *meant + "'?";
    if (candidates.empty()) return "";
    return "; one of " + listed(candidates);
}

std::string listed(std::span<const std::string> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < candidates_listed; ++i)
        text += (i == 0 ? "" : ", ") + words[i];
    if (words.size() > candidates_listed) text += ", …";
    return text;
}

}  // namespace interlock::config
