// Catch2 2 leaves main to its user; version 3 brings its own.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
