# Makes what the scenarios print now what they must print. A run that fails is not approved, and
# does not keep the others from it.
#
#   cmake -D program=… -D scenarios=… -D pictures=… -D folder=… -D scratch=… -P approve.cmake

include("${CMAKE_CURRENT_LIST_DIR}/run_scenario.cmake")

set(failures "")

# Further arguments are options of the run.
function(approve scenario name)
    try_scenario("${scenario}" "${scratch}/approved" failure ${ARGN})
    if(failure)
        string(APPEND failures "\n  ${failure}")
    else()
        file(COPY_FILE "${scratch}/approved" "${folder}/${name}.expected" ONLY_IF_DIFFERENT)
    endif()
    set(failures "${failures}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${scratch}")
foreach(scenario IN LISTS scenarios)
    cmake_path(GET scenario STEM name)
    approve("${scenario}" "${name}")
endforeach()
approve("${pictures}" switches --timehist --map)
if(failures)
    message(FATAL_ERROR "not approved:${failures}")
endif()
