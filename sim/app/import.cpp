#include <fmt/format.h>

#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/config/document.hpp"
#include "sim/exchange/rt_app.hpp"

namespace interlock::app {

int import_workload(const Arguments& arguments) {
    const auto options = parse_words("import", arguments);
    if (options.help) {
        write_data(usage_text("import"));
        return 0;
    }
    if (options.words.size() != 1)
        throw UsageError("import: expected one file; see 'interlock import --help'");
    const auto& file = options.words.front();
    const auto imported = exchange::import_rt_app(config::read_file(file), file);
    for (const auto& note : imported.notes) talk(fmt::format("{}\n", note));
    write_data(imported.scenario);
    return 0;
}

}  // namespace interlock::app
