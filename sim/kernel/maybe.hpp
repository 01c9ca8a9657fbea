#pragma once

// A value or none, in the room of the value: none is a value that does not
// occur, all ones of a number or an id, and the last moment of time.
//
// std::optional keeps a flag beside the value. Written in two pieces and read
// in one, as a returned optional is, the read has to wait until both stores
// have left the store buffer: some 15 ns on the path of a switch, in all.

#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>

#include "sim/kernel/time.hpp"

namespace interlock::kernel {

template <typename T>
constexpr T none_of() {
    if constexpr (std::is_enum_v<T>)
        return T{std::numeric_limits<std::underlying_type_t<T>>::max()};
    else if constexpr (std::is_integral_v<T>)
        return std::numeric_limits<T>::max();
    else
        return T::max();
}

template <typename T>
class Maybe {
public:
    constexpr Maybe() = default;
    constexpr explicit(false) Maybe(std::nullopt_t /*none*/) {}
    template <std::convertible_to<T> Value>
    constexpr explicit(false) Maybe(Value value) : value_(value) {}
    constexpr explicit(false) Maybe(const std::optional<T>& other)
        : value_(other.value_or(none_of<T>())) {}

    constexpr bool has_value() const { return value_ != none_of<T>(); }
    constexpr explicit operator bool() const { return has_value(); }
    /// There must be a value.
    constexpr T operator*() const { return value_; }
    constexpr void reset() { value_ = none_of<T>(); }

    friend constexpr bool operator==(Maybe, Maybe) = default;

private:
    T value_ = none_of<T>();
};

}  // namespace interlock::kernel
