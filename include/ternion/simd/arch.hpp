#pragma once

// The instruction sets that a unit can be compiled for by ternion_add_dispatched (cmake/dispatch.cmake has the flags of
// each), as types: TERNION_ARCH is the one that this unit is compiled for, TERNION_ARCHS lists those of the program.

#include <string_view>

#include "cpu.hpp"

namespace ternion::archs {

/// A unit's own flags: that of programs without dispatch.
struct own_flags {
    static constexpr std::string_view name = "default";
    static constexpr CpuFeatures features = enabled_features;
};

/// What every machine of the kind has: SSE2 on x86-64, NEON on AArch64.
struct baseline {
    static constexpr std::string_view name = "baseline";
    static constexpr CpuFeatures features = 0;
};

#if defined(__x86_64__)
/// x86-64-v2.
struct sse4 {
    static constexpr std::string_view name = "sse4";
    static constexpr CpuFeatures features = cpu::v2;
};
/// x86-64-v3, with FMA and F16C.
struct avx2 {
    static constexpr std::string_view name = "avx2";
    static constexpr CpuFeatures features = cpu::v3;
};
struct avxvnni {
    static constexpr std::string_view name = "avxvnni";
    static constexpr CpuFeatures features = cpu::v3 | cpu::avxvnni;
};
/// x86-64-v4.
struct avx512bw {
    static constexpr std::string_view name = "avx512bw";
    static constexpr CpuFeatures features = cpu::v4;
};
struct avx512vnni {
    static constexpr std::string_view name = "avx512vnni";
    static constexpr CpuFeatures features = cpu::v4 | cpu::avx512vnni;
};
struct avx512vbmi {
    static constexpr std::string_view name = "avx512vbmi";
    static constexpr CpuFeatures features = avx512vnni::features | cpu::avx512ifma | cpu::avx512vbmi;
};
#elif defined(__aarch64__)
/// Armv8.2 with dot products.
struct dotprod {
    static constexpr std::string_view name = "dotprod";
    static constexpr CpuFeatures features = cpu::crc32 | cpu::atomics | cpu::rdma | cpu::dotprod;
};
struct i8mm {
    static constexpr std::string_view name = "i8mm";
    static constexpr CpuFeatures features = dotprod::features | cpu::i8mm;
};
/// With registers of exactly 256 bits, and int8 matrices.
struct sve256 {
    static constexpr std::string_view name = "sve256";
    static constexpr CpuFeatures features = i8mm::features | cpu::fp16 | cpu::sve | cpu::sve256;
};
/// With registers of exactly 512 bits; no int8 matrices.
struct sve512 {
    static constexpr std::string_view name = "sve512";
    static constexpr CpuFeatures features = cpu::crc32 | cpu::atomics | cpu::rdma | cpu::fp16 | cpu::sve | cpu::sve512;
};
#endif

}  // namespace ternion::archs

static_assert(
    (ternion::enabled_features & ~TERNION_ARCH::features) == 0,
    "ternion: the compiler's flags allow more than the arch that this unit is dispatched as: a machine could be "
    "given instructions that it lacks");
