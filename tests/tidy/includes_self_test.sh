#!/bin/sh
# includes_self_test.sh HERE: the check of includes finds what is wrong with the fixture, and no more.
set -eu
here=$1

found=$("$here/includes.sh" "$here/fixture") && {
    echo "the fixture passed"
    exit 1
}
printf '%s\n' "$found" | diff -u "$here/fixture/expected" -
