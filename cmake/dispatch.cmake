# ternion_add_dispatched(TARGET SOURCES FILE... [ISAS NAME...]): runtime dispatch. Compiles the sources once for each of
# the instruction sets, all those of the processor if none is named, and adds them to TARGET, in which TERNION_ISAS then lists
# them, best first, for ternion::Dispatcher (simd/dispatch.hpp). The sources see the target's include folders,
# definitions and options, and TERNION_ISA, the instruction set that they are compiled for. docs/isas.md shows such a source.

# The rows of the processor that is compiled for, "NAME: FLAGS", best first; none where there is nothing to choose from. They
# are stated once, in the header that says what a machine needs for each.
if(NOT ternion_INCLUDE_DIR)  # which an installed package knows
  set(ternion_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../include")
endif()
set(TERNION_CPU_HEADERS "${ternion_INCLUDE_DIR}/ternion/core/cpu_" CACHE INTERNAL "Where ternion's instruction sets are")
function(ternion_dispatch_table result)
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
  set(rows "")
  if(processor MATCHES "^(x86_64|amd64)$")
    file(READ "${TERNION_CPU_HEADERS}x86.hpp" header)
  elseif(processor MATCHES "^(aarch64|arm64)$")
    file(READ "${TERNION_CPU_HEADERS}aarch64.hpp" header)
  endif()
  string(REGEX MATCHALL "name = \"[^\"]+\",[ \n]+flags = \"[^\"]+\"" rows "${header}")
  list(TRANSFORM rows REPLACE "name = \"(.+)\",.*\"(.+)\"" "\\1: \\2")
  list(REVERSE rows)
  set(${result} "${rows}" PARENT_SCOPE)
endfunction()

# The sources as an object library of one instruction set.
function(ternion_dispatched_objects target isa flags)
  set(objects ${target}_${isa})
  add_library(${objects} OBJECT ${ARGN})
  target_link_libraries(${objects} PRIVATE ternion::ternion)
  target_include_directories(${objects} PRIVATE "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  target_compile_definitions(${objects} PRIVATE "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>"
                                                TERNION_ISA=::ternion::isas::${isa})
  separate_arguments(flags UNIX_COMMAND "${flags}")
  # Unoptimised, everything inline is a function of its own, of which the linker may keep this one for the whole program.
  target_compile_options(${objects} PRIVATE "$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>" $<$<CONFIG:Debug>:-O2> ${flags})
  get_target_property(type ${target} TYPE)
  get_target_property(position_independent ${target} POSITION_INDEPENDENT_CODE)
  if(position_independent OR type MATCHES "SHARED|MODULE")
    set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  get_target_property(visibility ${target} CXX_VISIBILITY_PRESET)
  if(visibility)
    set_target_properties(${objects} PROPERTIES CXX_VISIBILITY_PRESET ${visibility})
  endif()
  set_target_properties(${objects} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
endfunction()

function(ternion_add_dispatched target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ISAS")
  if(NOT TARGET ${target} OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR " ternion_add_dispatched: expected a target, SOURCES and maybe ISAS, found: ${ARGV}")
  endif()
  if(TARGET ${target}_baseline)
    message(FATAL_ERROR " ternion_add_dispatched: ${target} has its dispatched sources already; name all in one call")
  endif()
  ternion_dispatch_table(table)
  set(names ${table})
  list(TRANSFORM names REPLACE ":.*" "")
  foreach(isa IN LISTS arg_ISAS)
    if(NOT isa IN_LIST names)
      list(JOIN names ", " expected)
      message(FATAL_ERROR " ternion_add_dispatched: unknown instruction set '${isa}' for ${CMAKE_SYSTEM_PROCESSOR}: expected some of ${expected}")
    endif()
  endforeach()

  set(isas "")
  foreach(row IN LISTS table)
    string(REGEX MATCH "^[^:]*" isa "${row}")
    string(REGEX REPLACE "^[^:]*: " "" flags "${row}")
    # The program must run somewhere: the baseline is always among them.
    if(NOT arg_ISAS OR isa IN_LIST arg_ISAS OR isa STREQUAL "baseline")
      ternion_dispatched_objects(${target} ${isa} "${flags}" ${arg_SOURCES})
      list(APPEND isas ::ternion::isas::${isa})
    endif()
  endforeach()
  if(isas)
    list(JOIN isas "," isas)
    target_compile_definitions(${target} PRIVATE "TERNION_ISAS=${isas}")
  else()  # with this unit's own flags, which is TERNION_ISAS where nothing says otherwise
    target_sources(${target} PRIVATE ${arg_SOURCES})
  endif()
endfunction()
