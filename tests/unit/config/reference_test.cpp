// docs/scenarios.md has the tables that the parser reads by. To renew them,
// run the tests with "[.reference]" and put what is printed into the page.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "sim/config/fields.hpp"
#include "sim/config/table.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/texts.hpp"

namespace interlock::config {

namespace {

std::string heading_of(const Mapping& mapping) {
    return "### " + mapping.name + "\n\n" + mapping.sentence + ".\n";
}

std::string row_of(const FieldInfo& field) {
    return "| `" + field.name + "` | " + field.type + " | " + field.unit_or_values + " | " +
           field.fallback + " | " + field.sentence + " |\n";
}

std::string page() {
    const auto root = std::filesystem::path(__FILE__).parent_path() / "../../..";
    std::ifstream stream(root / "docs/scenarios.md");
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("config: the reference page has every field", "[config]") {
    const auto text = page();
    REQUIRE_FALSE(text.empty());
    for (const auto& mapping : mappings()) {
        const auto start = text.find(heading_of(mapping));
        CAPTURE(heading_of(mapping));
        CHECK(start != std::string::npos);
        for (const auto& field : mapping.fields) {
            CAPTURE(row_of(field));
            CHECK(text.find(row_of(field), std::min(start, text.size())) != std::string::npos);
        }
    }
}

TEST_CASE("config: every field has a type and a sentence", "[config]") {
    for (const auto& mapping : mappings())
        for (const auto& field : mapping.fields) {
            CAPTURE(mapping.name, field.name);
            CHECK_FALSE(field.type.empty());
            CHECK_FALSE(field.sentence.empty());
        }
    CHECK(mapping("machine").fields.size() > 5);
    CHECK(step_kinds().size() == 26);
    CHECK(strategy_kinds().size() == 6);
}

TEST_CASE("config: print the tables of the reference page", "[.reference]") {
    for (const auto& mapping : mappings()) {
        std::cout << heading_of(mapping) << '\n';
        if (mapping.fields.empty()) continue;
        std::cout << "| field | type | unit, values | default | |\n|---|---|---|---|---|\n";
        for (const auto& field : mapping.fields) std::cout << row_of(field);
        std::cout << '\n';
    }
}

}  // namespace interlock::config
