#include <fmt/format.h>

#include "sim/app/calibration.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/config/load.hpp"
#include "sim/exchange/rt_app.hpp"

namespace interlock::app {

int export_workload(const Arguments& arguments) {
    const auto options = parse_words("export", arguments);
    if (options.help) {
        write_data(usage_text("export"));
        return 0;
    }
    if (options.words.size() != 1)
        throw UsageError("export: expected one scenario; see 'interlock export --help'");
    config::Overrides overrides;
    overrides.profile = existing_profile();
    const auto exported = exchange::export_rt_app(config::load(options.words.front(), overrides));
    for (const auto& note : exported.notes) talk(fmt::format("{}\n", note));
    write_data(exported.json);
    return 0;
}

}  // namespace interlock::app
