# Packages for Debian by CPack, of what this build installs: libternion1 with the shared library, and libternion-dev with the
# headers of C and C++, the static library, ternion.pc and the files for CMake. cmake/packaging/debian.sh makes and checks them.
set(package_doc "${CMAKE_INSTALL_DATAROOTDIR}/doc")
set(made "${PROJECT_BINARY_DIR}/debian")
set(TERNION_PACKAGER "ternion contributors <ternion@localhost>" CACHE STRING "Who makes the packages: NAME <ADDRESS>")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${CMAKE_CURRENT_LIST_DIR}/debian/changelog.in" "${made}/changelog" @ONLY)
configure_file("${PROJECT_SOURCE_DIR}/LICENSE" "${made}/copyright" COPYONLY)
configure_file("${CMAKE_CURRENT_LIST_DIR}/debian/shlibs.in" "${made}/shlibs" @ONLY)
execute_process(COMMAND gzip --best --no-name --force "${made}/changelog" RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  return()  # no Debian
endif()
foreach(pair IN ITEMS c:libternion1 c_dev:libternion-dev)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 component)
  list(GET pair 1 package)
  install(FILES "${made}/copyright" DESTINATION "${package_doc}/${package}" COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES "${made}/changelog.gz" DESTINATION "${package_doc}/${package}" RENAME changelog.gz
          COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

install(FILES "${CMAKE_CURRENT_LIST_DIR}/debian/lintian-overrides" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides"
        RENAME libternion1 COMPONENT c EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ternion)
set(CPACK_PACKAGE_CONTACT "${TERNION_PACKAGER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exact ternary linear algebra for C and C++")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL c c_dev Unspecified)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_C_GROUP library)
set(CPACK_COMPONENT_C_DEV_GROUP dev)
set(CPACK_COMPONENT_UNSPECIFIED_GROUP dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libternion1)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "Matrices whose weights are -1, 0 or +1, as in the language models of the
BitNet family, are multiplied exactly and as fast as memory is read.

This package contains the shared library of the C interface.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/debian/triggers" "${made}/shlibs")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libternion-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libternion1 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "libxsimd-dev (>= 13), libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_DEV_DESCRIPTION "Matrices whose weights are -1, 0 or +1, as in the language models of the
BitNet family, are multiplied exactly and as fast as memory is read.

This package contains the header of the C interface and its static library,
and the header-only library for C++20, which needs xsimd and Eigen.")
include(CPack)
