# The component `c` of an installed ternion: the C interface as ternion::c, shared, and ternion::c_static, which a project that
# has C alone must link with the C++ library, too.
if(NOT EXISTS "${CMAKE_CURRENT_LIST_DIR}/ternionCTargets.cmake")
  set(ternion_c_FOUND FALSE)
  set(ternion_NOT_FOUND_MESSAGE "this ternion was installed without its component c")
else()
  include("${CMAKE_CURRENT_LIST_DIR}/ternionCTargets.cmake")
  set(ternion_c_FOUND TRUE)
endif()
