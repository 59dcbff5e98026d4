# The dependencies by who needs them. For each: the versions accepted (one per incompatible major), the target that a
# user links, Debian's package, and the release that stands in where no package is found. HEADERS are the folders of a
# header-only project below its include folder.
set(TERNION_LIBRARY_DEPENDENCIES xsimd Eigen3)
set(TERNION_TEST_DEPENDENCIES Catch2)
set(TERNION_EXAMPLE_DEPENDENCIES CLI11 nlohmann_json PCRE2)
# Not fetched: without Boost there is no server, without Marked its page shows Markdown as it was written.
set(TERNION_SERVER_DEPENDENCIES Boost Marked)
set(TERNION_BENCHMARK_DEPENDENCIES benchmark)

function(ternion_declare name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TARGET;PACKAGE;GIT;TAG;COMMIT" "VERSIONS;HEADERS")
  foreach(field IN ITEMS VERSIONS HEADERS TARGET PACKAGE TAG)
    set(${name}_${field} "${arg_${field}}" PARENT_SCOPE)
  endforeach()
  # The address and the commit can be overridden, for a mirror or a local clone.
  string(TOUPPER "${name}" upper)
  foreach(field IN ITEMS GIT COMMIT)
    if(DEFINED TERNION_${upper}_${field})
      set(arg_${field} "${TERNION_${upper}_${field}}")
    endif()
    set(${name}_${field} "${arg_${field}}" PARENT_SCOPE)
  endforeach()
endfunction()

ternion_declare(xsimd VERSIONS 13 14 HEADERS xsimd TARGET xsimd PACKAGE libxsimd-dev
                GIT https://github.com/xtensor-stack/xsimd.git
                TAG 13.2.0 COMMIT 1f8dd9c8e162968d9b4ff0251c56d431b8777f36)
ternion_declare(Eigen3 VERSIONS 3.4 5 HEADERS Eigen TARGET Eigen3::Eigen PACKAGE libeigen3-dev
                GIT https://gitlab.com/libeigen/eigen.git
                TAG 3.4.0 COMMIT 3147391d946bb4b6c68edd901f2add6ac1f31f8c)
ternion_declare(Catch2 VERSIONS 3 TARGET Catch2::Catch2WithMain PACKAGE libcatch2-dev
                GIT https://github.com/catchorg/Catch2.git
                TAG 3.7.1 COMMIT fa43b77429ba76c462b1898d6cd2f2d7a9416b14)
ternion_declare(benchmark VERSIONS 1.6 TARGET benchmark::benchmark PACKAGE libbenchmark-dev
                GIT https://github.com/google/benchmark.git
                TAG 1.9.1 COMMIT c58e6d0710581e3a08d65c349664128a8d9a2461)
ternion_declare(CLI11 VERSIONS 2.1 TARGET CLI11::CLI11 PACKAGE libcli11-dev
                GIT https://github.com/CLIUtils/CLI11.git
                TAG 2.4.2 COMMIT 6c7b07a878ad834957b98d0f9ce1dbe0cb204fc9)
ternion_declare(nlohmann_json VERSIONS 3.9 HEADERS nlohmann TARGET nlohmann_json::nlohmann_json PACKAGE nlohmann-json3-dev
                GIT https://github.com/nlohmann/json.git
                TAG 3.11.3 COMMIT 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03)
ternion_declare(Boost VERSIONS 1.74 TARGET Boost::headers PACKAGE libboost-dev TAG 1.74.0)
ternion_declare(Marked VERSIONS 4 TARGET marked::script PACKAGE node-marked TAG 4.2.3)
ternion_declare(PCRE2 VERSIONS 10.30 TARGET PCRE2::8BIT PACKAGE libpcre2-dev
                GIT https://github.com/PCRE2Project/pcre2.git
                TAG 10.44 COMMIT 6ae58beca071f13ccfed31d03b3f479ab520639b)
