include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ternion")

install(TARGETS ternion EXPORT ternionTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
                                              FILE_SET openmp DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
                                              FILE_SET mpi DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
                                              FILE_SET other_isas DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
# The engine, which install_bitnet adds where the examples are built, is a component of its own.
function(install_bitnet)
  install(TARGETS bitnet EXPORT ternionBitnetTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT bitnet OPTIONAL
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT bitnet)
  install(EXPORT ternionBitnetTargets NAMESPACE ternion:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/ternion" COMPONENT bitnet)
endfunction()
# The C interface: component c is what programs run with, c_dev what they are built with, by pkg-config (which finds the rest
# from where ternion.pc lies) or by CMake.
function(install_c_interface)
  set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ternion")
  install(TARGETS ternion_c ternion_c_static EXPORT ternionCTargets
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c NAMELINK_COMPONENT c_dev OPTIONAL
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c_dev OPTIONAL
          FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT c_dev)
  install(EXPORT ternionCTargets NAMESPACE ternion:: DESTINATION "${config_dir}" COMPONENT c_dev)
  install(FILES "${PROJECT_BINARY_DIR}/ternionConfig.cmake" "${PROJECT_BINARY_DIR}/ternionConfigVersion.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/ternion_c.cmake" DESTINATION "${config_dir}" COMPONENT c_dev)
  file(RELATIVE_PATH prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/ternion.pc.in" "${PROJECT_BINARY_DIR}/ternion.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/ternion.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT c_dev)
endfunction()
install(EXPORT ternionTargets NAMESPACE ternion:: DESTINATION "${package_dir}")
set(deps_prefix "${TERNION_DEPS_PREFIX}")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")  # a package for other machines, where this folder isn't
  set(deps_prefix "")
endif()
configure_package_config_file(cmake/ternionConfig.cmake.in "${PROJECT_BINARY_DIR}/ternionConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
# ARCH_INDEPENDENT: headers only, so a 32-bit consumer may use them too.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ternionConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/ternionConfig.cmake" "${PROJECT_BINARY_DIR}/ternionConfigVersion.cmake"
              cmake/dispatch.cmake cmake/ternion_bitnet.cmake cmake/ternion_c.cmake DESTINATION "${package_dir}")
