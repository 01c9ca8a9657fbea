// Presets of operating systems: which policy a kernel has, and how it ticks.
//
// Linux ticks HZ = 250 times a second where nobody chose otherwise (kernel/Kconfig.hz); builds for
// desktops often have 1000. Left out: what distributors patch.

#include "models/os/settings.hpp"

namespace interlock::os {

const std::vector<OsPreset>& os_presets() {
    static const std::vector<OsPreset> presets{
        {.name = "linux-2.6.22",
         .sentence = "the last with the O(1) scheduler; 2.6.0 to 2.6.22",
         .policy = "o1",
         .hz = 250},
        {.name = "linux-5.15", .sentence = "CFS; 2.6.23 to 6.5", .policy = "cfs"},
        {.name = "linux-6.12",
         .sentence = "EEVDF with delayed dequeue and short slices; 6.12 to 6.16",
         .policy = "eevdf",
         .parameters = {.release = LinuxRelease::v6_12}},
        {.name = "linux-6.17",
         .sentence = "EEVDF that protects slices for less; from 6.17 on",
         .policy = "eevdf",
         .parameters = {.release = LinuxRelease::v6_17}},
        {.name = "linux-6.6",
         .sentence = "the first EEVDF; 6.6 to 6.11",
         .policy = "eevdf",
         .parameters = {.release = LinuxRelease::v6_6}},
        {.name = "windows", .sentence = "32 levels and boosts, as a client", .policy = "windows"},
    };
    return presets;
}

}  // namespace interlock::os
