# Sets GGML_FOUND, GGML_INCLUDE_DIR, GGML_LIBRARY and GGML_BASE_LIBRARY: ggml as Debian's libggml-dev installs it, or as an
# installation in GGML_ROOT has it.
set(GGML_ROOT "" CACHE PATH "Where ggml is, if not in the system's folders")
set(library_folders lib "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
find_path(GGML_INCLUDE_DIR ggml-backend.h HINTS "${GGML_ROOT}" PATH_SUFFIXES include)
find_library(GGML_LIBRARY ggml HINTS "${GGML_ROOT}" PATH_SUFFIXES ${library_folders})
find_library(GGML_BASE_LIBRARY ggml-base HINTS "${GGML_ROOT}" PATH_SUFFIXES ${library_folders})
mark_as_advanced(GGML_INCLUDE_DIR GGML_LIBRARY GGML_BASE_LIBRARY)
if(GGML_INCLUDE_DIR AND GGML_LIBRARY AND GGML_BASE_LIBRARY)
  set(GGML_FOUND ON)
else()
  set(GGML_FOUND OFF)
endif()
