#include "sim/exchange/rt_app_document.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/config/document.hpp"
#include "sim/config/values.hpp"

namespace interlock::exchange {

namespace {

using config::Node;
using config::refuse;
using config::refuse_expected;

/// The same text with blanks for comments and tabs, so that every place stays.
std::string without_comments(std::string text) {
    const auto blank = [&text](std::size_t from, std::size_t to) {
        for (; from < std::min(to, text.size()); ++from)
            if (text[from] != '\n') text[from] = ' ';
    };
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && quoted) {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (text[at] == '\t') {
            text[at] = ' ';
        } else if (text.compare(at, 2, "/*") == 0) {
            const auto end = text.find("*/", at + 2);
            blank(at, end == std::string::npos ? end : end + 2);
        } else if (text.compare(at, 2, "//") == 0) {
            blank(at, text.find('\n', at));
        }
    }
    return text;
}

[[noreturn]] void refuse_unknown(const Node& child, std::string_view what,
                                 const std::vector<std::string>& known) {
    refuse(child.key_place,
           fmt::format("unknown {} '{}'{}", what, child.key, config::suggestion(child.key, known)));
}

/// Fields, unlike events, are said once.
class Seen {
public:
    void add(const Node& child) {
        if (!seen_.insert(child.key).second)
            refuse(child.key_place, "duplicate field '" + child.key + "'");
    }

private:
    std::set<std::string_view> seen_;
};

void check_fields(const Node& object, const std::vector<std::string>& known) {
    Seen seen;
    for (const auto& child : object.children) {
        if (std::find(known.begin(), known.end(), child.key) == known.end())
            refuse_unknown(child, "field", known);
        seen.add(child);
    }
}

std::int64_t loop_of(const Node& object, std::int64_t otherwise) {
    const auto* node = object.find("loop");
    if (node == nullptr) return otherwise;
    const auto times = number_of(*node, -1);
    if (times == 0) refuse_expected(*node, "how often, or -1 for without end");
    return times;
}

class Reader {
public:
    Document read(const Node& root) {
        need_object(root);
        document_.place = root.place;
        check_fields(root, {"tasks", "global", "resources"});
        if (const auto* global = root.find("global")) read_global(*global);
        const auto& tasks = child_of(root, "tasks");
        need_object(tasks);
        for (const auto& child : tasks.children) names_.take(child.key);
        for (const auto& child : tasks.children) read_thread(child);
        check_document(tasks, document_);
        return std::move(document_);
    }

private:
    void read_global(const Node& global) {
        need_object(global);
        check_fields(global,
                     {"duration", "calibration", "default_policy", "pi_enabled", "lock_pages",
                      "logdir", "log_size", "log_basename", "ftrace", "gnuplot", "frag",
                      "io_device", "mem_buffer_size", "cumulative_slack"});
        if (const auto* node = global.find("duration"))
            if (const auto seconds = number_of(*node, -1); seconds > 0)
                document_.duration = seconds;
        if (const auto* node = global.find("default_policy")) default_.policy = read_policy(*node);
        if (const auto* node = global.find("pi_enabled");
            node != nullptr && config::read_flag(*node))
            refuse(node->place, "pi_enabled: a scenario's locks inherit no priority");
        if (const auto* node = global.find("io_device")) document_.io_device = text_of(*node);
    }

    void read_thread(const Node& node) {
        need_object(node);
        if (config::is_note(node))
            refuse(node.key_place, "a name that begins with x- is a note in a scenario");
        constexpr std::int64_t instances_max = 1'000'000;
        config::read_name(config::key_as_word(node, "tasks"));
        auto& thread = document_.threads.emplace_back();
        const bool first = keys_.insert(node.key).second;
        thread.name = first ? node.key : names_.unused(node.key, "");
        thread.place = node.key_place;
        if (const auto* count = node.find("instance"))
            thread.instances = static_cast<std::uint32_t>(number_of(*count, 0, instances_max));
        if (const auto* delay = node.find("delay")) thread.delay = number_of(*delay);
        const auto* phases = node.find("phases");
        auto scheduling = default_;
        scheduling.read(node, phases != nullptr);
        if (phases != nullptr) return read_phases(node, *phases, scheduling);
        thread.loop = 1;
        read_phase(node, scheduling, loop_of(node, -1), Scheduling::names());
    }

