#pragma once

// A machine as plain data: what it has, how fast, and what things cost on it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/hardware/device.hpp"
#include "models/workload/program.hpp"
#include "sim/kernel/time.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::hardware {

/// A rate of progress in parts per million of the fastest core's full speed.
struct Speed {
    std::uint32_t ppm = 1'000'000;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 reads the 0 that <=> is compared to
    friend auto operator<=>(const Speed&, const Speed&) = default;
};

/// A factor on a speed that is not rounded yet: value / divisor.
struct Ratio {
    kernel::Wide value = 1;
    kernel::Wide divisor = 1;

    Ratio& operator*=(const Ratio& other) {
        value *= other.value;
        divisor *= other.divisor;
        return *this;
    }
};

/// What the machine and its kernel charge, each kind its own. Those that a
/// thread pays are CPU time at full speed; `wake_*` and the slack are delays.
/// The default is the bare-metal column of the specification, section 2.1.
struct Costs {
    kernel::Duration user_operation{20};  ///< an uncontended atomic operation with its surroundings
    /// A cache line that another CPU wrote last: paid on the first touch of a
    /// mutex, condition variable or semaphore, and before a drop request is seen.
    /// The mean: it varies evenly from nothing to twice as much.
    kernel::Duration line_transfer{60};
    kernel::Duration syscall{200};      ///< entry and exit of a trivial call
    kernel::Duration socket_call{600};  ///< to send or to receive a message, its bytes apart
    /// What begins a timed wait, until it lets go of its mutex: the deadline, and
    /// to queue up.
    kernel::Duration timed_wait{100};
    kernel::Duration futex_wait{400};  ///< to go to sleep in the kernel, without the switch
    kernel::Duration futex_wake{700};  ///< to wake a sleeper
    /// Paid by the waker on top, for an interrupt to another CPU. It needs one that has
    /// halted, idle for longer than `idle_short_after`; one that does not poll yet, idle
    /// for less than `context_switch`; and one that runs a thread which the woken preempts.
    kernel::Duration wake_interrupt{0};
    kernel::Duration futex_timer{0};  ///< what a futex_wait takes more that has a timeout
    /// On top of a call that its CPU has not made for `cold_after`, whose code and
    /// data have left the caches: what begins a timed wait, until it lets go of its
    /// mutex; a futex_wait, a futex_wake, a message sent or received through a
    /// socket. After shorter pauses in proportion. The mean: it varies evenly from
    /// nothing to twice as much. The caches of a CPU that idles cool more than those
    /// of one that computes: futex calls have a price of either.
    kernel::Duration cold_timed_wait{0};
    kernel::Duration cold_wait{0};
    kernel::Duration cold_wait_busy{0};
    kernel::Duration cold_wake{0};
    kernel::Duration cold_wake_busy{0};
    kernel::Duration cold_send{0};
    kernel::Duration cold_receive{0};
    kernel::Duration cold_after{5'000'000};
    kernel::Duration context_switch{1'000};  ///< paid by the thread switched in
    kernel::Duration migration{2'000};       ///< paid on top when it last ran on another core
    kernel::Duration wake_same{0};  ///< paid by a thread that was woken onto its waker's CPU
    kernel::Duration wake_idle_brief{
        2'500};                            ///< delay until a CPU answers that is only about to halt
    kernel::Duration idle_short_after{0};  ///< then it has
    kernel::Duration wake_idle_short{
        2'500};  ///< delay until an idle CPU answers: inter-processor interrupt, shallow idle
    kernel::Duration wake_idle_long{
        30'000};  ///< the same after it idled for longer than `idle_long_after`
    kernel::Duration idle_long_after{200'000};
    double wake_spread =
        0.3;  ///< these delays vary evenly by this share each way (measured: 35 to 63 us)
    /// A woken thread stays on its busy CPU beside idle ones where that CPU was used for
    /// less than this share of late: what kernels for virtual machines do that pack their
    /// CPUs, and mainline does not.
    double pack_below = 0;
    /// How often a CPU that goes idle takes at once a thread that waits for another
    /// CPU. Linux from 6.12.117 tries it as often as it succeeded of late.
    double new_idle_pull = 1;
    /// Otherwise, and where a thread comes to wait beside an idle CPU: how long
    /// until a balancing at a tick moves it. The mean: it varies evenly from nothing
    /// to twice as much.
    kernel::Duration idle_balance{0};
    kernel::Duration timer_slack{50'000};  ///< a timer may expire this much late
    /// From when a timer must expire until its interrupt is taken, where a hypervisor stands
    /// between.
    kernel::Duration timer_interrupt{0};
    /// What that takes more when its thread has slept for `cold_after`; after shorter sleeps in
    /// proportion. The mean: it varies evenly from nothing to twice as much.
    kernel::Duration cold_timer{0};
    kernel::Duration thread_start{12'000};   ///< pthread_create, paid by the parent
    kernel::Duration thread_exit{5'000};     ///< paid by the thread
    kernel::Duration process_start{60'000};  ///< fork of an empty process, paid by the parent
    kernel::Duration process_exit{40'000};   ///< paid by the process
    kernel::Duration fork_per_mib{7'000};    ///< page tables of resident memory, paid by the parent
    kernel::Duration exit_per_mib{0};        ///< to unmap a resident MiB at the end of a process
    kernel::Duration page_copy{700};         ///< one 4 KiB page copied on write
    kernel::Duration page_touch{200};        ///< first touch of a 4 KiB page
    std::uint64_t pipe_bytes_per_second =
        3'500'000'000;  ///< copy into and out of a pipe; 0: takes no time

    /// The mean of cold_timer's part after such a sleep.
    kernel::Duration cold_timer_after(kernel::Duration slept) const {
        if (slept >= cold_after) return cold_timer;
        return cold_timer * slept.count() / cold_after.count();
    }

    friend bool operator==(const Costs&, const Costs&) = default;
};

/// Which CPUs have one cache together.
enum class SharedBy : std::uint8_t { cpu, core, socket };

/// The last level of the caches of a CPU: caches.hpp.
struct CpuCache {
    std::uint64_t size = 0;  ///< bytes
    SharedBy shared_by = SharedBy::socket;
    kernel::Duration warmup{10'000'000};  ///< until a thread that runs there is warm
    Speed cold_speed{500'000};            ///< a factor, until then

    friend bool operator==(const CpuCache&, const CpuCache&) = default;
};

/// Memory in parts, each near some of the cores: memory.hpp.
struct Numa {
    std::optional<std::uint32_t> nodes{};  ///< with as many cores and as much bandwidth each; none:
                                           ///< a node a socket
    Speed remote_speed{667'000};           ///< a factor, for work of class memory on another's data
    bool links_limited = true;  ///< what goes from node to node; if not, as much as memory can
    std::optional<std::uint64_t> link_bandwidth{};  ///< bytes a second, from a node to another;
                                                    ///< none: 0.6 of a node's own

    friend bool operator==(const Numa&, const Numa&) = default;
};

/// All zero, and an endless pipe: what `costs: none` says.
Costs no_costs();

/// Speeds of a thread while its sibling runs, by the class of its own work, then by the other's.
using SiblingMatrix = std::array<std::array<Speed, workload::work_classes>, workload::work_classes>;
/// In which share of the cycles its core dispatches for a thread alone, by the class of its work.
using DispatchShares = std::array<Speed, workload::work_classes>;

struct Machine {
    std::string name = "given";  ///< the preset, or "given"
    std::uint32_t sockets = 1;
    std::uint32_t cores = 1;             ///< in all sockets together
    std::uint32_t threads_per_core = 1;  ///< hardware threads
    std::vector<Speed> speed;            ///< one a core, or one for all, or empty: full speed
    Speed smt_speed{620'000};            ///< of a thread while its sibling runs, whatever it does
    std::optional<SiblingMatrix> smt_matrix{};     ///< instead of it
    std::optional<DispatchShares> smt_dispatch{};  ///< likewise
    /// Factor on the speed of all cores of a socket while one of them is active, two, …: the
    /// last holds for more; empty: 1.
    std::vector<Speed> turbo{};
    std::optional<std::uint64_t> memory;              ///< bytes; none: never runs out
    std::optional<std::uint64_t> memory_bandwidth{};  ///< bytes a second; none: not stated
    std::optional<Numa> numa{};                       ///< none: all memory is as near
    std::optional<CpuCache> cache{};                  ///< none: all data are at hand
    std::vector<Device> devices{};                    ///< by name, in the order of the file
    Costs costs;
    std::string costs_origin =
        "default";  ///< default, calibrated, none, given: as the JSON says it

    std::uint32_t cpus() const { return cores * threads_per_core; }
    /// CPUs are numbered core by core: siblings are neighbours.
    std::uint32_t core_of(std::uint32_t cpu) const { return cpu / threads_per_core; }
    std::uint32_t cores_per_socket() const { return cores / sockets; }
    std::uint32_t socket_of_core(std::uint32_t core) const { return core / cores_per_socket(); }
    std::uint32_t nodes() const { return numa ? numa->nodes.value_or(sockets) : 1; }
    std::uint32_t cores_per_node() const { return cores / nodes(); }
    /// From a node to another; none: not limited.
    std::optional<std::uint64_t> link_bandwidth() const {
        if (!numa || !numa->links_limited || !memory_bandwidth) return std::nullopt;
        return numa->link_bandwidth.value_or(*memory_bandwidth / nodes() / 5 * 3);
    }
    Speed speed_of_core(std::uint32_t core) const {
        return speed.empty() ? Speed{} : speed.size() == 1 ? speed.front() : speed[core];
    }

    friend bool operator==(const Machine&, const Machine&) = default;
};

/// Its number, if the machine has one of that name.
inline std::optional<std::uint32_t> find_device(const Machine& machine, std::string_view name) {
    for (std::uint32_t i = 0; i < machine.devices.size(); ++i)
        if (machine.devices[i].name == name) return i;
    return std::nullopt;
}

struct MachinePreset {
    std::string_view name;
    std::string_view sentence;
    Machine (*make)();
};

/// In alphabetical order.
const std::vector<MachinePreset>& machine_presets();

}  // namespace interlock::hardware
