#include "sim/app/options.hpp"

#include <boost/program_options.hpp>
#include <charconv>
#include <cstdint>
#include <sstream>

#include <fmt/format.h>

#include "sim/config/suggest.hpp"

namespace interlock::app {

namespace {

namespace po = boost::program_options;

po::options_description run_description() {
    po::options_description options("Options", 100);
    options.add_options()                                                                      //
        ("json", "print one JSON document")                                                    //
        ("csv", "print a row a strategy")                                                      //
        ("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=VALUE"),  //
         "override a field: machine.cores=8; may be repeated, a list gives rows")              //
        ("machine", po::value<std::string>()->value_name("NAME"), "another machine")           //
        ("interpreter", po::value<std::string>()->value_name("NAME"), "another interpreter")   //
        ("seed", po::value<std::string>()->value_name("N"), "of everything that is drawn")     //
        ("replications", po::value<std::string>()->value_name("N"),                            //
         "default: 20 where anything is drawn, else 1")                                        //
        ("timeline", "draw what each thread does, below the table")                            //
        ("timehist", "print each thread's stays on a CPU, as perf sched timehist does")        //
        ("map", "print who is on which CPU, as perf sched map does")                           //
        ("help", "print this");
    return options;
}

po::options_description validate_description() {
    po::options_description options("Options", 100);
    options.add_options()                                                                    //
        ("json", "print one JSON document")                                                  //
        ("markdown", "print a page")                                                         //
        ("with", po::value<std::vector<std::string>>()->composing()->value_name("PATH"),     //
         "an interpreter beside those of PATH and pyenv; may be repeated")                   //
        ("backend", po::value<std::vector<std::string>>()->composing()->value_name("NAME"),  //
         "only this: builtin, cpython-3.11; may be repeated")                                //
        ("rounds", po::value<std::string>()->value_name("N"),
         "how often each is run, default 20")                                                  //
        ("within", po::value<std::string>()->value_name("SHARE"),                              //
         "error that a row may have; default: 10%, or twice its noise if that is more")        //
        ("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=VALUE"),  //
         "override a field: tasks.request.count=40; may be repeated, a list gives rows")       //
        ("seed", po::value<std::string>()->value_name("N"), "of everything that is drawn")     //
        ("help", "print this");
    return options;
}

po::options_description calibrate_description() {
    po::options_description options("Options", 100);
    options.add_options()                                                                    //
        ("with", po::value<std::vector<std::string>>()->composing()->value_name("PATH"),     //
         "an interpreter beside those of PATH and pyenv; may be repeated")                   //
        ("backend", po::value<std::vector<std::string>>()->composing()->value_name("NAME"),  //
         "of the interpreters only this: builtin, cpython-3.11; may be repeated")            //
        ("keep-host", "measure interpreters only; the host's figures stay as they are")      //
        ("help", "print this");
    return options;
}

std::string described(const po::options_description& options) {
    std::ostringstream text;
    text << options;
    return text.str();
}

/// What the design promises for later.
po::options_description unbuilt_description() {
    po::options_description options;
    options.add_options()("trace", po::value<std::string>())("report", po::value<std::string>());
    return options;
}

std::string see(const std::string& command) {
    return fmt::format("; see 'interlock {} --help'", command);
}

std::vector<std::string> names_of(const po::options_description& options) {
    std::vector<std::string> names;
    for (const auto& option : options.options())
        if (option->long_name() != "words") names.push_back("--" + option->long_name());
    return names;
}

po::variables_map parsed(const std::string& command, const Arguments& arguments,
                         const po::options_description& options) {
    po::positional_options_description positions;
    positions.add("words", -1);
    // Abbreviated options would change their meaning when another is added.
    const auto style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    try {
        po::store(po::command_line_parser(arguments)
                      .options(options)
                      .positional(positions)
                      .style(style)
                      .run(),
                  values);
    } catch (const po::unknown_option& error) {
        const auto& name = error.get_option_name();
        throw UsageError(fmt::format("unknown option '{}'{}", name,
                                     config::suggestion(name, names_of(options))));
    } catch (const po::error& error) {
        throw UsageError(error.what() + see(command));
    }
    return values;
}

std::vector<std::string> words_of(const po::variables_map& values) {
    return values.count("words") > 0 ? values["words"].as<std::vector<std::string>>()
                                     : std::vector<std::string>{};
}

po::options_description words_description() {
    po::options_description options;
    options.add_options()("words", po::value<std::vector<std::string>>());
    return options;
}

std::optional<std::string> text(const po::variables_map& values, const char* name) {
    if (values.count(name) == 0) return std::nullopt;
    return values[name].as<std::string>();
}

std::vector<std::string> texts(const po::variables_map& values, const char* name) {
    if (values.count(name) == 0) return {};
    return values[name].as<std::vector<std::string>>();
}

