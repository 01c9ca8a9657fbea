#include "sim/config/suggest.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::config {

TEST_CASE("suggest: an edit is one letter more, less, other, or two swapped", "[config]") {
    CHECK(edit_distance("quantum", "quantum") == 0);
    CHECK(edit_distance("quantun", "quantum") == 1);
    CHECK(edit_distance("qantum", "quantum") == 1);
    CHECK(edit_distance("quanttum", "quantum") == 1);
    CHECK(edit_distance("quatnum", "quantum") == 1);
    CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("suggest: the nearest word is offered, a far one is not", "[config]") {
    const std::vector<std::string> words{"fifo", "fair", "round_robin"};
    CHECK(nearest("fare", words) == "fair");
    CHECK(nearest("round-robin", words) == "round_robin");
    CHECK_FALSE(nearest("lottery", words));
    CHECK_FALSE(nearest("", words));
    CHECK_FALSE(nearest(std::string(1'000, 'f'), words));
}

TEST_CASE("suggest: without a near word the whole choice is listed", "[config]") {
    const std::vector<std::string> words{"fifo", "fair"};
    CHECK(suggestion("fiffo", words) == "; did you mean 'fifo'?");
    CHECK(suggestion("lottery", words) == "; one of fifo, fair");
    CHECK(suggestion("lottery", std::vector<std::string>{}).empty());
}

}  // namespace interlock::config
