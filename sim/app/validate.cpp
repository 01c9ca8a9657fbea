#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "models/workload/uses.hpp"
#include "sim/app/calibration.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/app/progress.hpp"
#include "sim/config/interpreter.hpp"
#include "sim/config/profile.hpp"
#include "sim/experiment/run.hpp"
#include "sim/host/compare.hpp"
#include "sim/host/environment.hpp"
#include "sim/host/quota_group.hpp"
#include "sim/host/rounds.hpp"
#include "sim/report/validation.hpp"

namespace interlock::app {

namespace {

namespace fs = std::filesystem;

/// Files as they are; of a folder its scenarios, in order of name.
std::vector<std::string> files_of(const std::vector<std::string>& words) {
    std::vector<std::string> files;
    for (const auto& word : words) {
        std::error_code none;
        if (!fs::is_directory(word, none)) {
            files.push_back(word);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(word))
            if (entry.path().extension() == ".yaml") found.push_back(entry.path().string());
        if (found.empty()) throw UsageError(fmt::format("{}: no scenario in this folder", word));
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

/// A scenario as a backend runs it, and what was predicted of it.
struct Question {
    const host::Backend* backend = nullptr;
    models::Scenario scenario;
    report::Outcome predicted;
    std::vector<host::Cell> cells;
};

class Validator {
public:
    Validator(const ValidateOptions& options, const host::Interrupts& interrupts)
        : options_(options), interrupts_(interrupts),
          backends_(host::find_backends(own_path(), host::places_of_user(),
                                        {.with = options.with, .names = options.backends},
                                        &interrupts)) {
        profile_ = calibrated();
    }

    using Each = std::function<void(const std::string& scenario, const report::Comparison&)>;

    /// `each` is called with what a scenario gave on a backend, as soon as it is there.
    report::Validation all(const std::vector<std::string>& files, const Each& each) {
        report::Validation validation{.host = facts(), .scenarios = {}};
        const config::Profile profile(profile_);
        std::vector<std::vector<Question>> questions;
        std::size_t total = 0;
        for (const auto& file : files) {
            questions.push_back(ask(file, profile));
            for (const auto& one : questions.back())
                total += one.cells.size() * (options_.rounds + 1);
        }
        Progress progress(talk_is_on_terminal(), "runs");
        std::size_t before = 0;
        for (std::size_t i = 0; i < files.size(); ++i) {
            report::ScenarioValidation found{
                .scenario = fs::path(files[i]).stem().string(), .file = files[i], .backends = {}};
            for (auto& question : questions[i]) {
                found.scenario = question.scenario.name;
                found.backends.push_back(measured(question, progress, before, total));
                before += question.cells.size() * (options_.rounds + 1);
                progress.above([&] { each(found.scenario, found.backends.back()); });
            }
            validation.scenarios.push_back(std::move(found));
        }
        return validation;
    }

private:
    /// The profile's path, after measuring what it lacks.
    std::string calibrated() {
        auto path = existing_profile();
        std::vector<host::Backend> lacking;
        if (!path.empty()) {
            const config::Profile profile(path);
            const auto known = profile.interpreters();
            const auto lacks = [&](const host::Backend& backend) {
                return has_model(backend) &&
                       std::find(known.begin(), known.end(), backend.name) == known.end();
            };
            if (std::none_of(backends_.begin(), backends_.end(), lacks)) return path;
            std::vector<host::Backend> all;
            for (auto& backend : backends_)
                (lacks(backend) ? lacking : all).push_back(std::move(backend));
            talk("interlock: some interpreters were not calibrated yet; that comes first\n");
            auto written = calibrate(lacking, false, interrupts_);
            for (auto& backend : lacking) all.push_back(std::move(backend));
            std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
                return (a.name == "builtin") > (b.name == "builtin");
            });
            backends_ = std::move(all);
            return written;
        }
        talk("interlock: this host was not calibrated yet; that comes first\n");
        return calibrate(backends_, true, interrupts_);
    }

    static bool has_model(const host::Backend& backend) {
        if (backend.name == "builtin") return true;
        const auto& presets = interpreter::runtime_presets();
        return std::any_of(presets.begin(), presets.end(),
                           [&](const auto& one) { return one.name == backend.preset; });
    }

    report::HostFacts facts() const {
        const auto environment = host::environment();
        report::HostFacts it{.cpus = environment.allowed,
                             .model = environment.model,
                             .kernel = environment.kernel,
                             .interpreters = {},
                             .profile = profile_,
                             .rounds = options_.rounds};
        for (const auto& backend : backends_) it.interpreters.push_back(backend.name);
        return it;
    }

    std::vector<Question> ask(const std::string& file, const config::Profile& profile) {
        std::vector<Question> all;
        for (const auto& backend : backends_) {
            if (!has_model(backend)) {
                if (told_.insert(backend.name).second)
                    talk(fmt::format("interlock: {}: there is no model of it yet; not run\n",
                                     backend.name));
                continue;
            }
            auto overrides = options_.overrides;
            overrides.profile = profile_;
            overrides.machine = "host";
            overrides.interpreter = backend.name;
            overrides.any_steps = true;  // they are skipped
            Question question{.backend = &backend,
                              .scenario = config::load(file, overrides),
                              .predicted = {},
                              .cells = {}};
            if (!question.scenario.replications)
                question.scenario.replications = replications_of(question.scenario);
            experiment::RunOptions how;
            how.progress = [&](std::size_t, std::size_t) { interrupts_.check(); };
            question.predicted = experiment::run(question.scenario, how);
            const auto lock = lock_of(backend, profile);
            for (std::size_t i = 0; i < question.scenario.cases.size(); ++i)
                question.cells.push_back(cell(question, i, profile, lock));
            all.push_back(std::move(question));
        }
        return all;
    }

    /// One a round where the work is drawn: they are the draws that are run. Where only
    /// the machine's moments are, so many that the prediction adds no noise of its own.
    std::uint32_t replications_of(const models::Scenario& scenario) const {
        constexpr std::uint32_t settled = 200;
        const auto drawn = std::any_of(
            scenario.cases.begin(), scenario.cases.end(),
            [](const models::Case& question) { return workload::random(question.workload); });
        return drawn ? options_.rounds : std::max(options_.rounds, settled);
    }

    static std::string lock_of(const host::Backend& backend, const config::Profile& profile) {
        config::Node name;
        name.kind = config::NodeKind::word;
        name.key = "interpreter";
        name.text = backend.name;
        return config::read_interpreter(name, &profile).lock;
    }

    static bool counts_on(const workload::StepKind& kind) {
        const auto* sleep = std::get_if<workload::Sleep>(&kind);
        return sleep != nullptr && sleep->since != workload::Since::now;
    }

    static bool is_run(const workload::Workload& work, workload::ProgramId program) {
        const auto spawns_it = [program](const workload::StepKind& kind) {
            const auto* spawn = std::get_if<workload::Spawn>(&kind);
            return spawn != nullptr && spawn->program == program;
        };
        return std::any_of(work.tasks.begin(), work.tasks.end(),
                           [program](const auto& task) { return task.program == program; }) ||
               std::any_of(work.programs.begin(), work.programs.end(), [&](const auto& spawner) {
                   return workload::any_step(spawner.steps, spawns_it);
               });
    }

    struct FootprintField {
        const char* name;
        bool (workload::Footprint::*is)() const;
    };
    static constexpr std::array footprint_fields{
        FootprintField{"bandwidth", &workload::Footprint::moves_data},
        FootprintField{"working_set", &workload::Footprint::has_working_set},
        FootprintField{"mempolicy", &workload::Footprint::says_where},
    };

    /// A field of a task or a step that no driver does.
    static const char* only_simulated(const workload::Workload& work) {
        for (const auto& task : work.tasks) {
            if (task.periodic) return "period";
            if (task.sched.kind) return "sched";
            if (task.sched.runtime) return "runtime";
        }
        if (!work.devices.empty()) return "device";
        for (std::size_t i = 0; i < work.programs.size(); ++i) {
            if (!is_run(work, workload::ProgramId{static_cast<std::uint32_t>(i)})) continue;
            const auto& steps = work.programs[i].steps;
            if (workload::any_step(steps, counts_on)) return "since";
            for (const auto& [field, is] : footprint_fields)
                if (workload::any_step(steps, workload::with_footprint(is))) return field;
        }
        return nullptr;
    }

    host::Cell cell(const Question& question, std::size_t i, const config::Profile& profile,
                    const std::string& lock) const {
        const auto& it = question.scenario.cases[i];
        const auto& row = question.predicted.strategies[i];
        host::Cell cell{.question = nullptr,
                        .driver = question.backend->driver.get(),
                        .expected = row.makespan.value_or(0)};
        const auto& home = it.runtime.preset;
        auto machine = it.machine;
        machine.name = profile.machine().name;
        machine.devices.clear();
        auto system = it.os;
        system.preset.clear();
        if (system.quota && system.quota != profile.os().quota) {
            cell.quota = std::exchange(system.quota, profile.os().quota);
            if (const auto why = host::QuotaGroup::why_not(*cell.quota)) cell.skipped = *why;
        }
        if (it.unavailable)
            cell.skipped = *it.unavailable;
        else if (cell.skipped)
            return cell;
        else if (home != question.backend->name)
            cell.skipped = fmt::format("it names another interpreter: {}",
                                       home.empty() ? it.runtime.name : home);
        else if (it.runtime.lock != lock)
            cell.skipped = fmt::format("it names another lock: {}", it.runtime.lock);
        else if (const auto* field = only_simulated(it.workload))
            cell.skipped = fmt::format("{}: only simulated yet", field);
        else if (machine != profile.machine())
            cell.skipped = "its machine is not this host: " + it.machine.name;
        else if (system != profile.os())
            cell.skipped = "its operating system is not this host's";
        else if (row.ended != models::Ended::done)
            cell.skipped = fmt::format("its prediction is: {}", report::name_of(row.ended));
        return cell;
    }

    /// Of a timer that stands for an outside event, whose length is mostly about 2 ms.
    static kernel::Duration lateness(const hardware::Costs& costs) {
        constexpr kernel::Duration usual{2'000'000};
        return costs.timer_slack + costs.timer_interrupt + costs.cold_timer_after(usual);
    }

    report::Comparison measured(Question& question, Progress& progress, std::size_t before,
                                std::size_t total) {
        // The cases have their place now.
        for (std::size_t i = 0; i < question.cells.size(); ++i)
            question.cells[i].question = &question.scenario.cases[i];
        host::RoundsOptions how{.rounds = options_.rounds};
        how.seed = question.scenario.seed;
        how.slack_ns = lateness(question.scenario.cases.front().machine.costs).count();
        how.cpus = question.scenario.cases.front().machine.cpus();
        how.progress = [&](std::size_t done, std::size_t) {
            progress.update(before + done, total);
        };
        how.interrupts = &interrupts_;
        const auto samples = host::measure(question.cells, how);
        return {.backend = question.backend->name,
                .predicted = question.predicted,
                .measured = host::compare(question.scenario.cases, question.predicted, samples,
                                          {.within = options_.within, .rounds = options_.rounds})};
    }

    const ValidateOptions& options_;
    const host::Interrupts& interrupts_;
    std::vector<host::Backend> backends_;
    std::string profile_;
    std::set<std::string> told_;
};

}  // namespace

int validate(const Arguments& arguments) {
    const auto options = parse_validate(arguments);
    if (options.help) {
        write_data(usage_text("validate") + '\n' + validate_options_text());
        return 0;
    }
    const auto files = files_of(options.scenarios);
    for (const auto& file : files) {
        // What is wrong with a file is said before anything is measured.
        auto overrides = options.overrides;
        overrides.profile = existing_profile();
        static_cast<void>(config::load(file, overrides));
    }
    const host::Interrupts interrupts;
    using Output = ValidateOptions::Output;
    const report::TableOptions look{.colour = data_wants_colour()};
    const auto print = [&](const std::string& scenario, const report::Comparison& comparison) {
        if (options.output == Output::table)
            write_data(report::comparison_text(scenario, comparison, look) + '\n');
    };
    const auto validation = Validator(options, interrupts).all(files, print);
    switch (options.output) {
    case Output::table: write_data(report::summary_text(validation)); break;
    case Output::json: write_data(report::validation_json_text(validation)); break;
    case Output::markdown: {
        std::string command = "interlock validate";
        for (const auto& word : arguments) command += ' ' + word;
        write_data(report::validation_page(validation, command));
        break;
    }
    }
    const auto all = report::summary(validation);
    return all.off == 0 && all.failed == 0 && all.errors.cases > 0 ? 0 : 1;
}

}  // namespace interlock::app
