#include "sim/report/text.hpp"

#include "tests/support/catch.hpp"

namespace interlock::report {

TEST_CASE("text: a time has three digits and the unit that keeps it between 1 and 1000",
          "[report]") {
    CHECK(seconds_text(0) == "0 s");
    CHECK(seconds_text(5.04) == "5.04 s");
    CHECK(seconds_text(17) == "17.0 s");
    CHECK(seconds_text(0.6432) == "643 ms");
    CHECK(seconds_text(0.000040) == "40.0 µs");
    CHECK(seconds_text(0.000000012) == "12.0 ns");
    CHECK(seconds_text(3600) == "3600 s");
}

TEST_CASE("text: rounding up to the next unit takes the next unit", "[report]") {
    CHECK(seconds_text(0.9996) == "1.00 s");  // not 1000 ms
    CHECK(seconds_text(0.99949) == "999 ms");
    CHECK(three_digits(9.996) == "10.0");  // not 10.00
    CHECK(three_digits(0.9996) == "1.00");
}

TEST_CASE("text: ratios keep three digits below one, too", "[report]") {
    CHECK(ratio_text(3.9412) == "3.94x");
    CHECK(ratio_text(0.5) == "0.500x");
    CHECK(ratio_text(0.01572) == "0.0157x");
}

TEST_CASE("text: only exactly nothing is 0 percent", "[report]") {
    CHECK(percent_text(0) == "0 %");
    CHECK(percent_text(0.0001) == "<0.1 %");
    CHECK(percent_text(0.979) == "97.9 %");
    CHECK(percent_text(1) == "100 %");
}

TEST_CASE("text: columns count letters, not bytes", "[report]") {
    CHECK(display_width("µs") == 2);
    CHECK(display_width("日本") == 4);     // wide letters take two columns
    CHECK(display_width("e\u0301") == 1);  // an accent takes none
    CHECK(padded_left("µs", 4) == "  µs");
    CHECK(padded_right("日", 4) == "日  ");
    CHECK(padded_right("too long", 3) == "too long");
}

TEST_CASE("text: lines break at spaces, and the next begin with the indent", "[report]") {
    CHECK(wrapped("aa bb cc dd", 5, 2) == "aa bb\n  cc\n  dd");
    CHECK(wrapped("  aa bb", 5, 4) == "  aa\n    bb");
    CHECK(wrapped("much-too-long a", 5, 0) == "much-too-long\na");
    CHECK(wrapped("a 5 ms, b", 5, 0) == "a\n5 ms,\nb");  // a number keeps its unit
    CHECK(wrapped("a 5 mice", 5, 0) == "a 5\nmice");
    CHECK(wrapped("", 5, 0).empty());
}

TEST_CASE("text: lists end with their last word", "[report]") {
    CHECK(listed({}, "or").empty());
    CHECK(listed({"a"}, "or") == "a");
    CHECK(listed({"a", "b", "c"}, "or") == "a, b or c");
}

TEST_CASE("text: sizes are in binary units", "[report]") {
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(1536) == "1.50 KiB");
    CHECK(bytes_text(3ULL * 1024 * 1024 * 1024) == "3.00 GiB");
}

}  // namespace interlock::report
