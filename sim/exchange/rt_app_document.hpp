#pragma once

// What a document of rt-app says: its threads, their events already as the steps
// that they become.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/node.hpp"
#include "sim/exchange/rt_app_scheduling.hpp"
#include "sim/exchange/workload_text.hpp"

namespace interlock::exchange {

/// Of a mutex, by an event of a phase.
struct LockUse {
    bool takes = false;
    bool in_wait = false;  ///< which gives it back and takes it again
    std::string mutex;
    config::Place place;
};

struct Phase {
    std::int64_t loop = 1;  ///< -1: without end
    Scheduling scheduling;
    std::vector<StepText> steps;
    std::vector<LockUse> locks;
};

struct Fork {
    std::string thread;
    config::Place place;
};

struct Thread {
    std::string name;  ///< the document's, with a number where it says that twice
    config::Place place;
    std::uint32_t instances = 1;
    std::int64_t loop = -1;  ///< likewise
    std::int64_t delay = 0;  ///< us
    std::vector<Phase> phases;
    std::optional<std::string> timer;  ///< the one that it uses
    bool absolute = false;             ///< the timer's mode
    std::vector<Fork> forks;

    bool endless() const;
    /// Its phases differ in where they run, or by what rules.
    bool splits() const;
};

/// What is only nearly so; each thing is told once.
class Notes {
public:
    void add(const config::Place& place, const std::string& message);
    std::vector<std::string> take() { return std::move(notes_); }

private:
    std::vector<std::string> notes_;
    std::set<std::string> told_;
};

/// Names that are in use.
class Names {
public:
    void take(const std::string& name) { taken_.insert(name); }
    /// As wanted, or with a number behind it, and now in use.
    std::string unused(const std::string& wanted, std::string_view separator);

private:
    std::set<std::string> taken_;
};

struct Barrier {
    std::uint32_t parties = 0;
    config::Place place;
};

struct Document {
    config::Place place;
    std::vector<Thread> threads;
    std::optional<std::int64_t> duration;  ///< s; none: until all threads have ended
    std::string io_device = "/dev/null";
    std::map<std::string, Barrier> barriers;
    std::set<std::string> semaphores;
    std::map<std::string, std::size_t> timers;  ///< shared ones: the thread that uses it
    Notes notes;
};

/// Throws config::Error. `file` must outlive the document.
Document read_rt_app(const std::string& json, const std::string& file);

/// Whether a key is that of an event: it begins with the name of one.
bool is_event(const config::Node& child);
std::vector<std::string> event_names();

/// The steps of an event of the phase, which is of the document's last thread.
void read_event(const config::Node& event, Document& document, Phase& phase);

/// Refuses what only the whole document shows.
void check_document(const config::Node& tasks, Document& document);

// Values of a JSON document.
std::string text_of(const config::Node& node);
std::int64_t number_of(const config::Node& node, std::int64_t low = 0,
                       std::int64_t high = 2'147'483'647);
void need_object(const config::Node& node);
const config::Node& child_of(const config::Node& node, std::string_view name);

}  // namespace interlock::exchange
