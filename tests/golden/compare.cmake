# The golden test of one scenario: the table is as expected, every `expect` is met, and two runs
# print the same JSON but for what they cost.
#
#   cmake -D program=… -D scenario=… -D expected=… -D scratch=… -D diff=… -P compare.cmake
#
# -D options=…: of the run whose table is compared.

include("${CMAKE_CURRENT_LIST_DIR}/run_scenario.cmake")

function(run_scenario file)
    try_scenario("${scenario}" "${file}" failure ${ARGN})
    if(failure)
        message(FATAL_ERROR "${failure}")
    endif()
endfunction()

# Stops with the difference if the two files are not the same, byte for byte.
function(require_same wanted found advice)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E compare_files "${wanted}" "${found}"
        RESULT_VARIABLE differs
        ERROR_QUIET)
    if(NOT differs)
        return()
    endif()
    set(difference "${wanted} and ${found}\n")
    if(diff)
        execute_process(COMMAND "${diff}" -u "${wanted}" "${found}" OUTPUT_VARIABLE difference)
    endif()
    message("${difference}")
    message(FATAL_ERROR "${scenario}: ${advice}")
endfunction()

# Writes the JSON without "cost", its last field.
function(run_without_cost file)
    run_scenario("${file}" --json)
    file(READ "${file}" json)
    string(FIND "${json}" "\"cost\"" cost REVERSE)
    if(cost LESS 0)
        message(FATAL_ERROR "${scenario}: the JSON has no \"cost\"")
    endif()
    string(SUBSTRING "${json}" 0 ${cost} json)
    file(WRITE "${file}" "${json}")
endfunction()

file(MAKE_DIRECTORY "${scratch}")
run_scenario("${scratch}/table" ${options})
if(NOT EXISTS "${expected}")
    message(FATAL_ERROR "${scenario}: ${expected} does not exist; the target `approve` writes it")
endif()
require_same("${expected}" "${scratch}/table"
             "the output has changed; if that is right, build the target `approve`")
run_without_cost("${scratch}/first.json")
run_without_cost("${scratch}/second.json")
require_same("${scratch}/first.json" "${scratch}/second.json" "two runs differ")
