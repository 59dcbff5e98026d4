# ternion_require(NAME...): makes each dependency's target, from what is installed, from what cmake/setup.cmake unpacked
# under build/deps, or from the pinned git commit.
include("${CMAKE_CURRENT_LIST_DIR}/dependency_list.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/fetch.cmake")

set(TERNION_DEPS_PREFIX "")
if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/../build/deps/usr")
  get_filename_component(TERNION_DEPS_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../build/deps/usr" ABSOLUTE)
endif()

# PCRE2's packages bring no CMake configuration.
function(ternion_find_pcre2)
  find_path(TERNION_PCRE2_INCLUDE_DIR pcre2.h)
  find_library(TERNION_PCRE2_LIBRARY NAMES pcre2-8 pcre2-8-static)
  mark_as_advanced(TERNION_PCRE2_INCLUDE_DIR TERNION_PCRE2_LIBRARY)
  if(TERNION_PCRE2_INCLUDE_DIR AND EXISTS "${TERNION_PCRE2_LIBRARY}")
    add_library(PCRE2::8BIT UNKNOWN IMPORTED GLOBAL)
    set_target_properties(PCRE2::8BIT PROPERTIES
      IMPORTED_LOCATION "${TERNION_PCRE2_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${TERNION_PCRE2_INCLUDE_DIR}"
      INTERFACE_COMPILE_DEFINITIONS "PCRE2_CODE_UNIT_WIDTH=8")
  endif()
endfunction()

# One script, which is put into the server's page; the target's only purpose is to say that it is there.
function(ternion_find_marked)
  find_file(TERNION_MARKED NAMES marked.umd.min.js marked.umd.js PATHS /usr ${TERNION_DEPS_PREFIX} PATH_SUFFIXES share/nodejs/marked/lib)
  mark_as_advanced(TERNION_MARKED)
  if(TERNION_MARKED)
    add_library(marked::script INTERFACE IMPORTED GLOBAL)
  endif()
endfunction()

# The headers of an installed header-only project may lie among all others of the host, of which a cross compiler must
# see no more than these.
function(ternion_isolate_headers name)
  set(alone "${PROJECT_BINARY_DIR}/headers/${name}")
  get_target_property(directories ${${name}_TARGET} INTERFACE_INCLUDE_DIRECTORIES)
  file(MAKE_DIRECTORY "${alone}")
  foreach(folder IN LISTS ${name}_HEADERS)
    foreach(directory IN LISTS directories)
      if(EXISTS "${directory}/${folder}")
        file(CREATE_LINK "${directory}/${folder}" "${alone}/${folder}" SYMBOLIC)
      endif()
    endforeach()
  endforeach()
  set_target_properties(${${name}_TARGET} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${alone}"
                        INTERFACE_LINK_LIBRARIES "" INTERFACE_COMPILE_DEFINITIONS "")
endfunction()

# Finds an installed NAME; does nothing if its target is there already or if it is not installed.
function(ternion_find name)
  list(APPEND CMAKE_PREFIX_PATH ${TERNION_DEPS_PREFIX})
  if(name STREQUAL "PCRE2" AND NOT TARGET PCRE2::8BIT AND NOT CMAKE_DISABLE_FIND_PACKAGE_PCRE2)
    ternion_find_pcre2()
  endif()
  if(name STREQUAL "Marked" AND NOT TARGET marked::script)
    ternion_find_marked()
  endif()
  if(TARGET ${${name}_TARGET} OR name MATCHES "^(PCRE2|Marked)$")
    return()
  endif()
  if(CMAKE_CROSSCOMPILING)  # the host's headers serve any machine, its libraries none
    if(NOT ${name}_HEADERS)
      return()
    endif()
    set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)
  endif()
  foreach(version IN LISTS ${name}_VERSIONS)
    if(NOT TARGET ${${name}_TARGET})
      find_package(${name} ${version} CONFIG QUIET GLOBAL)
    endif()
  endforeach()
  if(CMAKE_CROSSCOMPILING AND TARGET ${${name}_TARGET})
    ternion_isolate_headers(${name})
  endif()
endfunction()

function(ternion_require)
  foreach(name IN LISTS ARGN)
    ternion_find(${name})
    if(NOT TARGET ${${name}_TARGET} AND TERNION_FETCH)
      ternion_fetch(${name})
    endif()
    if(NOT TARGET ${${name}_TARGET})
      list(GET ${name}_VERSIONS 0 minimum)
      message(FATAL_ERROR " ternion needs ${name} ${minimum} or newer, and TERNION_FETCH is off. "
                          "On Debian the package is ${${name}_PACKAGE}; `cmake -P cmake/setup.cmake` gets it.")
    endif()
  endforeach()
endfunction()
