# Gets one COMMIT of a git repository (URL) into DIRECTORY: that commit alone where the server allows it, else with all
# of its history.
find_program(GIT git)
if(NOT GIT)
  message(FATAL_ERROR " ternion: git is needed to fetch ${URL}, and was not found")
endif()

function(git result)
  execute_process(COMMAND "${GIT}" -c advice.detachedHead=false ${ARGN} WORKING_DIRECTORY "${DIRECTORY}"
                  RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE error OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(${result} ${status} PARENT_SCOPE)
  set(git_error "${error}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${DIRECTORY}")
file(MAKE_DIRECTORY "${DIRECTORY}")
git(status init --quiet)
git(status fetch --quiet --depth 1 "${URL}" "${COMMIT}")
if(NOT status EQUAL 0)
  git(status fetch --quiet "${URL}" "+refs/*:refs/fetched/*")
endif()
if(status EQUAL 0)
  git(status checkout --quiet "${COMMIT}")
endif()
if(NOT status EQUAL 0)
  message(FATAL_ERROR " ternion: can't fetch commit ${COMMIT} of ${URL}: ${git_error}")
endif()
