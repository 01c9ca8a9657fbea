#include "sim/host/backends.hpp"

#include <algorithm>
#include <set>

namespace interlock::host {

bool is_wanted(const std::string& name, const std::string& wanted) {
    if (name.compare(0, wanted.size(), wanted) != 0) return false;
    return name.size() == wanted.size() || name[wanted.size()] == '.' || name[wanted.size()] == '-';
}

std::vector<Backend> find_backends(const std::string& program, const Places& places,
                                   const BackendsWanted& wanted, const Interrupts* interrupts) {
    const auto asked_for = [&](const std::string& name) {
        return wanted.names.empty() ||
               std::any_of(wanted.names.begin(), wanted.names.end(),
                           [&](const std::string& one) { return is_wanted(name, one); });
    };
    std::vector<Backend> all;
    if (asked_for("builtin"))
        all.push_back(
            {"builtin", "builtin",
             std::make_unique<Driver>(program, std::vector<std::string>{program, "drive"})});
    // Nobody is asked what it is where only the builtin is wanted.
    const bool only_builtin = wanted.names == std::vector<std::string>{"builtin"};
    if (only_builtin && wanted.with.empty()) return all;
    std::set<std::string> names;
    for (const auto& one : find_interpreters(places, wanted.with, interrupts)) {
        const auto name = one.backend();
        if (asked_for(name) && names.insert(name).second)
            all.push_back({name, one.preset(), std::make_unique<Driver>(one.path)});
    }
    for (const auto& one : wanted.names)
        if (std::none_of(all.begin(), all.end(),
                         [&](const Backend& backend) { return is_wanted(backend.name, one); }))
            throw DriverFailed("--backend: no " + one + " was found that answers");
    return all;
}

}  // namespace interlock::host
