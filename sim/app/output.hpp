#pragma once

// Standard output for data, standard error for talk.

#include <stdexcept>
#include <string>
#include <string_view>

namespace interlock::app {

/// The output could not be written: a full disk, a closed pipe.
class OutputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// All of it, and to its destination, or an OutputError.
void write_data(std::string_view text);

/// What cannot be said on standard error is not worth stopping for.
void talk(std::string_view text);

bool talk_is_on_terminal();

/// On a terminal that understands it, unless NO_COLOR is set (no-color.org).
bool data_wants_colour();

}  // namespace interlock::app
