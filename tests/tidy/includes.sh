#!/bin/sh
# includes.sh ROOT: prints path:line of every #include below ROOT that goes against the ranks of the
# rooms, and fails if there is one. A room includes its own files and those of lower rank; yaml-cpp
# belongs to sim/config, Boost.Program_options to sim/app, Boost.Graph to .cpp files.
set -eu
cd "$1"

find sim models -type f \( -name '*.hpp' -o -name '*.cpp' \) | LC_ALL=C sort |
    xargs grep -HnE '^[[:space:]]*#[[:space:]]*include' |
    awk '
BEGIN {
    split("kernel stats record workload hardware os interpreter models config report exchange experiment host app",
          name, " ")
    split("0      1     2      3        4        5  6           7      8      8      9        9          9    10",
          number, " ")
    for (i in name) rank[name[i]] = number[i]
}

# sim/kernel/time.hpp -> kernel; models/scenario.hpp -> models
function room_of(path,    part, parts) {
    parts = split(path, part, "/")
    return parts == 2 ? part[1] : part[2]
}

function report(message) {
    print path ":" line ": " message
    failed = 1
}

{
    match($0, /^[^:]*:[0-9]*:/)
    split(substr($0, 1, RLENGTH - 1), place, ":")
    path = place[1]
    line = place[2]
    room = room_of(path)
    included = substr($0, RLENGTH + 1)
    sub(/^[^"<]*["<]/, "", included)
    sub(/[">].*$/, "", included)

    if (!(room in rank))
        report("the room " room " has no rank; give it one in tests/tidy/includes.sh")
    else if (included ~ /^yaml-cpp\// && room != "config")
        report(room " includes " included "; only config may")
    else if (included ~ /^boost\/program_options/ && room != "app")
        report(room " includes " included "; only app may")
    else if (included ~ /^boost\/graph\// && path !~ /\.cpp$/)
        report("a header includes " included "; graphs stay in their .cpp")
    else if ($0 ~ /include[[:space:]]*"/ && included !~ /^(sim|models)\//)
        report("\"" included "\" is not written from the root of the tree")
    else if (included ~ /^(sim|models)\//) {
        other = room_of(included)
        if (!(other in rank))
            report(room " includes " included "; the room " other " has no rank")
        else if (other != room && rank[other] + 0 >= rank[room] + 0)
            report(room " (rank " rank[room] ") includes " included " (rank " rank[other] ")")
    }
}

END { exit failed }
'
