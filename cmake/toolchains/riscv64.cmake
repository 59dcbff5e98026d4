# RISC-V 64 Linux by Clang 19 with the libraries of Debian's cross compiler, run under qemu-user. xsimd wants RVV of a
# length that is known when compiling: -march=rv64gcv_zvl128b -mrvv-vector-bits=zvl, and the CPU's vlen to match.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET riscv64-linux-gnu)
# No system for that machine is needed to run it.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

set(TERNION_EMULATED_CPU rv64,v=true,vlen=128,vext_spec=v1.0 CACHE STRING "The CPU that qemu emulates")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64 -cpu "${TERNION_EMULATED_CPU}")
