# Consumes ternion in one way, WAY, from a fresh folder WORK: copies a project into it that knows nothing of this
# repository, builds and runs it there. What a project has besides its own folder is its program.
#   installed      cmake --install of the build BUILD, then find_package
#   embedded       as installed, with the engine: examples/embed_decoder, which answers by the shipped model
#   subproject     FetchContent of the source folder
#   dispatched     as installed, with kernels of its own for each instruction set of the processor
#   pinned_git     the same where no dependency is installed: git repositories of their headers stand in for upstream's
#   c              cmake --install of libternion alone, then pkg-config, and find_package in a project without C++
#   single_header  what cmake/single_header.sh writes, and nothing but the compiler and xsimd
#   copied         include/ternion copied into a folder, and nothing but the compiler
# COMPILER, INCLUDES (of the dependencies) and GENERATOR are those of the build.
cmake_minimum_required(VERSION 3.24)
get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build project program)
  file(COPY "${program}" "${CMAKE_CURRENT_LIST_DIR}/${project}/" DESTINATION "${WORK}/project")
  run("${CMAKE_COMMAND}" -S "${WORK}/project" -B "${WORK}/build" -G "${GENERATOR}"
      -D "CMAKE_CXX_COMPILER=${COMPILER}" -D CMAKE_BUILD_TYPE=Release ${ARGN})
  run("${CMAKE_COMMAND}" --build "${WORK}/build")
endfunction()

function(build_and_run project)
  build(${project} "${CMAKE_CURRENT_LIST_DIR}/main.cpp" ${ARGN})
  run("${WORK}/build/consumer")
endfunction()

