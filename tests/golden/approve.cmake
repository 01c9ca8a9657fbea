# Makes what the scenarios print now what they must print. A run that fails is not approved, and
# does not keep the others from it.
#
#   cmake -D program=… -D scenarios=… -D folder=… -D scratch=… -P approve.cmake

include("${CMAKE_CURRENT_LIST_DIR}/run_scenario.cmake")

file(MAKE_DIRECTORY "${scratch}")
set(failures "")
foreach(scenario IN LISTS scenarios)
    cmake_path(GET scenario STEM name)
    try_scenario("${scenario}" "${scratch}/approved" failure)
    if(failure)
        string(APPEND failures "\n  ${failure}")
    else()
        file(COPY_FILE "${scratch}/approved" "${folder}/${name}.expected" ONLY_IF_DIFFERENT)
    endif()
endforeach()
if(failures)
    message(FATAL_ERROR "not approved:${failures}")
endif()
