#include <fmt/format.h>

#include "sim/app/calibration.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"

namespace interlock::app {

int calibrate(const Arguments& arguments) {
    const auto options = parse_calibrate(arguments);
    if (options.help) {
        write_data(usage_text("calibrate") + '\n' + calibrate_options_text());
        return 0;
    }
    const host::Interrupts interrupts;
    const auto backends =
        host::find_backends(own_path(), host::places_of_user(),
                            {.with = options.with, .names = options.backends}, &interrupts);
    const auto path = calibrate(backends, options.host, interrupts);
    write_data(fmt::format("{}\n", path));
    return 0;
}

}  // namespace interlock::app