    void read_phases(const Node& node, const Node& phases, Scheduling scheduling) {
        need_object(phases);
        for (const auto& child : node.children) {
            const bool of_deadline = child.key == "runtime";
            if (is_event(child) && !of_deadline)
                refuse(child.key_place, child.key + ": expected no event beside phases");
            if (!is_event(child) && !Scheduling::known(child.key))
                refuse_unknown(child, "field", Scheduling::names());
        }
        auto& thread = document_.threads.back();
        thread.loop = loop_of(node, -1);
        const auto cpus = scheduling.cpus;
        auto known = Scheduling::names();
        for (const auto* const of_thread : {"instance", "delay", "phases"})
            known.erase(std::find(known.begin(), known.end(), of_thread));
        for (const auto& child : phases.children) {
            need_object(child);
            scheduling.cpus = cpus;
            scheduling.read(child, false);
            read_phase(child, scheduling, loop_of(child, 1), known);
        }
        if (thread.phases.empty()) refuse_expected(phases, "at least one phase");
        check_first_phase(phases.children.front());
    }

    /// What a phase sets holds on, in the next round of the thread too.
    void check_first_phase(const Node& first) const {
        const auto& thread = document_.threads.back();
        const bool changes =
            thread.phases.back().scheduling.rules() != thread.phases.front().scheduling.rules();
        if (thread.loop != 1 && changes && !Scheduling::says(first))
            refuse(first.key_place, first.key + ": expected the policy and priority, which are "
                                                "others in the first round than later");
    }

    void read_phase(const Node& node, const Scheduling& scheduling, std::int64_t loop,
                    const std::vector<std::string>& known) {
        Phase phase{.loop = loop, .scheduling = scheduling, .steps = {}, .locks = {}};
        Seen seen;
        for (const auto& child : node.children) {
            if (is_event(child)) {
                read_event(child, document_, phase);
                continue;
            }
            if (std::find(known.begin(), known.end(), child.key) == known.end()) {
                auto names = known;
                for (const auto& event : event_names()) names.push_back(event);
                refuse_unknown(child, "field or event", names);
            }
            seen.add(child);
        }
        if (phase.steps.empty())
            refuse(node.key_place, node.key + ": expected at least one event, such as run");
        document_.threads.back().phases.push_back(std::move(phase));
    }

    Document document_;
    Scheduling default_;
    Names names_;
    std::set<std::string_view> keys_;
};

}  // namespace

bool Thread::endless() const {
    return loop < 0 || std::any_of(phases.begin(), phases.end(),
                                   [](const Phase& phase) { return phase.loop < 0; });
}

bool Thread::splits() const {
    return std::any_of(phases.begin(), phases.end(), [this](const Phase& phase) {
        return phase.scheduling.fields() != phases.front().scheduling.fields();
    });
}

void Notes::add(const config::Place& place, const std::string& message) {
    if (told_.insert(message).second)
        notes_.push_back(config::text_of(config::location_of(place)) + ": " + message);
}

std::string Names::unused(const std::string& wanted, std::string_view separator) {
    auto name = wanted;
    for (int number = 2; !taken_.insert(name).second; ++number)
        name = fmt::format("{}{}{}", wanted, separator, number);
    return name;
}

std::string text_of(const Node& node) {
    if (!node.is_word() || !node.quoted) refuse_expected(node, "a text in quotes");
    return config::read_name(node);
}

std::int64_t number_of(const Node& node, std::int64_t low, std::int64_t high) {
    if (node.is_word() && node.quoted) refuse_expected(node, "a whole number without quotes");
    return config::read_integer(node, low, high);
}

void need_object(const Node& node) {
    if (!node.is_mapping()) refuse_expected(node, "an object");
}

const Node& child_of(const Node& node, std::string_view name) {
    need_object(node);
    const auto* child = node.find(name);
    if (child == nullptr)
        refuse(node.place, fmt::format("{}expected a \"{}\"", config::label(node), name));
    return *child;
}

Document read_rt_app(const std::string& json, const std::string& file) {
    const auto text = without_comments(json);
    const auto first = text.find_first_not_of(" \n\r");
    if (first == std::string::npos || text[first] != '{')
        refuse({&file, 1, 1}, "expected a JSON document of rt-app, an object with tasks");
    return Reader().read(config::parse_document(text, file, true, {.duplicate_keys = true}));
}

}  // namespace interlock::exchange