# Makes a git repository of a dependency's installed headers, and the arguments that put it in upstream's place.
function(stand_in name folder headers)
  set(repository "${WORK}/git/${name}")
  file(COPY "${headers}" DESTINATION "${repository}/${folder}")
  run(git -C "${repository}" init --quiet)
  run(git -C "${repository}" add --all)
  run(git -C "${repository}" -c user.name=test -c user.email=test@localhost commit --quiet -m "Installed headers")
  execute_process(COMMAND git -C "${repository}" rev-parse HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(TOUPPER "${name}" upper)
  set(arguments ${arguments} -D "TERNION_${upper}_GIT=file://${repository}" -D "TERNION_${upper}_COMMIT=${commit}"
      -D "CMAKE_DISABLE_FIND_PACKAGE_${name}=ON" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
if(WAY STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  build_and_run(installed -D "CMAKE_PREFIX_PATH=${WORK}/prefix")
elseif(WAY STREQUAL "dispatched")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  build(dispatched "${CMAKE_CURRENT_LIST_DIR}/dispatched/main.cpp" -D "CMAKE_PREFIX_PATH=${WORK}/prefix")
  run("${WORK}/build/consumer")
  file(GLOB objects "${WORK}/build/CMakeFiles/consumer_*.dir/kernel.cpp.*")
  foreach(object IN LISTS objects)
    run(sh "${source}/tests/link/weak_symbols.sh" "${object}" ".*Multiply::operator")
  endforeach()
  execute_process(COMMAND "${CMAKE_COMMAND}" -D ISAS=no-such "${WORK}/build" OUTPUT_QUIET ERROR_VARIABLE error)
  if(NOT error MATCHES "unknown instruction set 'no-such'")
    message(FATAL_ERROR "an instruction set that isn't there was not refused: ${error}")
  endif()
elseif(WAY STREQUAL "embedded")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  build(embedded "${source}/examples/embed_decoder/main.cpp" -D "CMAKE_PREFIX_PATH=${WORK}/prefix")
  execute_process(COMMAND "${WORK}/build/embed_decoder" "${source}/examples/models/small.gguf" "What is 123 + 45?"
                  OUTPUT_VARIABLE answer COMMAND_ERROR_IS_FATAL ANY)
  message("${answer}")
  if(NOT answer MATCHES "168\n$")
    message(FATAL_ERROR "expected 168, found: ${answer}")
  endif()
  message("ternion 0.1 consumed, with its engine")
elseif(WAY STREQUAL "subproject")
  build_and_run(subproject -D "TERNION_SOURCE=${source}")
elseif(WAY STREQUAL "pinned_git")
  list(REMOVE_DUPLICATES INCLUDES)
  foreach(directory IN LISTS INCLUDES)
    if(EXISTS "${directory}/xsimd/xsimd.hpp")
      stand_in(xsimd include "${directory}/xsimd")
    endif()
    if(EXISTS "${directory}/Eigen/Core")
      stand_in(Eigen3 . "${directory}/Eigen")
    endif()
  endforeach()
  build_and_run(subproject -D "TERNION_SOURCE=${source}" ${arguments})
  if(NOT EXISTS "${WORK}/build/_deps/ternion_xsimd-src/.git" OR NOT EXISTS "${WORK}/build/_deps/ternion_eigen3-src/.git")
    message(FATAL_ERROR "the dependencies did not come from git")
  endif()
elseif(WAY STREQUAL "c")
  foreach(component IN ITEMS c c_dev)
    run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --component ${component})
  endforeach()
  run(sh "${CMAKE_CURRENT_LIST_DIR}/c/pkg_config.sh" "${WORK}/prefix" "${source}" "${WORK}")
  build(c "${source}/examples/c_interface/main.c" -D "CMAKE_PREFIX_PATH=${WORK}/prefix"
        -D CMAKE_DISABLE_FIND_PACKAGE_xsimd=ON)
  run("${WORK}/build/consumer")
elseif(WAY STREQUAL "single_header")
  execute_process(COMMAND sh "${source}/cmake/single_header.sh" OUTPUT_FILE "${WORK}/ternion_single.hpp"
                  COMMAND_ERROR_IS_FATAL ANY)
  file(STRINGS "${WORK}/ternion_single.hpp" includes REGEX "^ *# *include *(\"|<Eigen|<ternion)")
  if(includes)
    message(FATAL_ERROR "the single header includes what it should hold, or Eigen: ${includes}")
  endif()
  # Two units that use it, one of them with the run-time layer.
  file(READ "${source}/examples/quickstart/main.cpp" program)
  string(REPLACE "<ternion/ternion.hpp>" "\"ternion_single.hpp\"" program "${program}")
  file(WRITE "${WORK}/main.cpp" "${program}")
  file(WRITE "${WORK}/kernels.cpp" "#include \"ternion_single.hpp\"\n"
    "using Packings = ternion::type_list<ternion::I2S>;\n"
    "template const ternion::KernelTable& ternion::KernelTableOf<Packings>::operator()<TERNION_ISA>(TERNION_ISA) const;\n")
  list(TRANSFORM INCLUDES PREPEND "-I")
  run("${COMPILER}" -std=c++20 -O1 ${ARCH_FLAGS} "-I${WORK}" ${INCLUDES} "${WORK}/main.cpp" "${WORK}/kernels.cpp"
      -o "${WORK}/consumer")
  execute_process(COMMAND "${WORK}/consumer" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output MATCHES "^123 -123 2 1[.]1[0-9]* -0[.]37[0-9]* 1[.]2[0-9]* \n$")
    message(FATAL_ERROR "expected the numbers of the quickstart, found: ${output}")
  endif()
  message("ternion 0.1 consumed, as one header")
elseif(WAY STREQUAL "copied")
  file(COPY "${source}/include/ternion" DESTINATION "${WORK}/third_party")
  list(TRANSFORM INCLUDES PREPEND "-I")
  run("${COMPILER}" -std=c++20 -O2 ${ARCH_FLAGS} "-I${WORK}/third_party" ${INCLUDES}
      "${CMAKE_CURRENT_LIST_DIR}/main.cpp" -o "${WORK}/consumer")
  run("${WORK}/consumer")
else()
  message(FATAL_ERROR "no such way of consuming: '${WAY}'")
endif()
