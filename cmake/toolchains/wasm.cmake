# WebAssembly by Emscripten, run by Node.js. Emscripten's own toolchain file does most of it.
execute_process(COMMAND em-config EMSCRIPTEN_ROOT OUTPUT_VARIABLE emscripten OUTPUT_STRIP_TRAILING_WHITESPACE)
include("${emscripten}/cmake/Modules/Platform/Emscripten.cmake")
set(CMAKE_EXE_LINKER_FLAGS_INIT -sALLOW_MEMORY_GROWTH=1)
# Emscripten 3.1 would take the fetch of newer Node.js for a browser's.
set(CMAKE_CROSSCOMPILING_EMULATOR node --no-experimental-fetch)
