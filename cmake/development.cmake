# For tests, examples and benchmarks only; none of this is exported.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

# Errors with CMAKE_COMPILE_WARNING_AS_ERROR, which CI and the presets of developers set: another compiler than those of CI
# may warn of something else, and that must not stop a user's build.
add_library(ternion_warnings INTERFACE)
target_compile_options(ternion_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# GCC 12 takes `"text" + std::string` for overlapping copies (its bug 105651), insertion at a vector's end for one past it, and loads
# and stores of a constant distance in loops that a short constant array never enters for ones past its end.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(ternion_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()

add_library(ternion_arch INTERFACE)
separate_arguments(arch_flags UNIX_COMMAND "${TERNION_ARCH_FLAGS}")
target_compile_options(ternion_arch INTERFACE ${arch_flags})
# What -march=native says of some CPUs, Clang 19 finds contradictory itself; 18 was the first to have the warning.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 18)
  target_compile_options(ternion_arch INTERFACE -Wno-invalid-feature-combination)
endif()

# Empty where the compiler has no OpenMP: whoever links it then runs serially.
add_library(ternion_openmp INTERFACE)
find_package(OpenMP QUIET COMPONENTS CXX)
if(OpenMP_CXX_FOUND)
  target_link_libraries(ternion_openmp INTERFACE OpenMP::OpenMP_CXX)
endif()
