# The library: headers, the language level and the two dependencies. No -march: whoever compiles chooses the machine.
file(GLOB_RECURSE ternion_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/ternion/*.hpp")

add_library(ternion INTERFACE)
add_library(ternion::ternion ALIAS ternion)
target_compile_features(ternion INTERFACE cxx_std_20)
# A set of its own for the header that demands compiler flags.
set(ternion_openmp_header "${PROJECT_SOURCE_DIR}/include/ternion/core/openmp.hpp")
list(REMOVE_ITEM ternion_headers "${ternion_openmp_header}")
# And one for the header that demands MPI's.
set(ternion_mpi_header "${PROJECT_SOURCE_DIR}/include/ternion/distributed/mpi.hpp")
list(REMOVE_ITEM ternion_headers "${ternion_mpi_header}")
# And one for the machines whose intrinsics' headers x86-64 compilers lack.
set(ternion_other_isas ${ternion_headers})
list(FILTER ternion_other_isas INCLUDE REGEX "/(isa/(neon|sve|rvv|wasm)|core/cpu_aarch64)")
list(REMOVE_ITEM ternion_headers ${ternion_other_isas})
target_sources(ternion INTERFACE
  FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${ternion_headers}
  FILE_SET openmp TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES "${ternion_openmp_header}"
  FILE_SET mpi TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES "${ternion_mpi_header}"
  FILE_SET other_isas TYPE HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${ternion_other_isas})
target_link_libraries(ternion INTERFACE xsimd Eigen3::Eigen)

# `all_verify_interface_header_sets` compiles each header alone.
set_target_properties(ternion PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL}
                                         INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
