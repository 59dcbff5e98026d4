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
install(EXPORT ternionTargets NAMESPACE ternion:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/ternionConfig.cmake.in "${PROJECT_BINARY_DIR}/ternionConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
# ARCH_INDEPENDENT: headers only, so a 32-bit consumer may use them too.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ternionConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/ternionConfig.cmake" "${PROJECT_BINARY_DIR}/ternionConfigVersion.cmake"
              cmake/dispatch.cmake cmake/ternion_bitnet.cmake DESTINATION "${package_dir}")
