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

struct Phase {
    std::int64_t loop = 1;  ///< -1: without end
    Scheduling scheduling;
    std::vector<StepText> steps;
};

struct Fork {
    std::string thread;
    config::Place place;
};

struct Thread {
    std::string key;   ///< as the document has it
    std::string name;  ///< the same with a number where the document says it twice
    config::Place place;
    std::uint32_t instances = 1;
    std::int64_t loop = -1;  ///< likewise
    std::int64_t delay = 0;  ///< us
    std::vector<Phase> phases;
    std::optional<std::string> timer;  ///< the one that it uses
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

struct Document {
    config::Place place;
    std::vector<Thread> threads;
    std::optional<std::int64_t> duration;  ///< s; none: until all threads have ended
    std::string io_device = "/dev/null";
    std::map<std::string, std::uint32_t> parties;  ///< of barriers
    std::map<std::string, std::size_t> timers;     ///< shared ones: the thread that uses it
    Notes notes;
};

/// Throws config::Error. `file` must outlive the document.
Document read_rt_app(const std::string& json, const std::string& file);

/// Whether a key is that of an event: it begins with the name of one.
bool is_event(const config::Node& child);
std::vector<std::string> event_names();

/// The steps of an event of the document's last thread.
void read_event(const config::Node& event, Document& document, std::vector<StepText>& steps);

// Values of a JSON document.
std::string text_of(const config::Node& node);
std::int64_t number_of(const config::Node& node, std::int64_t low = 0,
                       std::int64_t high = 2'147'483'647);
void need_object(const config::Node& node);
const config::Node& child_of(const config::Node& node, std::string_view name);

}  // namespace interlock::exchange
