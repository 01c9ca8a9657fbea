#include "sim/config/values.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace interlock::config {

namespace {

Node word(const std::string& text) {
    Node node;
    node.kind = NodeKind::word;
    node.key = "x";
    node.text = text;
    return node;
}

template <typename Read>
std::string error_of(Read read, const std::string& text) {
    try {
        read(word(text));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::int64_t ns(const std::string& text) { return read_duration(word(text)).count(); }

}  // namespace

TEST_CASE("values: decimals are read exactly", "[config]") {
    CHECK(ns("40us") == 40'000);
    CHECK(ns("1.5ms") == 1'500'000);
    CHECK(ns("0.1us") == 100);
    CHECK(ns("0us") == 0);
    CHECK(ns("0.000000001s") == 1);
    CHECK(ns("4611686018.427387904s") == 1LL << 62);
    CHECK(ns("1.50000000000000000000000ms") == 1'500'000);
    CHECK(read_size(word("1.5KiB")) == 1'536);
    CHECK(read_size(word("200MiB")) == 209'715'200);
    CHECK(read_bandwidth(word("2GiB/s")) == 2'147'483'648);
    CHECK(read_rate(word("200/s")) == 200);
    CHECK(read_percentage(word("20%")) == Approx(0.2));
}

TEST_CASE("values: what is below a nanosecond is rounded, but never to nothing", "[config]") {
    CHECK(ns("1.4ns") == 1);
    CHECK(ns("1.5ns") == 2);
    CHECK(error_of(read_duration, "0.5ns") == ": x: expected 0 or at least 1ns, got '0.5ns'");
}

TEST_CASE("values: no duration is guessed", "[config]") {
    const std::string what = ": x: expected a duration such as 5ms";
    const std::string units = " (with a unit: ns, us, ms, s), got ";
    CHECK(error_of(read_duration, "5") == what + units + "'5'");
    CHECK(error_of(read_duration, "5m") == what + units + "'5m'");
    CHECK(error_of(read_duration, "5 ms") == what + units + "'5 ms'");
    CHECK(error_of(read_duration, "5MiB") == what + units + "'5MiB'");
    CHECK(error_of(read_duration, "1e3ms") == what + units + "'1e3ms'");
    CHECK(error_of(read_duration, "fast") == what + ", got 'fast'");
    CHECK(error_of(read_duration, "nan") == what + ", got 'nan'");
    CHECK(error_of(read_duration, "infs") == what + ", got 'infs'");
    CHECK(error_of(read_duration, "") == what + ", got ''");
    CHECK(error_of(read_duration, "-5ms") == what + ", not a negative one, got '-5ms'");
    CHECK(error_of(read_duration, "4611686019s") ==
          ": x: expected at most 2^62 ns (about 146 years), got '4611686019s'");
    CHECK(error_of(read_duration, std::string(50, '9') + "ns").size() < 200);
    CHECK(error_of(read_duration, "0.1234567890123456789ms") ==
          what + ", of 18 decimals at most, got '0.1234567890123456789ms'");
}

TEST_CASE("values: numbers have bounds, which the message tells", "[config]") {
    CHECK(read_count(word("4"), 1, 10) == 4);
    CHECK(error_of([](const Node& node) { read_count(node, 1, 10); }, "0") ==
          ": x: expected a whole number from 1 to 10, got '0'");
    CHECK(error_of([](const Node& node) { read_count(node, 1, 10); }, "1.5") ==
          ": x: expected a whole number from 1 to 10, got '1.5'");
    CHECK(error_of([](const Node& node) { read_count(node, 1, 10); }, "99999999999999999999999") ==
          ": x: expected a whole number from 1 to 10, got '99999999999999999999999'");
    CHECK(error_of([](const Node& node) { read_number(node, 0, 2); }, "inf") ==
          ": x: expected a number from 0 to 2, got 'inf'");
    CHECK(error_of(read_rate, "0/s") ==
          ": x: expected a rate above 0 and at most 1000000000/s, got '0/s'");
    CHECK(error_of(read_rate, "200") == ": x: expected a rate such as 200/s, got '200'");
    CHECK(error_of(read_flag, "yes") == ": x: unknown 'yes'; one of true, false");
    CHECK(read_seed(word("18446744073709551615")) == ~0ULL);
}

TEST_CASE("values: an expectation's quantity is in the units of the output", "[config]") {
    CHECK(quantity("1.0") == 1.0);
    CHECK(quantity("-0.5") == -0.5);
    CHECK(quantity("8ms") == Approx(0.008));
    CHECK(quantity("4KiB") == 4'096.0);
    CHECK(quantity("1KiB/s") == 1'024.0);
    CHECK(quantity("200/s") == 200.0);
    CHECK(quantity("97%") == Approx(0.97));
    CHECK_FALSE(quantity("deadlock"));
    CHECK_FALSE(quantity("nan"));
    CHECK_FALSE(quantity("5 parsecs"));
}

TEST_CASE("values: durations and sizes are told as one would write them", "[config]") {
    using kernel::Duration;
    CHECK(text_of(Duration{5'000'000}) == "5ms");
    CHECK(text_of(Duration{2'500}) == "2.5us");
    CHECK(text_of(Duration{0}) == "0ns");
    CHECK(text_of(Duration{1'234'567}) == "1234567ns");
    CHECK(text_of_size(10'485'760) == "10MiB");
    CHECK(text_of_size(3) == "3B");
    CHECK(text_of(hardware::Speed{620'000}) == "0.62");
}

}  // namespace interlock::config
