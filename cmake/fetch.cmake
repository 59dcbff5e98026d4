# The fallback of ternion_require: a dependency from git, at its pinned commit.
include(FetchContent)
set(TERNION_FETCH_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/fetch_commit.cmake")

# Makes TARGET out of a header-only project's include folder. An imported target, so that ternion can still be exported.
function(ternion_adopt_headers target include_dir)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} INTERFACE "${include_dir}")
endfunction()

# Warnings of a dependency's headers are not ours.
function(ternion_mark_as_system target)
  get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
endfunction()

macro(ternion_fetch_set option value)
  set(${option} ${value} CACHE INTERNAL "chosen by ternion")
endmacro()

function(ternion_fetch name)
  message(STATUS "ternion: ${name} is not installed: fetching ${${name}_TAG} (${${name}_COMMIT}) from ${${name}_GIT}")
  # Without this folder, MakeAvailable only downloads; the compiled projects below are added by hand.
  FetchContent_Declare(ternion_${name} SOURCE_SUBDIR none
    DOWNLOAD_COMMAND "${CMAKE_COMMAND}" -D "URL=${${name}_GIT}" -D "COMMIT=${${name}_COMMIT}"
                     -D "DIRECTORY=<SOURCE_DIR>" -P "${TERNION_FETCH_SCRIPT}")
  string(TOLOWER "ternion_${name}" lower)
  FetchContent_MakeAvailable(ternion_${name})
  set(source "${${lower}_SOURCE_DIR}")
  set(binary "${${lower}_BINARY_DIR}")

  if(name STREQUAL "xsimd" OR name STREQUAL "CLI11" OR name STREQUAL "nlohmann_json")
    ternion_adopt_headers(${${name}_TARGET} "${source}/include")
  elseif(name STREQUAL "Eigen3")
    ternion_adopt_headers(Eigen3::Eigen "${source}")
  elseif(name STREQUAL "Catch2")
    add_subdirectory("${source}" "${binary}" EXCLUDE_FROM_ALL)
    ternion_mark_as_system(Catch2)
    set(Catch2_DIR "${source}/extras" CACHE PATH "Where Catch.cmake is" FORCE)
  elseif(name STREQUAL "benchmark")
    ternion_fetch_set(BENCHMARK_ENABLE_TESTING OFF)
    ternion_fetch_set(BENCHMARK_ENABLE_INSTALL OFF)
    add_subdirectory("${source}" "${binary}" EXCLUDE_FROM_ALL)
    ternion_mark_as_system(benchmark)
  elseif(name STREQUAL "PCRE2")
    ternion_fetch_set(PCRE2_BUILD_PCRE2GREP OFF)
    ternion_fetch_set(PCRE2_BUILD_TESTS OFF)
    add_subdirectory("${source}" "${binary}" EXCLUDE_FROM_ALL)
    add_library(PCRE2::8BIT INTERFACE IMPORTED GLOBAL)
    target_link_libraries(PCRE2::8BIT INTERFACE pcre2-8-static)
    target_include_directories(PCRE2::8BIT INTERFACE "${binary}")
    target_compile_definitions(PCRE2::8BIT INTERFACE PCRE2_CODE_UNIT_WIDTH=8 PCRE2_STATIC)
  endif()
endfunction()
