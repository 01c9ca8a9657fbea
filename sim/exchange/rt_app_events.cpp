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

constexpr std::int64_t bytes_per_microsecond = 10'000;

void add(Phase& phase, std::string text) { phase.steps.push_back({std::move(text), {}}); }

void compute(const Node& node, Document& /*document*/, Phase& phase) {
    add(phase, "compute: " + microseconds_text(number_of(node)));
}

void runtime(const Node& node, Document& document, Phase& phase) {
    document.notes.add(node.key_place,
                       "runtime: there it is time by the clock, whoever runs meanwhile; here it "
                       "is CPU time");
    compute(node, document, phase);
}

void sleep(const Node& node, Document& /*document*/, Phase& phase) {
    add(phase, "sleep: " + microseconds_text(number_of(node)));
}

void lock(const Node& node, Document& /*document*/, Phase& phase) {
    phase.locks.push_back({.takes = true, .mutex = text_of(node), .place = node.place});
    add(phase, "acquire: " + word(node.text));
}

void unlock(const Node& node, Document& /*document*/, Phase& phase) {
    phase.locks.push_back({.mutex = text_of(node), .place = node.place});
    add(phase, "release: " + word(node.text));
}

void signal(const Node& node, Document& /*document*/, Phase& phase) {
    add(phase, "notify: " + word(text_of(node)));
}

void sem_post(const Node& node, Document& document, Phase& phase) {
    document.semaphores.insert(text_of(node));
    add(phase, "put: " + word(node.text));
}

void sem_wait(const Node& node, Document& document, Phase& phase) {
    document.semaphores.insert(text_of(node));
    add(phase, "get: " + word(node.text));
}

std::string notify_all(const std::string& name) {
    return fmt::format("{{notify: {}, count: all}}", word(name));
}

void broad(const Node& node, Document& /*document*/, Phase& phase) {
    add(phase, notify_all(text_of(node)));
}

/// As pthread_cond_wait(), but in steps.
void wait_for(const Node& node, Phase& phase) {
    const auto& condition = child_of(node, "ref");
    const auto& mutex = child_of(node, "mutex");
    phase.locks.push_back({.in_wait = true, .mutex = text_of(mutex), .place = mutex.place});
    add(phase, "release: " + word(mutex.text));
    add(phase, "wait: " + word(text_of(condition)));
    add(phase, "acquire: " + word(mutex.text));
}

constexpr std::string_view in_steps = "the mutex is given back just before the wait, not with it";

void wait(const Node& node, Document& document, Phase& phase) {
    document.notes.add(node.key_place, fmt::format("wait: {}", in_steps));
    wait_for(node, phase);
}

/// The tutorial says that it locks and unlocks by itself, but examples and source do not.
void sync(const Node& node, Document& document, Phase& phase) {
    document.notes.add(node.key_place, fmt::format("sync: {}", in_steps));
    add(phase, "notify: " + word(text_of(child_of(node, "ref"))));
    wait_for(node, phase);
}

/// What stands behind it is ignored there, too.
void suspend(const Node& /*node*/, Document& document, Phase& phase) {
    add(phase, "wait: " + word(document.threads.back().name));
}

void yield(const Node& /*node*/, Document& /*document*/, Phase& phase) { add(phase, "yield"); }

void barrier(const Node& node, Document& document, Phase& phase) {
    const auto name = text_of(node);
    if (name.rfind("x-", 0) == 0)
        refuse(node.place, "barrier: a name that begins with x- is a note in a scenario");
    auto& barrier = document.barriers.try_emplace(name, Barrier{.place = node.place}).first->second;
    barrier.parties += document.threads.back().instances;
    add(phase, "barrier: " + word(name));
}

/// One whose name begins with "unique" is the instance's own.
void check_timer(const Node& ref, bool absolute, Document& document) {
    const auto name = text_of(ref);
    auto& thread = document.threads.back();
    if (thread.timer && *thread.timer != name)
        refuse(ref.place,
               fmt::format("timer: a thread has one timer here, '{}', and '{}' is a second",
                           *thread.timer, name));
    if (thread.timer && thread.absolute != absolute)
        refuse(ref.place, fmt::format("timer: '{}' is absolute in all places there if it is in "
                                      "one; expected one mode",
                                      name));
    thread.timer = name;
    thread.absolute = absolute;
    if (name.rfind("unique", 0) == 0) return;
    const auto number = document.threads.size();
    const auto user = document.timers.emplace(name, number).first->second;
    if (user != number || thread.instances > 1)
        refuse(ref.place, fmt::format("timer: several threads share '{}'; expected a name that "
                                      "begins with unique",
                                      name));
}

void timer(const Node& node, Document& document, Phase& phase) {
    bool absolute = false;
    if (const auto* mode = node.find("mode")) {
        absolute = text_of(*mode) == "absolute";
        if (!absolute && mode->text != "relative") refuse_expected(*mode, "relative or absolute");
    }
    check_timer(child_of(node, "ref"), absolute, document);
    add(phase, fmt::format("{{sleep: {}, since: {}}}",
                           microseconds_text(number_of(child_of(node, "period"))),
                           absolute ? "grid" : "last"));
}

/// Rounded up: something takes some time.
void move_bytes(const Node& bytes, std::string_view what, Document& document, Phase& phase) {
    document.notes.add(bytes.key_place,
                       fmt::format("{}: bytes are taken as CPU time, 10 GB/s", what));
    const auto time = (number_of(bytes) + bytes_per_microsecond - 1) / bytes_per_microsecond;
    add(phase, "compute: " + microseconds_text(time));
}

void mem(const Node& node, Document& document, Phase& phase) {
    move_bytes(node, "mem", document, phase);
}

void memrun(const Node& node, Document& document, Phase& phase) {
    const auto& type = child_of(node, "type");
    if (text_of(type) != "read" && type.text != "write")
        refuse(type.place, fmt::format("memrun: how long '{}' takes depends on the caches; "
                                       "expected read or write",
                                       type.text));
    move_bytes(child_of(node, "count"), "memrun", document, phase);
}

void iorun(const Node& node, Document& document, Phase& phase) {
    if (document.io_device == "/dev/null") {
        number_of(node);
        document.notes.add(node.key_place, "iorun: to /dev/null, a call that does not block");
    } else {
        move_bytes(node, "iorun", document, phase);
    }
    add(phase, "io: 0us");
}

void fork(const Node& node, Document& document, Phase& phase) {
    document.threads.back().forks.push_back({text_of(node), node.place});
    add(phase, "spawn: " + word(node.text));
}

struct Event {
    std::string_view name;
    void (*read)(const Node& node, Document& document, Phase& phase);
};

/// "runtime" before "run", "memrun" before "mem": the first that fits is meant.
constexpr std::array events{
    Event{"lock", lock},         Event{"unlock", unlock},     Event{"wait", wait},
    Event{"signal", signal},     Event{"broad", broad},       Event{"sync", sync},
    Event{"sleep", sleep},       Event{"runtime", runtime},   Event{"run", compute},
    Event{"timer", timer},       Event{"suspend", suspend},   Event{"resume", broad},
    Event{"memrun", memrun},     Event{"mem", mem},           Event{"iorun", iorun},
    Event{"yield", yield},       Event{"barrier", barrier},   Event{"fork", fork},
    Event{"sem_post", sem_post}, Event{"sem_wait", sem_wait},
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

void read_event(const Node& event, Document& document, Phase& phase) {
    event_of(event)->read(event, document, phase);
}

}  // namespace interlock::exchange
