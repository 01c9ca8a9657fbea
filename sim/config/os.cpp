#include "sim/config/os.hpp"

#include <array>

#include "models/os/policy_table.hpp"
#include "sim/config/preset.hpp"

namespace interlock::config {

namespace {

using os::CLibrary;
using os::Queues;
using os::Settings;
using namespace std::string_view_literals;

constexpr std::array unbuilt_policies{
    "cfs"sv,    "sched_fifo"sv, "sched_rr"sv, "sched_deadline"sv, "mlfq"sv,        "lottery"sv,
    "stride"sv, "srtf"sv,       "edf"sv,      "rate_monotonic"sv, "round_robin"sv, "fifo"sv,
    "sjf"sv};

constexpr std::array queue_choices{Choice<Queues>{"per_cpu", Queues::per_cpu},
                                   Choice<Queues>{"global", Queues::global}};
constexpr std::array libraries{Choice<CLibrary>{"glibc-2.25", CLibrary::glibc_2_25},
                               Choice<CLibrary>{"fifo", CLibrary::fifo}};

void read_policy(Settings& settings, const Node& node) {
    settings.quantum.reset();
    if (node.is_word()) {
        settings.policy = find_preset(node, os::policies(), unbuilt_policies).name;
        return;
    }
    const auto* child = only_child(node);
    if (child == nullptr)
        refuse_expected(
            node, "a policy, or one with its parameters such as {round_robin: {quantum: 1ms}}");
    const auto& parameters = *child;
    const auto name = key_as_word(parameters, node.key);
    const auto& policy = find_preset(name, os::policies(), unbuilt_policies);
    settings.policy = policy.name;
    if (parameters.is_nothing()) return;
    if (!policy.takes_quantum)
        refuse(parameters.place, label(node) + parameters.key + " takes no parameters");
    read_mapping(parameters, policy_table(), settings, "a mapping such as {quantum: 1ms}");
}

}  // namespace

const Table<Settings>& policy_table() {
    static const Table<Settings> table{
        {{"quantum", "duration", "above 0", "the policy's own",
          "how long a thread runs before the next one's turn"},
         [](Settings& settings, const Node& node) {
             settings.quantum = read_positive_duration(node);
         }},
    };
    return table;
}

const Table<Settings>& os_table() {
    static constexpr Bounds hz{0, 100'000};
    static const Table<Settings> table{
        {{"policy", "name, or mapping of one", listed(preset_names(os::policies())),
          Settings{}.policy, "the scheduling policy, and its parameters"},
         read_policy},
        {{"hz", "count", text_of(hz), "the policy's own",
          "ticks a second, on which decisions fall; 0: they fall exactly when due"},
         [](Settings& settings, const Node& node) {
             settings.hz = read_count(node, hz.low, hz.high);
         }},
        {{"queues", "word", listed(names_of<Queues>(queue_choices)), "the policy's own",
          "a queue for each CPU, or one for all"},
         [](Settings& settings, const Node& node) {
             settings.queues = read_choice<Queues>(node, queue_choices);
         }},
        choice_field<Settings, CLibrary>(
            "c_library", &Settings::c_library, libraries,
            "whose condition variables: the C library's groups, or the longest waiter first"),
        unbuilt<Settings>("preset"),
        unbuilt<Settings>("quota"),
        unbuilt<Settings>("load"),
    };
    return table;
}

Settings read_os(const Node& node, Settings settings) {
    read_mapping(node, os_table(), settings, "a mapping such as {policy: eevdf}");
    return settings;
}

}  // namespace interlock::config
