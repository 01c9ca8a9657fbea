#pragma once

// Busy loops, in rounds of fixed work, and how many of them fill a second of
// CPU time.
//
//   compute   pieces of a loop of dependent operations, a check point after each
//   native    the same without check points
//   nogil     independent operations, as compiled code has them

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace interlock::host::builtin {

/// Rounds between two check points of `compute`: some tens of nanoseconds.
constexpr std::uint64_t rounds_per_piece = 64;

/// `check`: called after each piece.
template <typename Check>
void compute(std::uint64_t rounds, Check check);

void native(std::uint64_t rounds);
void nogil(std::uint64_t rounds);

/// One piece of `compute`; never inlined, or the compiler would do it beforehand.
[[gnu::noinline]] void piece(std::uint64_t rounds);

template <typename Check>
void compute(std::uint64_t rounds, Check check) {
    for (; rounds > rounds_per_piece; rounds -= rounds_per_piece) {
        piece(rounds_per_piece);
        check();
    }
    piece(rounds);
}

/// Rounds in a second of CPU time by kind of work: "compute", "native", "nogil".
using Rates = std::map<std::string, double>;

/// Of the kinds that the plan's programs use, each measured for `seconds`.
Rates rates_of(const nlohmann::json& plan, double seconds);
/// Of all kinds.
Rates rates(double seconds);

}  // namespace interlock::host::builtin
