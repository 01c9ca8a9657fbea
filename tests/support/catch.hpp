#pragma once

// Catch2 as the tests see it: version 3 if it is there, else 2.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
