#pragma once

#include <cstddef>
#include <cstdint>

namespace interlock::os {

enum class ThreadId : std::uint32_t {};
enum class CpuId : std::uint32_t {};
enum class RunqueueId : std::uint32_t {};
enum class FutexId : std::uint32_t {};  ///< a 32-bit word that threads sleep on
enum class MutexId : std::uint32_t {};
enum class ConditionId : std::uint32_t {};
enum class SemaphoreId : std::uint32_t {};

/// The place of an id in the vector of what it names.
template <typename Id>
constexpr std::size_t index(Id id) {
    return static_cast<std::size_t>(id);
}

}  // namespace interlock::os