/// "12%" or "0.12".
double percentage(const char* name, const std::string& given) {
    double value = 0;
    const auto* const last = given.data() + given.size();
    const auto [end, error] = std::from_chars(given.data(), last, value);
    const bool percent = end + 1 == last && *end == '%';
    if (error != std::errc{} || (end != last && !percent) || value < 0)
        throw UsageError(
            fmt::format("--{}: expected a percentage such as 12%, got '{}'", name, given));
    return percent ? value / 100 : value;
}

template <typename Number>
std::optional<Number> number(const po::variables_map& values, const char* name, Number least,
                             Number most) {
    const auto given = text(values, name);
    if (!given) return std::nullopt;
    Number value = 0;
    const auto* const last = given->data() + given->size();
    const auto [end, error] = std::from_chars(given->data(), last, value);
    if (error != std::errc{} || end != last || value < least || value > most)
        throw UsageError(fmt::format("--{}: expected a whole number from {} to {}, got '{}'", name,
                                     least, most, *given));
    return value;
}

void refuse_unbuilt(const po::variables_map& values) {
    for (const auto* const name : {"trace", "report"})
        if (values.count(name) > 0) throw UsageError(fmt::format("--{} is not built yet", name));
}

Format format_of(const po::variables_map& values) {
    const bool json = values.count("json") > 0;
    const bool csv = values.count("csv") > 0;
    if (json && csv) throw UsageError("--json and --csv exclude each other");
    return json ? Format::json : csv ? Format::csv : Format::table;
}

}  // namespace

RunOptions parse_run(const Arguments& arguments) {
    auto known = run_description();
    known.add(unbuilt_description()).add(words_description());
    const auto values = parsed("run", arguments, known);
    RunOptions options;
    options.help = values.count("help") > 0;
    if (options.help) return options;
    refuse_unbuilt(values);
    options.format = format_of(values);
    options.timeline = values.count("timeline") > 0;
    options.timehist = values.count("timehist") > 0;
    options.map = values.count("map") > 0;
    for (const auto* const name : {"timeline", "timehist", "map"})
        if (values.count(name) > 0 && options.format != Format::table)
            throw UsageError(
                fmt::format("--{} belongs to the table, not to --json or --csv", name));
    const auto words = words_of(values);
    if (words.size() != 1)
        throw UsageError(fmt::format("run: expected one scenario, got {}{}",
                                     words.empty() ? "none" : std::to_string(words.size()),
                                     see("run")));
    options.scenario = words.front();
    auto& overrides = options.overrides;
    overrides.set = texts(values, "set");
    overrides.machine = text(values, "machine");
    overrides.interpreter = text(values, "interpreter");
    overrides.seed = number<std::uint64_t>(values, "seed", 0, UINT64_MAX);
    constexpr std::uint32_t replications_max = 100'000;
    overrides.replications = number<std::uint32_t>(values, "replications", 1, replications_max);
    return options;
}

ValidateOptions parse_validate(const Arguments& arguments) {
    auto known = validate_description();
    known.add(words_description());
    const auto values = parsed("validate", arguments, known);
    ValidateOptions options;
    options.help = values.count("help") > 0;
    if (options.help) return options;
    options.scenarios = words_of(values);
    if (options.scenarios.empty())
        throw UsageError("validate: expected at least one scenario, or a folder of such" +
                         see("validate"));
    options.with = texts(values, "with");
    options.backends = texts(values, "backend");
    constexpr std::uint32_t rounds_max = 10'000;
    options.rounds =
        number<std::uint32_t>(values, "rounds", 2, rounds_max).value_or(options.rounds);
    if (const auto within = text(values, "within")) options.within = percentage("within", *within);
    options.overrides.set = texts(values, "set");
    options.overrides.seed = number<std::uint64_t>(values, "seed", 0, UINT64_MAX);
    const bool json = values.count("json") > 0;
    const bool markdown = values.count("markdown") > 0;
    if (json && markdown) throw UsageError("--json and --markdown exclude each other");
    using Output = ValidateOptions::Output;
    options.output = json ? Output::json : markdown ? Output::markdown : Output::table;
    return options;
}

CalibrateOptions parse_calibrate(const Arguments& arguments) {
    auto known = calibrate_description();
    known.add(words_description());
    const auto values = parsed("calibrate", arguments, known);
    const auto words = words_of(values);
    if (!words.empty())
        throw UsageError(fmt::format("calibrate: expected no word, got '{}'", words.front()) +
                         see("calibrate"));
    return {.help = values.count("help") > 0,
            .with = texts(values, "with"),
            .backends = texts(values, "backend"),
            .host = values.count("keep-host") == 0};
}

std::string validate_options_text() { return described(validate_description()); }

std::string calibrate_options_text() { return described(calibrate_description()); }

WordOptions parse_words(const std::string& command, const Arguments& arguments) {
    po::options_description known;
    known.add_options()("help", "print this");
    known.add(words_description());
    const auto values = parsed(command, arguments, known);
    return {.help = values.count("help") > 0, .words = words_of(values)};
}

std::string run_options_text() { return described(run_description()); }

}  // namespace interlock::app
