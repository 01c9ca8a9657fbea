# What compare.cmake and approve.cmake have in common.

# Runs the scenario; standard output goes to the file. `failure` is empty, or says what went
# wrong: an `expect` that is not met, a deadlock nobody asked for and a broken scenario are
# failures here, whatever is printed.
function(try_scenario scenario file failure)
    execute_process(
        COMMAND "${program}" run "${scenario}" ${ARGN}
        OUTPUT_FILE "${file}"
        ERROR_VARIABLE said
        RESULT_VARIABLE result)
    set(${failure} "" PARENT_SCOPE)
    if(NOT result EQUAL 0)
        file(READ "${file}" printed)
        message("${said}${printed}")  # as it is: an error's text would be broken into lines anew
        set(${failure} "${scenario}: exit code ${result}" PARENT_SCOPE)
    endif()
endfunction()
