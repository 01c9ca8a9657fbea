#include "sim/config/document.hpp"

#include <chrono>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/config/texts.hpp"

namespace interlock::config {

namespace {

const std::string expected_fields =
    "expected a mapping with machine, interpreter, programs, tasks and strategies";

std::string repeated(const std::string& part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
}

}  // namespace

TEST_CASE("document: an empty file is told to be empty", "[config]") {
    for (const auto* const text : {"", "\n\n", "# nothing but a comment\n", "---\n"})
        CHECK(error_of(text) == "a.yaml:1:1: the file is empty; " + expected_fields);
    CHECK(error_of("[1, 2]") == "a.yaml:1:1: " + expected_fields + ", got a list");
}

TEST_CASE("document: bytes that are no text are refused where they stand", "[config]") {
    CHECK(error_of("name: caf\xe9\n") == "a.yaml:1:10: expected text in UTF-8, got the byte 0xe9");
    CHECK(error_of("a: b\nc: \xf0\x80\x80\x80") ==
          "a.yaml:2:4: expected text in UTF-8, got the byte 0xf0");
    CHECK(error_of("a: \xed\xa0\x80") == "a.yaml:1:4: expected text in UTF-8, got the byte 0xed");
    CHECK(error_of(std::string("a: b\0c", 6)) ==
          "a.yaml:1:5: expected text, got the control character 0x00");
    CHECK(error_of("\x7f"
                   "ELF") == "a.yaml:1:1: expected text, got the control character 0x7f");
    CHECK(error_of("\xff\xfe"
                   "a") == "a.yaml:1:1: expected text in UTF-8, got the byte 0xff");
}

TEST_CASE("document: aliases that contain themselves are refused", "[config]") {
    CHECK(error_of("a: &a [*a]\n") == "a.yaml:1:8: this alias contains itself");
    CHECK(error_of("a: &a {b: {c: *a}}\n") == "a.yaml:1:15: this alias contains itself");
}

TEST_CASE("document: aliases that multiply are refused", "[config]") {
    std::string text = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n";
    for (int i = 1; i < 12; ++i) {
        const auto before = "*x" + std::to_string(i - 1);
        const auto name = "x" + std::to_string(i);
        text += name + ": &" + name + " [" + before + repeated(", " + before, 8) + "]\n";
    }
    CHECK(error_of(text).find("too many values (aliases count as often as they are used)") !=
          std::string::npos);
}

TEST_CASE("document: an alias is its anchor's value", "[config]") {
    const auto scenario = load_text("machine: &m {cores: 2}\ninterpreter: none\nx-note: *m\n"
                                    "programs: {p: &p [{compute: 1ms}], q: *p}\n"
                                    "tasks: [{program: p}, {program: q}]\n",
                                    "a.yaml");
    CHECK(scenario.cases.at(0).workload.programs.at(1).steps.size() == 1);
}

TEST_CASE("document: nesting a thousand deep is refused", "[config]") {
    const std::string deep = "lists and mappings are nested too deep; expected at most 100 levels";
    CHECK(error_of("a: " + std::string(1'000, '[') + std::string(1'000, ']')) ==
          "a.yaml:1:103: " + deep);
    CHECK(error_of(repeated("- ", 1'000) + "a") == "a.yaml:1:201: " + deep);
    CHECK(error_of(repeated("? ", 1'000) + "a") == "a.yaml:1:201: " + deep);
    std::string blocks;
    for (std::size_t i = 0; i < 1'000; ++i) blocks += std::string(i, ' ') + "a:\n";
    CHECK(error_of(blocks) == "a.yaml:101:101: " + deep);
}

TEST_CASE("document: whatever is long is answered within a second", "[config]") {
    constexpr std::size_t most = 2'000'000;
    const auto filled = [](const std::string& part) { return repeated(part, most / part.size()); };
    const auto part = GENERATE(as<std::string>{}, "[", "{", "- ", "? ", "a: ", "'", "\"", "]", "%",
                               "*", "-", "\n", "---\n", "[[],", "a", "#", "|\n");
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(error_of(filled(part)).empty());
    // Debug builds with sanitizers are slow; what is meant is: not for ever.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("document: a file that is too large is not read", "[config]") {
    CHECK(error_of(std::string(3'000'000, 'a')) ==
          "a.yaml:1:1: expected at most 2097152 bytes, got 3000000");
}

TEST_CASE("document: a quote that is not closed takes nothing else in", "[config]") {
    const std::string error = "this quote is not closed on its line";
    CHECK(error_of("a: 1\nname: 'two CPUs\nuntil: 1ms\nb: 'x'\n") == "a.yaml:2:7: " + error);
    CHECK(error_of("a: 1\nname: \"two\nb: \"x\"\n") == "a.yaml:2:7: " + error);
    // Those are closed.
    for (const auto* const text : {"a: 'it''s'\n", "a: \"a \\\" quote\"\n", "a: ''\n", "a: \"\"",
                                   "a: ['b', \"c\"]\n", "a: \"c:\\\\\"\n", "a: &n 'b'\n"}) {
        CAPTURE(text);
        CHECK_NOTHROW(parse_document(text, "a.yaml"));
    }
}

TEST_CASE("document: what is no YAML has its place", "[config]") {
    CHECK(error_of("machine: {a: [1, 2\nfoo: bar\n") ==
          "a.yaml:2:4: this cannot be read: a '[' that is not closed, or a missing comma");
    CHECK(error_of("machine:\n\tcores: 3\n") ==
          "a.yaml:2:1: expected blanks before the first word, got a tab");
    CHECK(error_of("name: a\n---\nname: b\n") ==
          "a.yaml:2:1: expected one document, got a second ('---' begins it)");
    CHECK(error_of("name: *nobody\n") == "a.yaml:1:7: this cannot be read: an alias of nothing");
    CHECK(error_of("name: !!binary aGk=\n") ==
          "a.yaml:1:7: expected a plain value, got the tag 'tag:yaml.org,2002:binary'");
    CHECK(error_of("[a, b]: c\n") ==
          "a.yaml:1:1: expected a word as the name of a field, got a list");
    CHECK(error_of("name: a\nmachine: b\nname: c\n") == "a.yaml:3:1: duplicate field 'name'");
}

TEST_CASE("document: a file that is none is refused by its name", "[config]") {
    const auto error = [](const std::string& path) {
        try {
            load(path);
        } catch (const Error& problem) {
            return std::string(problem.what());
        }
        return std::string();
    };
    CHECK(error("/nowhere/a.yaml") == "/nowhere/a.yaml:1:1: there is no such file");
    CHECK(error("/") == "/:1:1: expected a file, got a directory");
}

}  // namespace interlock::config
