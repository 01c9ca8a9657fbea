// The events of a thread.

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/exchange/rt_app_document.hpp"

namespace interlock::exchange {

namespace {

using config::Node;
using config::refuse;
using config::refuse_expected;

using Steps = std::vector<StepText>;

constexpr std::int64_t bytes_per_microsecond = 10'000;

void add(Steps& steps, std::string text) { steps.push_back({std::move(text), {}}); }

void compute(const Node& node, Document& /*document*/, Steps& steps) {
    add(steps, "compute: " + microseconds_text(number_of(node)));
}

void runtime(const Node& node, Document& document, Steps& steps) {
    document.notes.add(node.key_place,
                       "runtime: there it is time by the clock, whoever runs meanwhile; here it "
                       "is CPU time");
    compute(node, document, steps);
}

void sleep(const Node& node, Document& /*document*/, Steps& steps) {
    add(steps, "sleep: " + microseconds_text(number_of(node)));
}

/// "acquire: mutex", of what the event names.
template <const char* const& step>
void named(const Node& node, Document& /*document*/, Steps& steps) {
    add(steps, fmt::format("{}: {}", step, word(text_of(node))));
}

std::string notify_all(const std::string& name) {
    return fmt::format("{{notify: {}, count: all}}", word(name));
}

void broad(const Node& node, Document& /*document*/, Steps& steps) {
    add(steps, notify_all(text_of(node)));
}

struct Waited {
    std::string condition;
    std::string mutex;
};
Waited waited(const Node& node) {
    return {word(text_of(child_of(node, "ref"))), word(text_of(child_of(node, "mutex")))};
}

/// As pthread_cond_wait(), but in steps.
void wait_for(const Waited& what, Steps& steps) {
    add(steps, "release: " + what.mutex);
    add(steps, "wait: " + what.condition);
    add(steps, "acquire: " + what.mutex);
}

constexpr std::string_view in_steps = "the mutex is given back just before the wait, not with it";

void wait(const Node& node, Document& document, Steps& steps) {
    document.notes.add(node.key_place, fmt::format("wait: {}", in_steps));
    wait_for(waited(node), steps);
}

/// The tutorial says that it locks and unlocks by itself, but examples and source do not.
void sync(const Node& node, Document& document, Steps& steps) {
    document.notes.add(node.key_place, fmt::format("sync: {}", in_steps));
    const auto what = waited(node);
    add(steps, "notify: " + what.condition);
    wait_for(what, steps);
}

/// What stands behind it is ignored there, too.
void suspend(const Node& /*node*/, Document& document, Steps& steps) {
    add(steps, "wait: " + word(document.threads.back().key));
}

void yield(const Node& /*node*/, Document& /*document*/, Steps& steps) { add(steps, "yield"); }

void barrier(const Node& node, Document& document, Steps& steps) {
    const auto name = text_of(node);
    document.parties[name] += document.threads.back().instances;
    add(steps, "barrier: " + word(name));
}

/// One whose name begins with "unique" is the instance's own.
void check_timer(const Node& ref, Document& document) {
    const auto name = text_of(ref);
    auto& thread = document.threads.back();
    if (thread.timer && *thread.timer != name)
        refuse(ref.place,
               fmt::format("timer: a thread has one timer here, '{}', and '{}' is a second",
                           *thread.timer, name));
    thread.timer = name;
    if (name.rfind("unique", 0) == 0) return;
    const auto number = document.threads.size();
    const auto user = document.timers.emplace(name, number).first->second;
    if (user != number || thread.instances > 1)
        refuse(ref.place, fmt::format("timer: several threads share '{}'; expected a name that "
                                      "begins with unique",
                                      name));
}

void timer(const Node& node, Document& document, Steps& steps) {
    check_timer(child_of(node, "ref"), document);
    bool absolute = false;
    if (const auto* mode = node.find("mode")) {
        absolute = text_of(*mode) == "absolute";
        if (!absolute && mode->text != "relative") refuse_expected(*mode, "relative or absolute");
    }
    add(steps, fmt::format("{{sleep: {}, since: {}}}",
                           microseconds_text(number_of(child_of(node, "period"))),
                           absolute ? "grid" : "last"));
}

/// Rounded up: something takes some time.
void move_bytes(const Node& bytes, std::string_view what, Document& document, Steps& steps) {
    document.notes.add(bytes.key_place,
                       fmt::format("{}: bytes are taken as CPU time, 10 GB/s", what));
    const auto time = (number_of(bytes) + bytes_per_microsecond - 1) / bytes_per_microsecond;
    add(steps, "compute: " + microseconds_text(time));
}

void mem(const Node& node, Document& document, Steps& steps) {
    move_bytes(node, "mem", document, steps);
}

void memrun(const Node& node, Document& document, Steps& steps) {
    const auto& type = child_of(node, "type");
    if (text_of(type) != "read" && type.text != "write")
        refuse(type.place, fmt::format("memrun: how long '{}' takes depends on the caches; "
                                       "expected read or write",
                                       type.text));
    move_bytes(child_of(node, "count"), "memrun", document, steps);
}

void iorun(const Node& node, Document& document, Steps& steps) {
    if (document.io_device == "/dev/null") {
        number_of(node);
        document.notes.add(node.key_place, "iorun: to /dev/null, a call that does not block");
    } else {
        move_bytes(node, "iorun", document, steps);
    }
    add(steps, "io: 0us");
}

void fork(const Node& node, Document& document, Steps& steps) {
    document.threads.back().forks.push_back({text_of(node), node.place});
    add(steps, "spawn: " + word(node.text));
}

constexpr const char* const acquire_step = "acquire";
constexpr const char* const release_step = "release";
constexpr const char* const notify_step = "notify";
constexpr const char* const put_step = "put";
constexpr const char* const get_step = "get";

struct Event {
    std::string_view name;
    void (*read)(const Node& node, Document& document, Steps& steps);
};

/// "runtime" before "run", "memrun" before "mem": the first that fits is meant.
constexpr std::array events{
    Event{"lock", named<acquire_step>},
    Event{"unlock", named<release_step>},
    Event{"wait", wait},
    Event{"signal", named<notify_step>},
    Event{"broad", broad},
    Event{"sync", sync},
    Event{"sleep", sleep},
    Event{"runtime", runtime},
    Event{"run", compute},
    Event{"timer", timer},
    Event{"suspend", suspend},
    Event{"resume", broad},
    Event{"memrun", memrun},
    Event{"mem", mem},
    Event{"iorun", iorun},
    Event{"yield", yield},
    Event{"barrier", barrier},
    Event{"fork", fork},
    Event{"sem_post", named<put_step>},
    Event{"sem_wait", named<get_step>},
};

const Event* event_of(const Node& child) {
    const auto* const event =
        std::find_if(events.begin(), events.end(), [&](const Event& candidate) {
            return child.key.rfind(candidate.name, 0) == 0;
        });
    return event == events.end() ? nullptr : event;
}

}  // namespace

bool is_event(const Node& child) { return event_of(child) != nullptr; }

std::vector<std::string> event_names() {
    std::vector<std::string> names;
    names.reserve(events.size());
    for (const auto& event : events) names.emplace_back(event.name);
    return names;
}

void read_event(const Node& event, Document& document, std::vector<StepText>& steps) {
    event_of(event)->read(event, document, steps);
}

}  // namespace interlock::exchange
