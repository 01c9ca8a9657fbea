#!/bin/sh
# format.sh ROOT CLANG_FORMAT: prints path:line of every line that clang-format would change.
set -eu
cd "$1"

find sim models tests -type f \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
    xargs -0 "$2" --dry-run -Werror
