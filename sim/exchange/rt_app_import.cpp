// A document of rt-app as the text of a scenario.

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "sim/config/values.hpp"
#include "sim/exchange/rt_app.hpp"
#include "sim/exchange/rt_app_document.hpp"

namespace interlock::exchange {

namespace {

using config::refuse;
using Steps = std::vector<StepText>;

/// A loop without end, as long as a scenario can say it.
constexpr std::int64_t repeat_max = 1'000'000'000;
/// Of a document without a duration, some thread of which does not end.
constexpr std::int64_t seconds_assumed = 10;

void append(Steps& all, std::int64_t times, Steps steps) {
    if (times == 1)
        all.insert(all.end(), steps.begin(), steps.end());
    else
        all.push_back(
            {fmt::format("repeat: {}", times < 0 ? repeat_max : times), std::move(steps)});
}

std::string arrival_of(const Thread& thread) {
    return thread.delay > 0 ? ", arrive: " + microseconds_text(thread.delay) : "";
}

class Writer {
public:
    explicit Writer(Document& document) : document_(document) {
        for (const auto& thread : document.threads) names_.take(thread.name);
        for (const auto& semaphore : document.semaphores) names_.take(semaphore);
    }

    std::string text(const std::string& file) {
        for (const auto& thread : document_.threads)
            if (thread.splits())
                add_turns(thread);
            else
                add(thread);
        if (const auto duration = bound()) {
            bound_ = names_.unused("rt-app", " ");
            programs_.push_back({*bound_, {{fmt::format("io: {}s", *duration), {}}}});
        }
        const auto name = std::filesystem::path(file).stem().string();
        return fmt::format("# A workload of rt-app. It says nothing of the machine: here it has as "
                           "many CPUs as are named.\n"
                           "name: {}\nmachine: {{cores: {}}}\ninterpreter: none\n",
                           word(name), cores()) +
               programs_text(programs_) + barriers_text() + tasks_text() +
               "strategies: [{direct: {}}]\n";
    }

private:
    struct Task {
        std::string program;
        std::string fields;  ///< ", count: 3"
    };

    void add(const Thread& thread) {
        Steps body;
        for (const auto& phase : thread.phases) append(body, phase.loop, phase.steps);
        Steps all;
        append(all, thread.loop, std::move(body));
        programs_.push_back({thread.name, std::move(all)});
        if (thread.instances == 0) return;  // forked only
        tasks_.push_back(
            {thread.name,
             (thread.instances > 1 ? fmt::format(", count: {}", thread.instances) : "") +
                 arrival_of(thread) + thread.phases.front().scheduling.fields()});
    }

    /// A thread for each phase; the turn goes round from one to the next.
    void add_turns(const Thread& thread) {
        const auto phases = thread.phases.size();
        if (thread.instances != 1)
            refuse(thread.place, thread.name + ": phases that differ in cpus or scheduling can be "
                                               "said of one instance only");
        if (thread.timer)
            refuse(thread.place, thread.name + ": phases that differ in cpus or scheduling are "
                                               "threads of their own, which share no timer");
        document_.notes.add(thread.place,
                            thread.name + ": its phases differ in cpus or scheduling, so each is "
                                          "a thread of its own, and they take turns");
        std::vector<std::string> names;
        for (std::size_t i = 0; i < phases; ++i)
            names.push_back(names_.unused(fmt::format("{} {}", thread.name, i + 1), " "));
        const auto turn = [&](std::string_view step, std::size_t phase) -> StepText {
            return {fmt::format("{}: {}", step, word(names[phase % phases])), {}};
        };
        for (std::size_t i = 0; i < phases; ++i) {
            const auto& phase = thread.phases[i];
            Steps round;
            if (i > 0) round.push_back(turn("get", i));
            append(round, phase.loop, phase.steps);
            round.push_back(turn("put", i + 1));
            if (i == 0) round.push_back(turn("get", 0));
            Steps all;
            append(all, thread.loop, std::move(round));
            programs_.push_back({names[i], std::move(all)});
            tasks_.push_back(
                {names[i], (i == 0 ? arrival_of(thread) : "") + phase.scheduling.fields()});
        }
    }

    std::optional<std::int64_t> bound() {
        const auto& threads = document_.threads;
        const bool endless = std::any_of(threads.begin(), threads.end(), [](const Thread& thread) {
            return thread.endless() && thread.instances > 0;
        });
        if (document_.duration || !endless) return document_.duration;
        document_.notes.add(
            document_.place,
            fmt::format("it runs until somebody stops it; here for {} s", seconds_assumed));
        return seconds_assumed;
    }

    std::uint32_t cores() const {
        std::uint32_t cores = 1;
        for (const auto& thread : document_.threads)
            for (const auto& phase : thread.phases)
                for (const auto cpu : phase.scheduling.cpus) cores = std::max(cores, cpu + 1);
        return cores;
    }

    std::string barriers_text() const {
        std::string text = document_.barriers.empty() ? "" : "barriers:\n";
        for (const auto& [name, barrier] : document_.barriers)
            text += fmt::format("  {}: {{parties: {}}}\n", word(name), barrier.parties);
        return text;
    }

    std::string tasks_text() const {
        std::string text = "tasks:\n";
        for (const auto& task : tasks_)
            text += fmt::format("  - {{program: {}{}{}}}\n", word(task.program), task.fields,
                                bound_ ? ", background: true" : "");
        return bound_ ? text + fmt::format("  - {{program: {}}}\n", word(*bound_)) : text;
    }

    Document& document_;
    Names names_;                       ///< of programs and queues
    std::optional<std::string> bound_;  ///< the main thread of rt-app, which ends the others
    std::vector<ProgramText> programs_;
    std::vector<Task> tasks_;
};

}  // namespace

Imported import_rt_app(const std::string& json, const std::string& file) {
    auto document = read_rt_app(json, file);
    auto text = Writer(document).text(file);
    return {std::move(text), document.notes.take()};
}

}  // namespace interlock::exchange
