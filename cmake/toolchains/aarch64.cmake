# AArch64 Linux by Debian's cross compiler, run under qemu-user. TERNION_EMULATED_CPU is a CPU of qemu's: an instruction
# that this CPU lacks ends the program, so that a build shows that it needs no more than it was compiled for.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Notes of how GCC passed some types before version 10.
set(CMAKE_CXX_FLAGS_INIT -Wno-psabi)
# No system for that machine is needed to run it.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

set(TERNION_EMULATED_CPU max CACHE STRING "The CPU that qemu emulates")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu "${TERNION_EMULATED_CPU}")
